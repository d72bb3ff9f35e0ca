"""C's arithmetic: the usual conversions, and expressions whose value is known when they are read."""

from __future__ import annotations

import operator
from collections.abc import Callable

from kshell.cc.tree import AddressOf, Binary, Cast, Conditional, Logical, Number, Unary, Value
from kshell.cc.types import (
    CHAR,
    INT,
    LONG,
    LONGLONG,
    UINT,
    ULONG,
    ULONGLONG,
    ArrayType,
    IntType,
    Pointer,
    Type,
)

UNSIGNED = {INT: UINT, LONG: ULONG, LONGLONG: ULONGLONG}
INT_MAX, UINT_MAX, LONG_MAX, ULONG_MAX = (1 << 31) - 1, (1 << 32) - 1, (1 << 63) - 1, (1 << 64) - 1
FOLDED: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
COMPARED: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def promoted(kind: IntType) -> IntType:
    """C's integer promotions: what is narrower than int counts as int."""
    return INT if kind.rank < INT.rank else kind


def common(left: IntType, right: IntType) -> IntType:
    """C's usual arithmetic conversions: the type that two numbers are calculated in."""
    left, right = promoted(left), promoted(right)
    if left.signed == right.signed:
        return left if left.rank >= right.rank else right
    signed, unsigned = (left, right) if left.signed else (right, left)
    if unsigned.rank >= signed.rank:
        return unsigned
    return signed if signed.size > unsigned.size else UNSIGNED[signed]


def constant_type(value: int, decimal: bool) -> IntType | None:
    """The type of a constant as it is written: the first that holds it (unsigned for 0x only), None: none does."""
    if value <= INT_MAX:
        return INT
    if value <= UINT_MAX and not decimal:
        return UINT
    if value <= LONG_MAX:
        return LONG
    return ULONG if value <= ULONG_MAX else None


def cast(value: Value, kind: Type) -> Value:
    """`value` as `kind`; a constant stays one."""
    if value.type == kind:
        return value
    if isinstance(value, Number):
        if isinstance(kind, IntType):
            return Number(kind.wrap(value.value), kind)
        if isinstance(kind, Pointer):
            return Number(value.value & ULONG_MAX, kind)
    return Cast(value, kind)


def binary(op: str, left: Value, right: Value, kind: IntType) -> Value:
    """``left op right``, both already of type `kind` (but the count of a shift)."""
    if isinstance(left, Number) and isinstance(right, Number):
        value = fold(op, left.value, right.value, kind)
        if value is not None:
            return Number(kind.wrap(value), kind)
    return Binary(op, left, right, kind)


def fold(op: str, left: int, right: int, kind: IntType) -> int | None:
    """The value before it is cut to the type; None where only the machine can say."""
    if op in FOLDED:
        return FOLDED[op](left, right)
    if op in ("<<", ">>"):
        return None if not 0 <= right < 8 * kind.size else left << right if op == "<<" else left >> right
    if right == 0:
        return None
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if op == "/" else left - quotient * right


def unary(op: str, operand: Value, kind: IntType) -> Value:
    """``-operand`` or ``~operand``."""
    if isinstance(operand, Number):
        return Number(kind.wrap(-operand.value if op == "-" else ~operand.value), kind)
    return Unary(op, operand, kind)


def decayed(value: Value) -> Value:
    """An array where a value is wanted is the address of its first element."""
    kind = value.type
    if not isinstance(kind, ArrayType):
        return value
    assert not isinstance(value, Cast | Conditional)
    return AddressOf(value, Pointer(kind.element))  # type: ignore[arg-type]  # an array is always a place


def after(effect: Value, value: Value) -> Value:
    """C: (effect, value).  The effect is looked at first, and the value is the value."""
    return Conditional(Logical("||", effect, Number(1, INT), INT), value, cast(Number(0, INT), value.type), value.type)


def is_text(kind: Type) -> bool:
    """Whether it is a string: char *."""
    return isinstance(kind, Pointer) and kind.target == CHAR and not kind.user
