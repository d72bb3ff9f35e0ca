"""Random expressions, typed and free of what C leaves undefined (but for what -fwrapv and -fno-strict-aliasing define).

Nothing here lets an address become a number that is seen: the two machines that are compared have other addresses.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from kshell.cc.tree import (
    AddressOf,
    Assign,
    Binary,
    Call,
    Cast,
    Compare,
    Conditional,
    Deref,
    FunctionName,
    GetUser,
    Logical,
    Member,
    Not,
    Number,
    Place,
    PointerAdd,
    PointerDifference,
    PutUser,
    Text,
    Unary,
    Value,
)
from kshell.cc.types import (
    BOOL,
    CHAR,
    INT,
    LONG,
    LONGLONG,
    SCHAR,
    SHORT,
    UCHAR,
    UINT,
    ULONG,
    ULONGLONG,
    USHORT,
    ArrayType,
    FunctionType,
    IntType,
    Pointer,
    StructType,
    Type,
    size_of,
)

INTS = (BOOL, CHAR, SCHAR, UCHAR, SHORT, USHORT, INT, UINT, LONG, ULONG, LONGLONG, ULONGLONG)
ELEMENTS = 4
OPERATORS = ("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

PlaceMaker = Callable[[int], Place]


class Callee:
    """A function that may be called; a `light` one calls none itself."""

    def __init__(self, name: str, kind: FunctionType, light: bool) -> None:
        self.name, self.kind, self.light = name, kind, light


class RandomValues:
    """Makes the expressions of one function.  `readable` and `writable` are makers of scalar places by type, `bases`
    makers of pointers to the first of ELEMENTS elements."""

    def __init__(self, dice: random.Random, callees: list[Callee]) -> None:
        self.dice, self.callees = dice, callees
        self.readable: dict[Type, list[PlaceMaker]] = {}
        self.writable: dict[Type, list[PlaceMaker]] = {}
        self.bases: dict[Type, list[Callable[[], Value]]] = {}
        self.function_pointers: list[tuple[Place, FunctionType, list[str]]] = []
        self.calls_left, self.loops, self.line = 2, 0, 1

    def know(self, place: Place, write: bool = True) -> None:
        """A variable: its scalars can be read, and written too."""
        self._know(place.type, lambda depth: place, write)

    def _know(self, kind: Type, maker: PlaceMaker, write: bool) -> None:
        if isinstance(kind, StructType):
            for field in kind.fields.values():
                self._know(field.type, lambda depth, field=field: Member(maker(depth), field), write)  # type: ignore[misc]
        elif isinstance(kind, ArrayType):
            element, pointer = kind.element, Pointer(kind.element)
            if kind.length == ELEMENTS and write:
                self.bases.setdefault(element, []).append(lambda: AddressOf(maker(0), pointer))
            self._know(
                element,
                lambda depth: Deref(self.step(AddressOf(maker(depth), pointer), kind.length, depth)),
                write,
            )
        elif isinstance(kind, IntType | Pointer):
            self.readable.setdefault(kind, []).append(maker)
            if write:
                self.writable.setdefault(kind, []).append(maker)

    def know_chain(self, head: Place) -> None:
        """A pointer to a struct that has a number and points to another one, round and round; and a string."""
        number = self.chain(head, "number").type
        self.readable.setdefault(number, []).append(lambda depth: self.chain(head, "number"))
        self.writable.setdefault(number, []).append(lambda depth: self.chain(head, "number"))
        text = Text(self.dice.choice([b"a string", b'\xff\0\n"\\?', b"1234567"]), Pointer(CHAR))
        self.readable.setdefault(CHAR, []).append(lambda depth: Deref(self.step(text, ELEMENTS, depth)))

    def chain(self, head: Place, name: str) -> Place:
        """``head->next->...->name``"""
        for field in ["next"] * self.dice.randrange(3) + [name]:
            assert isinstance(head.type, Pointer)
            assert isinstance(head.type.target, StructType)
            head = Member(Deref(head), head.type.target.fields[field])
        return head

    def know_pointer(self, place: Place) -> None:
        """A pointer variable, which points to ELEMENTS elements at all times."""
        kind = place.type
        assert isinstance(kind, Pointer)
        self.bases.setdefault(kind.target, []).append(lambda: place)
        self._know(kind.target, lambda depth: Deref(self.step(place, ELEMENTS, depth)), True)

    def step(self, base: Value, length: int, depth: int) -> Value:
        """A pointer to one of `length` elements (a power of two), from a pointer to the first."""
        pointer = base.type
        assert isinstance(pointer, Pointer)
        steps: Value = Number(self.dice.randrange(length), LONG)
        if depth > 0 and self.dice.random() < 0.5:
            steps = Binary("&", self.value(LONG, depth - 1), Number(length - 1, LONG), LONG)
        return PointerAdd(base, steps, size_of(pointer.target), pointer)

    def number(self, kind: IntType) -> Number:
        """A constant, often one at an edge."""
        edges = (0, 1, -1, 2, 1 << 8 * kind.size - 1, (1 << 8 * kind.size - 1) - 1, self.dice.randrange(-200, 200))
        value = self.dice.choice(edges) if self.dice.random() < 0.7 else self.dice.getrandbits(64)
        return Number(kind.wrap(value), kind)

    def place(self, kind: Type, depth: int) -> Place | None:
        """A place of a type, to be written."""
        makers = self.writable.get(kind)
        return self.dice.choice(makers)(depth) if makers else None

    def any_place(self, depth: int) -> Place:
        """A place of any integer type."""
        kinds = [kind for kind in self.writable if isinstance(kind, IntType)]
        return self.dice.choice(self.writable[self.dice.choice(kinds)])(depth)

    def leaf(self, kind: IntType, depth: int = 0) -> Value:
        """A constant or what a place holds."""
        makers = self.readable.get(kind)
        if makers and self.dice.random() < 0.75:
            return self.dice.choice(makers)(depth)
        if self.dice.random() < 0.5:
            return self.number(kind)
        other = self.dice.choice([each for each in self.readable if isinstance(each, IntType)])
        return Cast(self.dice.choice(self.readable[other])(depth), kind)

    def value(self, kind: IntType, depth: int) -> Value:
        """An expression of an integer type."""
        if depth <= 0:
            return self.leaf(kind)
        choices: list[Callable[[IntType, int], Value]] = [
            *[self.binary] * 6,
            *[self.cast] * 3,
            *[self.leaf] * 2,
            *[self.unary, self.conditional, self.assigned, self.call],
        ]
        if kind == INT:
            choices += [*[self.truth] * 5, self.user_access]
        if kind == LONG:
            choices += [self.difference] * 2
        return self.dice.choice(choices)(kind, depth - 1)

    def unary(self, kind: IntType, depth: int) -> Value:
        """``-`` and ``~``"""
        return Unary(self.dice.choice("-~"), self.value(kind, depth), kind)

    def binary(self, kind: IntType, depth: int) -> Value:
        """Two operands; a divisor is never 0, nor -1."""
        op = self.dice.choice(OPERATORS)
        left = self.value(kind, depth)
        if op in ("<<", ">>"):
            right = self.value(self.dice.choice(INTS), depth)
        elif op in ("/", "%"):
            low = Binary("&", self.value(kind, depth), Number(kind.wrap(0x3F), kind), kind)
            right = Binary("|", low, Number(1, kind), kind)
            if kind.signed and self.dice.random() < 0.4:
                right = Unary("~", right, kind)
        else:
            right = self.value(kind, depth)
        return Binary(op, left, right, kind)

    def cast(self, kind: IntType, depth: int) -> Value:
        """From any other type, a pointer for a bool."""
        if kind == BOOL and self.bases and self.dice.random() < 0.2:
            return Cast(self.base(self.dice.choice(list(self.bases))), kind)
        return Cast(self.value(self.dice.choice(INTS), depth), kind)

    def conditional(self, kind: IntType, depth: int) -> Value:
        """``? :``"""
        return Conditional(self.test(depth), self.value(kind, depth), self.value(kind, depth), kind)

    def assigned(self, kind: IntType, depth: int) -> Value:
        """An assignment as a value."""
        place = self.place(kind, depth)
        return Assign(place, self.value(kind, depth)) if place else self.leaf(kind)

    def user_access(self, kind: IntType, depth: int) -> Value:
        """get_user or put_user of an element of an array, which stands for the user's memory."""
        targets = [each for each in self.bases if isinstance(each, IntType) and not each.is_bool]
        if not targets:
            return self.leaf(kind)
        target = self.dice.choice(targets)
        pointer = self.step(self.base(target), ELEMENTS, depth)
        if self.dice.random() < 0.5:
            return PutUser(self.value(target, depth), pointer, True, kind)
        return GetUser(self.any_place(depth), pointer, True, kind)

    def test(self, depth: int) -> Value:
        """Something that is true or false."""
        return self.truth(INT, depth) if self.dice.random() < 0.7 else self.value(self.dice.choice(INTS), depth)

    def truth(self, kind: IntType, depth: int) -> Value:
        """A comparison, ``!``, ``&&``, ``||``"""
        choice = self.dice.random()
        if choice < 0.2:
            return Not(self.test(depth - 1), INT)
        if choice < 0.4:
            return Logical(self.dice.choice(["&&", "||"]), self.test(depth - 1), self.test(depth - 1), INT)
        if choice < 0.5 and self.bases:
            target = self.dice.choice(list(self.bases))
            base = self.base(target)
            steps = [self.step(base, ELEMENTS, depth) for _ in range(2)]
            return Compare(self.dice.choice(COMPARISONS), steps[0], steps[1], INT)
        compared = self.dice.choice(INTS)
        return Compare(
            self.dice.choice(COMPARISONS), self.value(compared, depth - 1), self.value(compared, depth - 1), INT
        )

    def base(self, target: Type) -> Value:
        """A pointer to the first of ELEMENTS elements."""
        found = self.dice.choice(self.bases[target])()
        if self.dice.random() < 0.1:
            return Cast(Cast(found, ULONG), Pointer(target))
        if self.dice.random() < 0.2:
            return Conditional(self.test(1), found, self.dice.choice(self.bases[target])(), Pointer(target))
        return found

    def difference(self, kind: IntType, depth: int) -> Value:
        """Of two pointers into one array."""
        if not self.bases:
            return self.leaf(kind)
        target = self.dice.choice(list(self.bases))
        base = self.dice.choice(self.bases[target])()
        left, right = self.step(base, ELEMENTS, depth), self.step(base, ELEMENTS, depth)
        return PointerDifference(left, right, size_of(target), LONG)

    def call(self, kind: IntType, depth: int) -> Value:
        """A call, by name or through a pointer, of what is defined before; few, and from loops only the light ones."""
        callees = [each for each in self.callees if each.light or not self.loops]
        if not callees or self.calls_left <= 0 or self.loops > 1:
            return self.leaf(kind)
        self.calls_left -= 1
        callee = self.dice.choice(callees)
        arguments = tuple(self.argument(each, depth) for each in callee.kind.parameters)
        function: str | Value = callee.name
        pointers = [place for place, of, names in self.function_pointers if of == callee.kind and not self.loops]
        choice = self.dice.random()
        if pointers and choice < 0.5:
            function = self.dice.choice(pointers)
        elif choice < 0.6:
            function = FunctionName(callee.name, Pointer(callee.kind))
        call = Call(function, arguments, callee.kind, self.line)
        return call if callee.kind.result == kind else Cast(call, kind)

    def argument(self, kind: Type, depth: int) -> Value:
        """A value for a parameter."""
        if isinstance(kind, IntType):
            return self.value(kind, depth)
        assert isinstance(kind, Pointer)
        return self.base(kind.target)


def is_int_function(kind: FunctionType) -> bool:
    """Whether it can be called from outside: it takes numbers alone."""
    return all(isinstance(each, IntType) for each in kind.parameters)
