"""Where Python groups otherwise than C, or where gcc wants parentheses (-Wparentheses)."""

from __future__ import annotations

import ast

from kshell.cc.front.report import Report

BITS = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}
SUMS = {ast.Add: "+", ast.Sub: "-"}
SHIFTS = {ast.LShift: "<<", ast.RShift: ">>"}


def check_parentheses(report: Report, node: ast.BinOp | ast.BoolOp | ast.Compare) -> None:
    """One operator with those directly under it."""
    if isinstance(node, ast.Compare):
        for each in (node.left, *node.comparators):
            if isinstance(each, ast.BinOp) and type(each.op) in BITS and not report.in_parentheses(each):
                sign = BITS[type(each.op)]
                because = f"Python takes {sign} first, C takes the comparison first"
                _suggest(report, each, f"comparison in operand of '{sign}'", because)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            if isinstance(node.op, ast.Or) and isinstance(value, ast.BoolOp) and not report.in_parentheses(value):
                _suggest(report, value, "'&&' within '||'", "`and` binds closer, which is easily overlooked")
    else:
        for each in (node.left, node.right):
            if isinstance(each, ast.BinOp) and type(each.op) in SUMS and not report.in_parentheses(each):
                sum_ = SUMS[type(each.op)]
                if type(node.op) in SHIFTS:
                    text = f"'{sum_}' inside '{SHIFTS[type(node.op)]}'"
                    _suggest(report, each, text, f"{sum_} binds closer, which is easily overlooked")
                elif type(node.op) in BITS:
                    text = f"arithmetic in operand of '{BITS[type(node.op)]}'"
                    _suggest(report, each, text, f"{sum_} binds closer, which is easily overlooked")


def _suggest(report: Report, node: ast.expr, around: str, because: str) -> None:
    source = report.source_of(node) or ast.unparse(node)
    try_ = report.line_with(node, f"({source})")
    report.warn("parentheses", node, f"suggest parentheses around {around}", because, try_)
