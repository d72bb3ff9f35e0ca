"""Macros over numbers of any type: min, max, clamp and their _t, swap, ilog2.

C counterpart: include/linux/minmax.h, include/linux/log2.h.
"""

from __future__ import annotations

import ast

from kshell.cc.front.annotations import read_type
from kshell.cc.front.arithmetic import binary, cast, common, promoted
from kshell.cc.front.convert import Want, convert
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope
from kshell.cc.front.symbols import Routine
from kshell.cc.tree import Assign, Call, Comma, Compare, Conditional, Local, Number, Value
from kshell.cc.types import INT, ULONGLONG, IntType, Pointer

BOTH_SIGNS = (6, 6)  # since then signs are compared, and no types: include/linux/minmax.h
SIGNS = {"min": "<", "max": ">"}


def extreme(scope: Scope, node: ast.Call, name: str) -> Value:
    """``min(x, y)``, ``max(x, y)``"""
    return _chosen(scope, node, name, SIGNS[name], [scope.value(each) for each in node.args])


def extreme_t(scope: Scope, node: ast.Call, name: str) -> Value:
    """``min_t(T, x, y)``, ``max_t(T, x, y)``"""
    return _picked(scope, node, SIGNS[name], *_as_type(scope, node))


def clamp(scope: Scope, node: ast.Call) -> Value:
    """``clamp(x, low, high)``"""
    value, low, high = (scope.value(each) for each in node.args)
    return _chosen(scope, node, "clamp", "<", [_chosen(scope, node, "clamp", ">", [value, low]), high])


def clamp_t(scope: Scope, node: ast.Call) -> Value:
    """``clamp_t(T, x, low, high)``"""
    value, low, high = _as_type(scope, node)
    return _picked(scope, node, "<", _picked(scope, node, ">", value, low), high)


def _as_type(scope: Scope, node: ast.Call) -> list[Value]:
    """The arguments behind a type, converted to it."""
    kind = read_type(scope.file, node.args[0])
    return [cast(scope.value(each), kind) for each in node.args[1:]]


def _chosen(scope: Scope, node: ast.Call, name: str, sign: str, given: list[Value]) -> Value:
    """Of two values whose types go together the one that is `sign` the other."""
    one, other = given
    left, right = one.type, other.type
    if not isinstance(left, IntType) or not isinstance(right, IntType):
        wrong = right if isinstance(left, IntType) else left
        if left == right and isinstance(left, Pointer):
            return _picked(scope, node, sign, one, other)
        because = f"{name} compares numbers, and one of them is '{spelled(wrong)}'"
        scope.report.fail(node, f"incompatible types for '{name}'", because, f"{name}(a, b) of two numbers", len(name))
    _check_types(scope, node, name, one, other)
    kind = common(left, right) if left != right else left
    return _picked(scope, node, sign, cast(one, kind), cast(other, kind))


def _check_types(scope: Scope, node: ast.Call, name: str, one: Value, other: Value) -> None:
    """What each release's macro makes the compiler say."""
    left, right = one.type, other.type
    assert isinstance(left, IntType)
    assert isinstance(right, IntType)
    because = f"one is '{spelled(left)}', the other '{spelled(right)}'"
    arguments = ", ".join(ast.unparse(each) for each in node.args)
    wide = "ULong" if 8 in (left.size, right.size) else "UInt"
    try_ = scope.report.line_with(node, f"{name}_t({wide}, {arguments})")
    if scope.report.version < BOTH_SIGNS:
        if left != right:
            text = "comparison of distinct pointer types lacks a cast"
            scope.report.warn("compare-distinct-pointer-types", node, text, because, try_, len(name))
    elif promoted(left).signed != promoted(right).signed and not (_not_negative(one) or _not_negative(other)):
        source = scope.report.source_of(node) or f"{name}({arguments})"
        because += ": as unsigned, a negative number is a large one"
        scope.report.fail(node, f'static assertion failed: "{source} signedness error"', because, try_, len(name))


def _not_negative(value: Value) -> bool:
    """Whether a value is a constant with a sign that needs none."""
    return isinstance(value, Number) and isinstance(value.type, IntType) and value.type.signed and value.value >= 0


def _picked(scope: Scope, node: ast.Call, sign: str, one: Value, other: Value) -> Value:
    """Of two values of one type, each evaluated once, the one that is `sign` the other."""
    if isinstance(one, Number) and isinstance(other, Number):
        first = one.value < other.value if sign == "<" else one.value > other.value
        return one if first else other
    first_value, second_value = _held(scope, node, one), _held(scope, node, other)
    test = Compare(sign, first_value[-1], second_value[-1], INT)
    result: Value = Conditional(test, first_value[-1], second_value[-1], one.type)
    for each in (*second_value[:-1], *first_value[:-1]):
        result = Comma(each, result)
    return result


def _held(scope: Scope, node: ast.Call, value: Value) -> list[Value]:
    """A value that is used twice: the assignment to a variable, and that; a constant stands for itself."""
    if isinstance(value, Number) or scope.kernel == "":
        return [value]
    held = Local(scope.made(value.type, node.lineno))
    scope.assigned(held.variable)
    return [Assign(held, value), held]


def swap(scope: Scope, node: ast.Call) -> Value:
    """``swap(a, b)``"""
    one, other = (scope.place(each) for each in node.args)
    if one.type != other.type or not isinstance(one.type, IntType | Pointer):
        because = f"one is '{spelled(one.type)}', the other '{spelled(other.type)}'"
        scope.report.fail(node, "incompatible types for 'swap'", because, "two numbers or pointers of one type", 4)
    for each in (one, other):
        if isinstance(each, Local):
            scope.assigned(each.variable)
    held = Local(scope.made(one.type, node.lineno))
    return Comma(Assign(held, one), Comma(Assign(one, other), Assign(other, held)))


def ilog2(scope: Scope, node: ast.Call) -> Value:
    """``ilog2(n)``: a constant of a constant."""
    value = scope.value(node.args[0])
    if isinstance(value, Number):
        return Number(value.value.bit_length() - 1 if value.value > 0 else -1, INT)
    fls64 = (scope.file.include("kshell.linux.bitops") or {})["fls64"]
    assert isinstance(fls64, Routine)
    scope.file.needs(fls64)
    word = convert(scope.report, node.args[0], value, ULONGLONG, Want("argument", "ilog2", 1))
    return binary("-", Call(fls64.symbol, (word,), fls64.type, node.lineno), Number(1, INT), INT)
