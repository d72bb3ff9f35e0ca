"""What C's operators make of values: numbers wrap as their types do, pointers go on by what they point to."""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.c_types import U64
from kshell.abi.debug_types import DebugType, integer
from kshell.abi.debug_value import number
from kshell.kernel.debug.bad_expression import BadExpression
from kshell.kernel.debug.known_types import pointer_to
from kshell.kernel.debug.values import Value

# By how much they bind, the loosest first.
BINARY = (
    *(("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">=")),
    *(("<<", ">>"), ("+", "-"), ("*", "/", "%")),
)
LONGEST_BINARY = len(BINARY)
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "&&": lambda a, b: bool(a and b),
    "||": lambda a, b: bool(a or b),
}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "/": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
    "%": lambda a, b: abs(a) % abs(b) * (1 if a >= 0 else -1),
}
_TYPES = {
    (4, True): "int",
    (4, False): "unsigned int",
    (8, True): "long",
    (8, False): "unsigned long",
}


def constant(value: int, text: str, size: int, signed: bool = True) -> Value:
    """A number that is nowhere in memory."""
    return Value(integer(text, size, signed), (value & (1 << 8 * size) - 1).to_bytes(size, "little"), None)


def as_number(token: str) -> Value:
    """A constant as C writes it, in the first of C's types that holds it."""
    if token[0] == "'":
        escapes = {"n": 10, "t": 9, "0": 0, "r": 13}
        return constant(escapes.get(token[2], ord(token[2])) if token[1] == "\\" else ord(token[1]), "char", 1)
    digits = token.rstrip("uUlL")
    suffix = token[len(digits) :].lower()
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
    try:
        value = int(digits, 8 if octal else 0)
    except ValueError:
        raise BadExpression(f'Invalid number "{token}".') from None
    is_decimal = digits.isdigit() and not octal
    for (size, signed), text in _TYPES.items():
        fits = value < 1 << 8 * size - signed and (size == 8 or "l" not in suffix)
        if fits and (not signed if "u" in suffix else signed or not is_decimal or size == 8):
            return constant(value, text, size, signed)
    raise BadExpression("Numeric constant too large.")


def readable(value: Value) -> Value:
    """A value whose bytes are wanted.  BadExpression where there is no memory."""
    if not value.data and value.type.size and value.address is not None:
        raise BadExpression(f"Cannot access memory at address {value.address:#x}")
    return value


def number_of(value: Value) -> int:
    """The number that a value is, or the address.  BadExpression for a struct."""
    if value.type.kind in ("array", "function") and value.address is not None:
        return value.address
    found = number(value.type, readable(value).data)
    if found is None:
        raise BadExpression(f"A number is needed, and this is a {value.type.text}.")
    return found


def address_of(value: Value) -> Value:
    """``&v``"""
    if value.address is None:
        raise BadExpression("Attempt to take address of value not located in memory.")
    return _pointer(pointer_to(value.type), value.address)


def converted(value: Value, kind: DebugType) -> Value:
    """A cast.  BadExpression for one to a struct."""
    if kind.kind in ("base", "pointer", "enum"):
        found = number_of(value)
        found = int(found != 0) if kind.is_bool else found
        return Value(kind, (found & (1 << 8 * kind.size) - 1).to_bytes(kind.size, "little"), None)
    if kind.kind == value.type.kind and kind.text == value.type.text:
        return value
    raise BadExpression("Invalid cast.")


def unary(operator: str, value: Value) -> Value:
    """``-n``, ``+n``, ``~n``, ``!n``"""
    found = number_of(value)
    if operator == "!":
        return constant(int(not found), "int", 4)
    if value.type.kind != "base":
        raise BadExpression(f"Argument to arithmetic operation not a number or boolean: {value.type.text}.")
    kind = _common(value.type, value.type)
    return constant({"-": -found, "~": ~found, "+": found}[operator], *kind)


def binary(operator: str, one: Value, other: Value) -> Value:
    """``a + b`` and the like; of a pointer the number is one of elements."""
    left, right = number_of(one), number_of(other)
    if operator in _COMPARISONS:
        if _is_number(one) and _is_number(other):
            text, size, signed = _common(one.type, other.type)
            left, right = (number_of(constant(each, text, size, signed)) for each in (left, right))
        else:
            left, right = left & U64, right & U64
        return constant(int(_COMPARISONS[operator](left, right)), "int", 4)
    if not _is_number(one) or not _is_number(other):
        return _of_pointers(operator, one, other)
    text, size, signed = _common(one.type, one.type if operator in ("<<", ">>") else other.type)
    left = number_of(constant(left, text, size, signed))
    right = number_of(constant(right, text, size, signed)) if operator not in ("<<", ">>") else right
    if operator in "/%" and not right:
        raise BadExpression("Division by zero")
    return constant(_ARITHMETIC[operator](left, right), text, size, signed)


def _is_number(value: Value) -> bool:
    return value.type.kind in ("base", "enum")


def _of_pointers(operator: str, one: Value, other: Value) -> Value:
    if operator == "+" and _is_number(one):
        one, other = other, one
    target = one.type.target
    step = max(target.size, 1) if target is not None else 1
    if target is not None and operator in "+-" and _is_number(other):
        steps = number_of(other) if operator == "+" else -number_of(other)
        kind = one.type if one.type.kind == "pointer" else pointer_to(target)
        return _pointer(kind, number_of(one) + steps * step)
    if operator == "-" and target is not None and other.type.target is not None:
        if target.text != other.type.target.text:
            raise BadExpression(
                f"First argument of `-' is a pointer and second argument is of another type: {other.type.text}."
            )
        return constant((number_of(one) - number_of(other)) // step, "long", 8)
    raise BadExpression(f"Argument to arithmetic operation not a number or boolean: {one.type.text}.")


def _pointer(kind: DebugType, address: int) -> Value:
    return Value(kind, (address & U64).to_bytes(8, "little"), None)


def _common(one: DebugType, other: DebugType) -> tuple[str, int, bool]:
    """What C's usual arithmetic conversions make of two numbers."""
    wide = [each if each.size >= 4 else integer("int", 4, True) for each in (one, other)]
    size = max(each.size for each in wide)
    signed = all(each.signed for each in wide if each.size == size)
    return _TYPES[size, signed], size, signed
