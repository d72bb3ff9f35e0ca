"""A unit that fails made as small as it still fails: statements left out, expressions replaced by parts of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kshell.cc.back.printed import printed
from kshell.cc.tree import Binary, Number
from kshell.cc.tree_unit import If, Loop, Unit
from kshell.cc.types import Field, IntType, Pointer
from tests.cc.back.compare import Difference, differences
from tests.cc.back.random_unit import LINE


def report(unit: Unit, folder: Path, seed: int, level: str, tries: int = 1500) -> str:
    """The C of a unit that differs, made small, and how it differs."""

    def found(unit: Unit) -> list[Difference]:
        try:
            return differences([unit], folder, seed, level)[1]
        except AssertionError:  # it is no C any more
            return []

    small = shrink(unit, lambda smaller: bool(found(smaller)), tries)
    return f"{printed(small)}\n{[each[1:] for each in found(small)]}"


def shrink(unit: Unit, fails: Callable[[Unit], bool], tries: int) -> Unit:
    """The smallest that was found in so many tries."""
    going = True
    while going:
        going = False
        for smaller in smaller_units(unit):
            tries -= 1
            if tries < 0:
                return unit
            if fails(smaller):
                unit, going = smaller, True
                break
    return unit


def smaller_units(unit: Unit) -> Iterator[Unit]:
    """Units with one thing less.  Functions are tried from the last, which calls the others."""
    for index, function in reversed(list(enumerate(unit.functions))):
        for body in smaller_blocks(function.body):
            functions = list(unit.functions)
            functions[index] = function._replace(body=body)
            yield unit._replace(functions=functions)


def smaller_blocks(body: list[Any]) -> Iterator[list[Any]]:
    """Blocks with one statement less, or with a smaller one.  What makes variables ready stays, and so does a last
    return."""
    for size in (8, 4, 2, 1):
        for at in range(len(body) - size + 1):
            part = body[at : at + size]
            if all(each.line != LINE for each in part) and type(part[-1]).__name__ != "Return":
                yield body[:at] + body[at + size :]
    for at, statement in enumerate(body):
        before, after = body[:at], body[at + 1 :]
        if isinstance(statement, If):
            yield [*before, *statement.then, *after]
            yield [*before, *statement.other, *after]
            for then in smaller_blocks(statement.then):
                yield [*before, statement._replace(then=then), *after]
            for other in smaller_blocks(statement.other):
                yield [*before, statement._replace(other=other), *after]
        if isinstance(statement, Loop):
            for inner in smaller_blocks(statement.body):
                yield [*before, statement._replace(body=inner), *after]
        elif statement.line != LINE:
            for value in smaller_nodes(statement):
                yield [*before, value, *after]


def smaller_nodes(node: Any) -> Iterator[Any]:
    """Nodes with one expression in them replaced by one of its parts of the same type, or by 1 or 0."""
    for index, part in enumerate(node):
        if isinstance(part, tuple) and not isinstance(part, IntType | Pointer | Field):
            field = node._fields[index] if hasattr(node, "_fields") else ""
            kept = field in ("place", "source") or (isinstance(node, Binary) and field == "right" and node.op in "/%")
            for smaller in [] if kept or not hasattr(part, "_fields") else replacements(part):
                yield replaced(node, index, smaller)
            for smaller in smaller_nodes(part):
                yield replaced(node, index, smaller)


def replaced(node: Any, index: int, part: Any) -> Any:
    """A node, or a tuple of arguments, with another part."""
    parts = [*node[:index], part, *node[index + 1 :]]
    return type(node)(*parts) if hasattr(node, "_fields") else tuple(parts)


def replacements(node: Any) -> Iterator[Any]:
    """What may stand for an expression."""
    kind = getattr(node, "type", None)
    if not isinstance(kind, IntType) or isinstance(node, Number):
        return
    yield Number(1, kind)
    yield Number(0, kind)
    for part in node:
        if getattr(part, "type", None) == kind and hasattr(part, "_fields") and not isinstance(part, Field):
            yield part
