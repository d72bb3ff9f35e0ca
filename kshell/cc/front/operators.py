"""Operators: arithmetic in C's types, pointers that are scaled, comparisons, and, or, not."""

from __future__ import annotations

import ast

from kshell.cc.front.arithmetic import binary, cast, common, constant_type, fold, promoted, unary
from kshell.cc.front.parentheses import check_parentheses
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope, copied, merged
from kshell.cc.tree import (
    Conditional,
    Logical,
    Not,
    Number,
    PointerAdd,
    PointerDifference,
    Value,
)
from kshell.cc.types import INT, LONG, FunctionType, IntType, Pointer, StructType, Type, VoidType, size_of

ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "/",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}


def binary_operator(scope: Scope, node: ast.BinOp) -> Value:
    """``left op right``"""
    check_parentheses(scope.report, node)
    if isinstance(node.op, ast.Add | ast.Mod) and (_is_string(node.left) or _is_string(node.right)):
        because = "a string is an address of bytes, and no operator makes a new one"
        text = f"invalid operands to binary {ARITHMETIC[type(node.op)]} (have 'char *')"
        try_ = 'snprintf(k, buf, sizeof(buf), f"{a}{b}")'
        if isinstance(node.left, ast.Name) and node.left.id.startswith("KERN_"):
            because = f"{node.left.id} is an argument of its own here, before the text"
            try_ = scope.report.line_with(node, f"{node.left.id}, {scope.report.source_of(node.right) or 'text'}")
        scope.report.fail(node, text, because, try_)
    left = scope.value(node.left)
    return operate(scope, node, node.op, left, scope.value(node.right))


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def operate(scope: Scope, node: ast.expr | ast.stmt, op: ast.operator, left: Value, right: Value) -> Value:
    """The same of two values; also what ``x op= y`` calculates."""
    sign = ARITHMETIC.get(type(op))
    if sign is None:
        sign = "**" if isinstance(op, ast.Pow) else "@"
        because, try_ = f"C has no {sign} operator", "1 << n for a power of two, or a loop that multiplies"
        scope.report.fail(node, f"expected expression before '{sign}' token", because, try_)
    one, other = left.type, right.type
    if isinstance(one, Pointer) or isinstance(other, Pointer):
        return _pointers(scope, node, sign, left, right)
    assert isinstance(one, IntType)
    assert isinstance(other, IntType)
    if sign in ("<<", ">>"):
        kind = promoted(one)
        _check_shift(scope, node, sign, right, kind)
        return binary(sign, cast(left, kind), cast(right, promoted(other)), kind)
    kind = common(one, other)
    left, right = cast(left, kind), cast(right, kind)
    if sign in "/%" and isinstance(right, Number) and right.value == 0:
        because = "the CPU cannot do it: a divide error, and an oops"
        scope.report.warn("div-by-zero", node, "division by zero", because, "test the number before you divide")
    _check_overflow(scope, node, sign, left, right, kind)
    return binary(sign, left, right, kind)


def _check_shift(scope: Scope, node: ast.expr | ast.stmt, sign: str, right: Value, kind: IntType) -> None:
    if not isinstance(right, Number):
        return
    way, bits = "left" if sign == "<<" else "right", 8 * kind.size
    if right.value < 0:
        because = "the CPU takes the low bits of the count only"
        scope.report.warn(
            "shift-count-negative", node, f"{way} shift count is negative", because, "shift the other way"
        )
    elif right.value >= bits:
        because = f"'{spelled(kind)}' has {bits} bits, and the CPU takes the low bits of the count only"
        try_ = "ULong(1) << n" if bits == 32 else f"a count below {bits}"
        scope.report.warn("shift-count-overflow", node, f"{way} shift count >= width of type", because, try_)


def _check_overflow(
    scope: Scope, node: ast.expr | ast.stmt, sign: str, left: Value, right: Value, kind: IntType
) -> None:
    if not (isinstance(left, Number) and isinstance(right, Number) and kind.signed):
        return
    value = fold(sign, left.value, right.value, kind)
    if value is not None and kind.wrap(value) != value:
        text = f"integer overflow in expression of type '{spelled(kind)}' results in '{kind.wrap(value)}'"
        because = f"'{spelled(kind)}' has {8 * kind.size} bits"
        wider = f"calculate in a wider type: Long({left.value})" if kind.size < 8 else "smaller numbers: none is wider"
        scope.report.warn("overflow", node, text, because, wider)


def step_size(scope: Scope, node: ast.expr | ast.stmt, kind: Pointer) -> int:
    """How many bytes a pointer moves when it is stepped by 1."""
    if isinstance(kind.target, StructType) and not kind.target.is_complete:
        because = f"nothing says what is in a {spelled(kind.target)}"
        scope.report.fail(
            node, f"invalid use of undefined type '{spelled(kind.target)}'", because, "include its header"
        )
    return size_of(kind.target)


def _pointers(scope: Scope, node: ast.expr | ast.stmt, sign: str, left: Value, right: Value) -> Value:
    one, other = left.type, right.type
    if sign == "-" and isinstance(one, Pointer) and isinstance(other, Pointer):
        if one.target != other.target:
            _invalid(scope, node, sign, one, other)
        return PointerDifference(left, right, step_size(scope, node, one), LONG)
    if sign == "+" and isinstance(other, Pointer) and isinstance(one, IntType):
        left, right, one, other = right, left, other, one
    if sign in ("+", "-") and isinstance(one, Pointer) and isinstance(other, IntType):
        steps = cast(right, LONG)
        if sign == "-":
            steps = unary("-", steps, LONG)
        return PointerAdd(left, steps, step_size(scope, node, one), one)
    return _invalid(scope, node, sign, one, other)


def _invalid(scope: Scope, node: ast.expr | ast.stmt, sign: str, one: Type, other: Type) -> Value:
    text = f"invalid operands to binary {sign} (have '{spelled(one)}' and '{spelled(other)}')"
    because = "a pointer can be stepped by a number, and two of one type have a distance"
    scope.report.fail(node, text, because, "ULong(p) is the address as a number")


def unary_operator(scope: Scope, node: ast.UnaryOp) -> Value:
    """``-x``, ``~x``, ``+x``, ``not x``"""
    if isinstance(node.op, ast.Not):
        return Not(condition(scope, node.operand), INT)
    operand = scope.value(node.operand)
    if not isinstance(operand.type, IntType):
        text = f"wrong type argument to unary {'minus' if isinstance(node.op, ast.USub) else 'operator'}"
        scope.report.fail(node, text, f"it is a '{spelled(operand.type)}', no number", "ULong(p) is its address")
    kind = promoted(operand.type)
    operand = cast(operand, kind)
    if isinstance(node.op, ast.UAdd):
        return operand
    return unary("-" if isinstance(node.op, ast.USub) else "~", operand, kind)


def condition(scope: Scope, node: ast.expr) -> Value:
    """An expression that is only asked whether it is 0."""
    return scope.value(node)


def logical(scope: Scope, node: ast.BoolOp) -> Value:
    """``a and b and c``: 0 or 1."""
    check_parentheses(scope.report, node)
    sign = "&&" if isinstance(node.op, ast.And) else "||"
    result = condition(scope, node.values[0])
    for each in node.values[1:]:
        before = copied(scope.sure)  # what the right side stores, it stores on some ways only
        result = Logical(sign, result, condition(scope, each), INT)
        scope.sure = before
    return result


def conditional(scope: Scope, node: ast.IfExp) -> Value:
    """``then if test else other``"""
    test = condition(scope, node.test)
    before = copied(scope.sure)
    then = scope.any(node.body)
    after_then, scope.sure = scope.sure, before
    other = scope.any(node.orelse)
    scope.sure = merged(after_then, scope.sure)
    if isinstance(then.type, VoidType) and isinstance(other.type, VoidType):
        return Conditional(test, then, other, then.type)
    then, other = scope.scalar(node.body, then), scope.scalar(node.orelse, other)
    kind = _common_type(scope, node, then, other)
    if isinstance(test, Number):
        return cast(then if test.value else other, kind)
    return Conditional(test, cast(then, kind), cast(other, kind), kind)


def is_null(value: Value) -> bool:
    """Whether it is the constant NULL, or 0."""
    return isinstance(value, Number) and value.value == 0


def _common_type(scope: Scope, node: ast.expr, one: Value, other: Value) -> Type:
    """The type of two values that stand in one place."""
    left, right = one.type, other.type
    if isinstance(left, IntType) and isinstance(right, IntType):
        return common(left, right)
    if left == right or is_null(other):
        return left if isinstance(left, Pointer) else right
    if is_null(one):
        return right
    if isinstance(left, Pointer) and isinstance(right, Pointer):
        if left.target == right.target:
            return left._replace(const=left.const or right.const)
        if isinstance(left.target, VoidType) or isinstance(right.target, VoidType):
            return left if isinstance(left.target, VoidType) else right
        text = "pointer type mismatch in conditional expression"
        scope.report.warn(
            "incompatible-pointer-types", node, text, "the two have different targets", "cast one of them"
        )
        return left
    text = "pointer/integer type mismatch in conditional expression"
    scope.report.warn("int-conversion", node, text, "one is an address, the other a number", "cast one of them")
    return left if isinstance(left, Pointer) else right


def ord_of(scope: Scope, node: ast.Call) -> Value:
    """``ord("a")``: C's 'a', an int."""
    letter = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
    if isinstance(letter, str) and len(letter) == 1 and letter.isascii():
        return Number(ord(letter), INT)
    return scope.report.fail(node, "empty character constant", "C's 'a' is one byte", 'ord("a")')


def constant(scope: Scope, node: ast.Constant, value: int) -> Number:
    """An integer as it is written."""
    decimal = not scope.report.source_of(node)[:2].lower().startswith(("0x", "0b", "0o"))
    kind = constant_type(value, decimal)
    if kind is None:
        because = "a number has 64 bits at most"
        scope.report.fail(
            node, "integer constant is too large for its type", because, "0xFFFF_FFFF_FFFF_FFFF is the last"
        )
    return Number(value, kind)


def in_function(kind: Type) -> FunctionType | None:
    """The function that a pointer points to."""
    return kind.target if isinstance(kind, Pointer) and isinstance(kind.target, FunctionType) else None
