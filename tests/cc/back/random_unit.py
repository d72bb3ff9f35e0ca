"""Random units: a few functions that call each other, and variables of every kind that they work on."""

from __future__ import annotations

import random

from kshell.cc.tree import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Deref,
    FunctionName,
    Global,
    Local,
    Number,
    Place,
    Variable,
)
from kshell.cc.tree_unit import (
    Break,
    Continue,
    Copy,
    Datum,
    Evaluate,
    Function,
    If,
    Loop,
    Pointed,
    Return,
    Statement,
    Unit,
    Zero,
)
from kshell.cc.types import (
    INT,
    UCHAR,
    ArrayType,
    FunctionType,
    IntType,
    Pointer,
    StructType,
    Type,
    size_of,
)
from tests.cc.back.random_values import ELEMENTS, INTS, Callee, RandomValues

LINE = 1  # of what makes a variable ready: never left out


class RandomUnit:
    """Makes one unit; every name begins with `prefix`, so that many stand in one file."""

    def __init__(self, seed: int, prefix: str) -> None:
        self.dice = random.Random(seed)
        self.prefix = prefix
        self.structs = self._structs()
        self.data: list[Datum] = []
        self.functions: list[Function] = []
        self.callees: list[Callee] = []
        self.pointer_kind = FunctionType(self.dice.choice(INTS), (INT, *self.kinds(1, 3)))
        self._globals()
        for index in range(5):
            self.functions.append(self.function(index))
        pointed = [each.name for each in self.functions[:2]]
        self.data.append(
            Datum(f"{prefix}fp", Pointer(self.pointer_kind), bytes(8), [Pointed(0, pointed[0])], False, ".data", 1)
        )

    def unit(self) -> Unit:
        """The whole."""
        return Unit(self.prefix, "x.py", "", self.functions, self.data, [], [], [], self.structs)

    def kinds(self, least: int, most: int) -> list[IntType]:
        """Some integer types."""
        return [self.dice.choice(INTS) for _ in range(self.dice.randint(least, most))]

    def _structs(self) -> list[StructType]:
        """A union; a struct that has it, an array and numbers; and one that points to its like."""
        union, struct = StructType(f"{self.prefix}u", True), StructType(f"{self.prefix}s")
        numbers = [self.dice.choice(INTS[1:]) for _ in range(3)]
        union.lay_out(
            [
                *((f"m{i}", kind) for i, kind in enumerate(numbers)),
                ("bytes", ArrayType(UCHAR, self.dice.choice([4, 8]))),
            ]
        )
        members: list[tuple[str, Type]] = [(f"a{i}", kind) for i, kind in enumerate(self.kinds(1, 5))]
        members += [("u", union), ("row", ArrayType(self.dice.choice(INTS), ELEMENTS))]
        self.dice.shuffle(members)
        struct.lay_out(members)
        linked = StructType(f"{self.prefix}n")
        self.ring_number = self.dice.choice(INTS)
        linked.lay_out([("number", self.ring_number), ("next", Pointer(linked))])
        return [union, struct, linked]

    def _globals(self) -> None:
        struct = self.structs[1]
        kinds: list[Type] = [*self.kinds(3, 6), struct, ArrayType(struct, ELEMENTS)]
        kinds += [ArrayType(self.dice.choice(INTS), ELEMENTS) for _ in range(3)]
        for index, kind in enumerate(kinds):
            self._datum(f"g{index}", kind, self.dice.choice([".data", ".data", ".bss"]))
        ring = ArrayType(self.structs[2], ELEMENTS)
        name, size = f"{self.prefix}ring", size_of(self.structs[2])
        links = [Pointed(at * size + 8, name, self.dice.randrange(ELEMENTS) * size) for at in range(ELEMENTS)]
        data = b"".join(self.bytes_of(self.ring_number).ljust(size, b"\0") for _ in range(ELEMENTS))
        self.data.append(Datum(name, ring, data, links, False, ".data", 1))
        head = Pointed(0, name, size)
        self.data.append(Datum(f"{self.prefix}head", Pointer(self.structs[2]), bytes(8), [head], True, ".data", 1))
        self._datum("c0", ArrayType(self.dice.choice(INTS), 8), ".rodata")
        self._datum("c1", struct, ".rodata")

    def _datum(self, name: str, kind: Type, section: str) -> None:
        data = b"" if section == ".bss" else self.bytes_of(kind)
        self.data.append(Datum(self.prefix + name, kind, data, [], self.dice.random() < 0.2, section, 1))

    def bytes_of(self, kind: Type) -> bytes:
        """An initial value; what lies between members, and behind the largest one of a union, is 0."""
        if isinstance(kind, IntType):
            value = kind.wrap(self.dice.choice([0, 1, -1, self.dice.getrandbits(64)]))
            return value.to_bytes(kind.size, "little", signed=kind.signed)
        if isinstance(kind, ArrayType):
            return b"".join(self.bytes_of(kind.element) for _ in range(kind.length))
        assert isinstance(kind, StructType)
        data = bytearray(kind.size)
        fields = list(kind.fields.values())
        for field in [max(fields, key=lambda each: size_of(each.type))] if kind.is_union else fields:
            data[field.offset : field.offset + size_of(field.type)] = self.bytes_of(field.type)
        return bytes(data)

    def function(self, index: int) -> Function:
        """The first two have one type and can be pointed to; the third and the fourth take a pointer."""
        result, parameters = self.pointer_kind.result, list(self.pointer_kind.parameters)
        if index >= 2:
            result, parameters = self.dice.choice(INTS), [INT, *self.kinds(0, 8)]
        if index in (2, 3):
            arrays = [
                datum.type.element
                for datum in self.data
                if isinstance(datum.type, ArrayType) and datum.section != ".rodata" and datum.name[-4:] != "ring"
            ]
            parameters.insert(self.dice.randrange(1, len(parameters) + 1), Pointer(self.dice.choice(arrays)))
        kind = FunctionType(result, tuple(parameters))
        name = f"{self.prefix}f{index}"
        made = RandomFunction(self, name, kind, light=index < 2).made()
        self.callees.append(Callee(name, kind, index < 2))
        return made


class RandomFunction:
    """Makes one function: its first parameter bounds how deep it calls itself."""

    def __init__(self, unit: RandomUnit, name: str, kind: FunctionType, light: bool) -> None:
        self.owner, self.name, self.kind = unit, name, kind
        self.dice = unit.dice
        self.values = RandomValues(unit.dice, [] if light else unit.callees)
        self.line = LINE
        self.variables = [Variable(f"p{i}", each, LINE) for i, each in enumerate(kind.parameters)]
        self.ready: list[Statement] = []
        self.wholes: list[Place] = []

    def made(self) -> Function:
        """The function."""
        assert isinstance(self.kind.result, IntType)
        for datum in self.owner.data:
            if datum.name[-4:] in ("ring", "head"):
                continue
            self.values.know(Global(datum.name, datum.type), datum.section != ".rodata")
            if isinstance(datum.type, StructType):
                self.wholes.append(Global(datum.name, datum.type))
        for variable in self.variables:
            if isinstance(variable.type, Pointer):
                self.values.know_pointer(Local(variable))
            else:
                self.values.know(Local(variable), variable is not self.variables[0])
        self.head = Global(f"{self.owner.prefix}head", Pointer(self.owner.structs[2]))
        self.values.know_chain(self.head)
        self.locals()
        body = self.recursion() + self.block(self.dice.randint(2, 6), 2)
        body.append(Return(self.values.value(self.kind.result, 3), self.next_line()))
        body = self.ready + body
        return Function(self.name, self.kind, self.variables, body, self.dice.random() < 0.2, LINE, self.next_line())

    def next_line(self) -> int:
        """A line of its own for each statement."""
        self.line += 1
        self.values.line = self.line
        return self.line

    def local(self, kind: Type) -> Local:
        """A new variable."""
        self.variables.append(Variable(f"v{len(self.variables)}", kind, LINE))
        return Local(self.variables[-1])

    def locals(self) -> None:
        """Variables of every kind, each with a value."""
        struct = self.owner.structs[1]
        kinds: list[Type] = [*self.owner.kinds(2, 5), struct, ArrayType(self.dice.choice(INTS), ELEMENTS)]
        self.dice.shuffle(kinds)
        for kind in kinds:
            place = self.local(kind)
            if isinstance(kind, IntType):
                self.ready.append(Evaluate(Assign(place, self.values.leaf(kind)), LINE))
            else:
                self.ready.append(Zero(place, LINE))
            self.values.know(place)
            if isinstance(kind, StructType):
                self.wholes.append(place)
        target = self.dice.choice(list(self.values.bases))
        pointer = self.local(Pointer(target))
        self.ready.append(Evaluate(Assign(pointer, self.values.base(target)), LINE))
        self.values.know_pointer(pointer)
        self.values.function_pointers = self.function_pointer()

    def function_pointer(self) -> list[tuple[Place, FunctionType, list[str]]]:
        """A local one to either of the two that can be pointed to, and the global one."""
        kind = self.owner.pointer_kind
        names = [each.name for each in self.values.callees if each.kind == kind]
        if len(names) < 2:
            return []
        place = self.local(Pointer(kind))
        one, other = (FunctionName(name, Pointer(kind)) for name in names[:2])
        chosen = Conditional(self.values.test(1), one, other, Pointer(kind))
        self.ready.append(Evaluate(Assign(place, chosen), LINE))
        return [(place, kind, names), (Global(f"{self.owner.prefix}fp", Pointer(kind)), kind, names)]

    def recursion(self) -> list[Statement]:
        """A call of itself, at most three deep."""
        if self.dice.random() < 0.5:
            return []
        line = self.next_line()
        depth = Local(self.variables[0])
        arguments = tuple(self.values.argument(each, 1) for each in self.kind.parameters[1:])
        call = Call(self.name, (Binary("-", depth, Number(1, INT), INT), *arguments), self.kind, line)
        assert isinstance(self.kind.result, IntType)
        place = self.values.place(self.kind.result, 1)
        body = Evaluate(Assign(place, call) if place else call, self.next_line())
        tests = Compare(">", depth, Number(0, INT), INT), Compare("<", depth, Number(4, INT), INT)
        return [If(tests[0], [If(tests[1], [body], [], line)], [], line)]

    def block(self, count: int, depth: int) -> list[Statement]:
        """Some statements."""
        return [self.statement(depth) for _ in range(count)]

    def statement(self, depth: int) -> Statement:
        """Any."""
        line = self.next_line()
        choice = self.dice.random()
        if depth > 0 and choice < 0.2:
            return self.branch(line, depth)
        if depth > 0 and choice < 0.35:
            return self.loop(line, depth)
        if choice < 0.4:
            assert isinstance(self.kind.result, IntType)
            return If(self.values.test(2), [Return(self.values.value(self.kind.result, 2), line)], [], line)
        if choice < 0.5:
            return self.whole(line)
        if choice < 0.53:
            return Evaluate(Assign(self.head, self.values.chain(self.head, "next")), line)
        if choice < 0.58:
            return Evaluate(self.values.value(self.dice.choice(INTS), 3), line)
        place = self.values.any_place(2)
        assert isinstance(place.type, IntType)
        return Evaluate(Assign(place, self.values.value(place.type, 4)), line)

    def whole(self, line: int) -> Statement:
        """A struct copied or cleared, or a scalar cleared."""
        target = self.dice.choice([each for each in self.wholes if getattr(each, "symbol", "")[-2:] != "c1"])
        choice = self.dice.random()
        if choice < 0.4:
            return Copy(target, self.dice.choice(self.wholes), line)
        if choice < 0.6:
            return Copy(target, self.in_row(), line)
        if choice < 0.7:
            return Copy(self.in_row(), target, line)
        return Zero(target if choice < 0.8 else self.values.any_place(2), line)

    def in_row(self) -> Place:
        """A struct in an array of them."""
        return Deref(self.values.step(self.values.base(self.owner.structs[1]), ELEMENTS, 2))

    def branch(self, line: int, depth: int) -> If:
        """With or without else."""
        then = self.block(self.dice.randint(1, 2), depth - 1)
        other = self.block(self.dice.randint(0, 2), depth - 1)
        return If(self.values.test(3), then, other, line)

    def loop(self, line: int, depth: int) -> Statement:
        """A bounded loop, up or down; sometimes left or cut short."""
        counter = self.local(self.dice.choice(INTS[1:]))
        assert isinstance(counter.type, IntType)
        kind, turns, up = counter.type, self.dice.randint(0, 4), self.dice.random() < 0.5
        self.ready.append(Evaluate(Assign(counter, Number(0, kind)), LINE))
        self.values.know(counter, False)
        first, last = (0, turns) if up else (turns, 0)
        begin = Evaluate(Assign(counter, Number(first, kind)), line)
        step = Evaluate(Assign(counter, Binary("+" if up else "-", counter, Number(1, kind), kind)), line)
        self.values.loops += 1
        body = self.block(self.dice.randint(1, 3), depth - 1)
        self.values.loops -= 1
        if self.dice.random() < 0.4:
            leave: Statement = Break(line) if self.dice.random() < 0.5 else Continue(line)
            body.insert(self.dice.randrange(len(body) + 1), If(self.values.test(2), [leave], [], line))
        test = Compare("<" if up else ">", counter, Number(last, kind), INT)
        return If(Number(1, INT), [begin, Loop(test, body, [step], line)], [], line)
