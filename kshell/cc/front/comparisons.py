"""Comparisons, and chains of them."""

from __future__ import annotations

import ast

from kshell.cc.front.arithmetic import COMPARED, cast, common, promoted
from kshell.cc.front.operators import is_null
from kshell.cc.front.parentheses import check_parentheses
from kshell.cc.front.report import spelled
from kshell.cc.front.scope import Scope, copied
from kshell.cc.tree import Assign, Compare, Local, Logical, Number, Text, Value
from kshell.cc.types import INT, IntType, Pointer, Type, VoidType

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "==",
    ast.IsNot: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def comparison(scope: Scope, node: ast.Compare) -> Value:
    """``a < b``, and ``a < b < c`` with b evaluated once."""
    check_parentheses(scope.report, node)
    left_node, left = node.left, scope.value(node.left)
    result: Value | None = None
    for op in node.ops:
        if type(op) not in COMPARISONS:
            because = "C looks for nothing in anything: it compares two values"
            scope.report.fail(node, "expected ')' before 'in'", because, "x == 1 or x == 2, or a loop")
    for index, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
        before = copied(scope.sure)
        right = scope.value(right_node)
        if index:
            scope.sure = before
        kept = right
        if index < len(node.ops) - 1 and not isinstance(right, Number | Local):
            held = scope.made(right.type, node.lineno)
            right, kept = Assign(Local(held), right), Local(held)
        one = compare(scope, node, op, left, right, (left_node, right_node))
        result = one if result is None else Logical("&&", result, one, INT)
        left, left_node = kept, right_node
    assert result is not None
    return result


def compare(
    scope: Scope, node: ast.expr, op: ast.cmpop, left: Value, right: Value, nodes: tuple[ast.expr, ast.expr]
) -> Value:
    """One comparison of two values; an int."""
    sign = COMPARISONS[type(op)]
    one, other = left.type, right.type
    if isinstance(one, IntType) and isinstance(other, IntType):
        _check_signs(scope, node, left, right, nodes)
        kind: Type = common(one, other)
        left, right = cast(left, kind), cast(right, kind)
        if isinstance(left, Number) and isinstance(right, Number):
            return Number(int(COMPARED[sign](left.value, right.value)), INT)
        return Compare(sign, left, right, INT)
    kind = one if isinstance(one, Pointer) else other
    number = left if isinstance(one, IntType) else right
    literal = next((at for at, each in enumerate((left, right)) if isinstance(each, Text)), None)
    if literal is not None and not is_null(left) and not is_null(right):
        because = "it compares two addresses: where the texts lie, and not what they say"
        texts = ", ".join(scope.report.source_of(each) or "s" for each in nodes)
        text = "comparison with string literal results in unspecified behavior"
        scope.report.warn("address", node, text, because, f"strcmp({scope.kernel}, {texts}) {sign} 0")
    elif isinstance(one, Pointer) and isinstance(other, Pointer):
        if one.target != other.target and not {one.target, other.target} & {VoidType()} and not is_null(right):
            text = "comparison of distinct pointer types lacks a cast"
            scope.report.warn("compare-distinct-pointer-types", node, text, "their targets differ", "cast one of them")
    elif not is_null(number):
        text, source = "comparison between pointer and integer", scope.report.source_of(nodes[number is right]) or "n"
        because, try_ = "one is an address, the other a number", f"{source} {sign} 0"
        if not is_null(left) and not is_null(right):
            try_ = "ULong(p)"
        scope.report.add("warning", node, text, because, try_)
    return Compare(sign, cast(left, kind), cast(right, kind), INT)


def _check_signs(scope: Scope, node: ast.expr, left: Value, right: Value, nodes: tuple[ast.expr, ast.expr]) -> None:
    """kshell's own note: a negative number becomes a large one beside an unsigned one."""
    one, other = left.type, right.type
    assert isinstance(one, IntType)
    assert isinstance(other, IntType)
    if promoted(one).signed == promoted(other).signed or common(one, other).signed:
        return
    signed, at = (left, 0) if promoted(one).signed else (right, 1)
    if isinstance(signed, Number) and signed.value >= 0:
        return
    text = f"comparison of integer expressions of different signedness: '{spelled(one)}' and '{spelled(other)}'"
    name = scope.report.source_of(nodes[at]) or "x"
    because = f"{name} counts as unsigned here, so that -1 is the largest number"
    scope.report.note(node, text, because, f"Long({scope.report.source_of(nodes[1 - at]) or 'n'})")
