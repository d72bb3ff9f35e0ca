"""Ticks: the calls that a compiled source makes so that it can be ended (see kshell.kernel.module.ticks)."""

from __future__ import annotations

import ast

from kshell.kernel.module.ticks import TICK

BODIES = (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.ExceptHandler)


def add_ticks(tree: ast.Module) -> ast.Module:
    """The tree with ticks in it; it is changed in place."""
    for node in list(ast.walk(tree)):
        if isinstance(node, BODIES):
            node.body = _ticked(node.body)
        elif isinstance(node, ast.Try | ast.TryStar) and node.finalbody:
            node.finalbody = _ticked(node.finalbody)
        elif isinstance(node, ast.comprehension):
            test = ast.Compare(_tick(node.iter), [ast.Is()], [ast.Constant(None)])
            node.ifs.insert(0, ast.copy_location(test, node.iter))
    return ast.fix_missing_locations(tree)


def _tick(near: ast.AST) -> ast.Call:
    return ast.copy_location(ast.Call(ast.Name(TICK, ast.Load()), [], []), near)


def _ticked(body: list[ast.stmt]) -> list[ast.stmt]:
    first = 0
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        first = 1  # a docstring stays where it is
    return [*body[:first], ast.copy_location(ast.Expr(_tick(body[0])), body[0]), *body[first:]]
