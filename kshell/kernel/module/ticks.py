"""Ticks: the places in a module's code where it can be ended.

A loop of a module's cannot be ended from outside, and an `except` of a module's might swallow what ends it.  So its
syntax tree gets a call at each turn of a loop, at the start of each function, and at the start of each `except` and
`finally`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import InvalidOpcode, KernelBug, SoftLockup
from kshell.kernel.task.task import TaskExit

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

TICK = "__kshell_tick__"


BODIES = (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.ExceptHandler)


# What C code could not catch either: it is on its way to the entry code, and a module's `except` does not stop it.
DEADLY = (SoftLockup, TaskExit, KernelFault, InvalidOpcode, KernelBug)


def make_tick(k: Kernel) -> Callable[[], None]:
    """What module code calls at each turn."""

    def tick() -> None:
        error = sys.exc_info()[1]
        if isinstance(error, DEADLY):
            raise error
        if k.cpu.ctrl_c.pressed:
            raise SoftLockup("kernel code looped until Ctrl-C")
        k.ticks_left -= 1
        if k.ticks_left < 0:
            raise SoftLockup(f"kernel code looped {k.tick_budget} times, more than a script may")

    return tick


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
