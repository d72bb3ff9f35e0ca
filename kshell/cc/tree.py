"""A source as C, typed: what the front end makes of a source, and the back end makes machine code of.

Everything is explicit here, so that neither end need know the other: each conversion is a Cast, arithmetic on pointers
says its scale, an array that decays is an AddressOf, and what a macro stands for is written out.  printed.py writes it
down as C.

An expression is a *value* or a *place* (C: an lvalue).  Places are Local, Global, Deref and Member; a place of a scalar
type that stands where a value is wanted is loaded.  A struct or an array is never a value: it is assigned member by
member (or by Copy), and otherwise only its address is used.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from kshell.cc.types import VOID, Field, FunctionType, IntType, Pointer, Type, VoidType


class Variable:
    """A local variable or a parameter, of one function; a scalar, an array or a struct.

    `made` is one that the compiler made for itself (the end of a range, a value that is used twice): no debugger shows
    it.
    """

    __slots__ = ("line", "made", "name", "type")

    def __init__(self, name: str, kind: Type, line: int, made: bool = False) -> None:
        self.name, self.type, self.line, self.made = name, kind, line, made


# Places.


class Local(NamedTuple):
    """A local variable."""

    variable: Variable

    @property
    def type(self) -> Type:
        """Its type."""
        return self.variable.type


class Global(NamedTuple):
    """A variable with a symbol: of this file, or of another one (undefined here)."""

    symbol: str
    type: Type


class Deref(NamedTuple):
    """``*pointer``"""

    pointer: Value

    @property
    def type(self) -> Type:
        """What the pointer points to."""
        pointer = self.pointer.type
        assert isinstance(pointer, Pointer)
        return pointer.target


class Member(NamedTuple):
    """``place.field``; ``p->field`` is the member of a Deref."""

    place: Place
    field: Field

    @property
    def type(self) -> Type:
        """Its type."""
        return self.field.type


class CurrentTask(NamedTuple):
    """``current``: the address of the struct of the task that runs; `type` is a Pointer to it."""

    type: Pointer


class AddressLimit(NamedTuple):
    """``current->thread.addr_limit``: where the user memory of the current task ends, by set_fs; before 5.10."""

    type: IntType


Place: TypeAlias = Local | Global | Deref | Member | AddressLimit

# Values.  Each has its `type`, a scalar (or void, for a call).


class Number(NamedTuple):
    """A constant, within the range of its type; a pointer's is an address (NULL is 0)."""

    value: int
    type: Type


class Text(NamedTuple):
    """The address of a string literal in .rodata; `data` is without its NUL.  Equal ones share their place."""

    data: bytes
    type: Type


class FunctionName(NamedTuple):
    """The address of a function, of this file or of another one; `type` is a Pointer to its FunctionType."""

    symbol: str
    type: Type


class AddressOf(NamedTuple):
    """``&place``, and a place of array type that decays; `type` is the pointer's."""

    place: Place
    type: Type


class Unary(NamedTuple):
    """`op` is ``-`` or ``~``; the operand has the type of the result."""

    op: str
    operand: Value
    type: IntType


class Not(NamedTuple):
    """``!operand``: an int, 1 where the operand (any scalar) is 0."""

    operand: Value
    type: IntType


class Binary(NamedTuple):
    """`op` is one of ``+ - * / % & | ^ << >>``.  Both operands have the type of the result, but the right one of a
    shift, which is of any integer type: the machine takes its low 5 or 6 bits, as x86 does."""

    op: str
    left: Value
    right: Value
    type: IntType


class PointerAdd(NamedTuple):
    """``pointer + steps``: `steps` is a long, counted in units of `scale` bytes."""

    pointer: Value
    steps: Value
    scale: int
    type: Type


class PointerDifference(NamedTuple):
    """``left - right``, counted in units of `scale` bytes: a long."""

    left: Value
    right: Value
    scale: int
    type: IntType


class Compare(NamedTuple):
    """`op` is one of ``== != < <= > >=``; both sides have one scalar type, which says whether signs count; an int."""

    op: str
    left: Value
    right: Value
    type: IntType


class Logical(NamedTuple):
    """``&&`` or ``||`` of two scalars: an int, and the right one is looked at only where it matters."""

    op: str
    left: Value
    right: Value
    type: IntType


class Conditional(NamedTuple):
    """``test ? then : other``: both have its type."""

    test: Value
    then: Value
    other: Value
    type: Type


class Cast(NamedTuple):
    """A conversion between scalars, written or implied."""

    operand: Value
    type: Type


class Assign(NamedTuple):
    """``place = value``; as an expression it has the value that was stored.  Both are of the place's scalar type."""

    place: Place
    value: Value

    @property
    def type(self) -> Type:
        """That of the place."""
        return self.place.type


class Call(NamedTuple):
    """A call of a function by its symbol, or through a pointer.  `kind` is the function's type; the arguments are
    converted to those of its parameters, and those behind them (`variadic`) are promoted.  Six arguments go into
    registers, others on the stack."""

    function: str | Value
    arguments: tuple[Value, ...]
    kind: FunctionType
    line: int

    @property
    def type(self) -> Type:
        """What it answers."""
        return self.kind.result


class Comma(NamedTuple):
    """``first, then``: the one for its effects, and the value of the other."""

    first: Value
    then: Value

    @property
    def type(self) -> Type:
        """That of the second."""
        return self.then.type


class Locked(NamedTuple):
    """One instruction that changes the memory at `pointer` with no other CPU in between: xadd, xchg and cmpxchg (of an
    old value and a new one) answer what was there, add, and, or, xor nothing; bts, btr, btc change the bit of a number
    behind the pointer, and answer what it was, or nothing."""

    op: str
    pointer: Value
    operands: tuple[Value, ...]
    type: Type


class Bits(NamedTuple):
    """`op` is bsf or bsr, the number of the lowest or highest bit that is set, of what is not 0; or popcnt, how many
    are.  The operand is of 4 or 8 bytes, the value an int."""

    op: str
    operand: Value
    type: IntType


class Fence(NamedTuple):
    """`op` is mfence, lfence or sfence; "" is told to the compiler alone."""

    op: str
    type: VoidType = VOID


class GetUser(NamedTuple):
    """``get_user(place, pointer)``: the scalar at a user pointer goes into a place, a 0 where it cannot be read; the
    value is an int, 0 or -EFAULT.  `checked` is by way of a function that asks whether the address is the user's;
    otherwise the load stands here (C: __get_user)."""

    place: Place
    pointer: Value
    checked: bool
    type: IntType


class PutUser(NamedTuple):
    """``put_user(value, pointer)``: a value of the type that the user pointer points to goes there; 0 or -EFAULT."""

    value: Value
    pointer: Value
    checked: bool
    type: IntType


Constant: TypeAlias = Number | Text | FunctionName | CurrentTask
Operation: TypeAlias = Unary | Not | Binary | PointerAdd | PointerDifference | Compare | Logical | Conditional
Instruction: TypeAlias = Locked | Bits | Fence | GetUser | PutUser
Value: TypeAlias = Place | Constant | AddressOf | Cast | Operation | Assign | Call | Comma | Instruction
