"""What is declared, and never used."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kshell.cc.front.report import Report
from kshell.cc.front.scope import Scope
from kshell.cc.tree import Variable


def check_variables(scope: Scope, node: ast.FunctionDef) -> None:
    """Variables of a function that nothing reads (-Wunused-variable)."""
    parameters = scope.order[: len([*node.args.posonlyargs, *node.args.args]) - 1]
    named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    for variable in scope.order:
        if variable.made or variable in parameters or variable in scope.read or variable in scope.set_again:
            continue
        if variable.name in named:
            continue
        at = _declared(node, variable)
        because = "nothing reads it"
        scope.report.warn(
            "unused-variable", at, f"unused variable '{variable.name}'", because, "take it out", len(variable.name)
        )


def _declared(node: ast.FunctionDef, variable: Variable) -> ast.expr | ast.stmt:
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id == variable.name and isinstance(each.ctx, ast.Store):
            return each
    return node


def check_init(report: Report, functions: Sequence[ast.FunctionDef], aliases: Sequence[tuple[str, str]]) -> None:
    """An init function that no module_init names: insmod would run nothing."""
    if any(alias == "init_module" for alias, _ in aliases):
        return
    named = {each.id for node in functions for each in ast.walk(node) if isinstance(each, ast.Name)}
    for node in functions:
        if node.name.endswith("_init") and not node.decorator_list and node.name not in named:
            text = f"'{node.name}' defined but not used"
            because = "nothing names it, so insmod runs nothing: the kernel calls what module_init names"
            try_ = f"module_init({node.name})  (at the end of the file)"
            report.warn("unused-function", node, text, because, try_)
