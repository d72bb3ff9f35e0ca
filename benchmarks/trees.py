"""Figures about building a kernel tree; each function gives numbers and prints nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.make import Maker, Request, Running
from kshell.kbuild.tree.new_tree import new_tree
from kshell.kernel.core.profile import V4_19


class Figure(NamedTuple):
    """A time in relation to another of the same run; `limit` is None where it is shown for comparison."""

    name: str
    ratio: float
    limit: float | None


def figures(rounds: int = 5) -> Iterator[Figure]:
    """A build from nothing against Python's own compiler on the same sources; a build with nothing to do against it."""
    fresh, again, compiled = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            tree = os.path.join(folder, "tree")
            new_tree(tree)
            compiled.append(_seconds_to_compile(tree))
            fresh.append(_seconds_to_make(tree))
            again.append(_seconds_to_make(tree))
    yield Figure("a tree built / its sources through Python's compiler", min(fresh) / min(compiled), None)
    yield Figure("a tree built with nothing to do / from nothing", min(again) / min(fresh), 0.5)


def _seconds_to_make(tree: str) -> float:
    begin = perf_counter()
    Maker(BuildLog(), lambda: Running("", V4_19, [], "")).make(Request(tree, (), {}))
    return perf_counter() - begin


def _seconds_to_compile(tree: str) -> float:
    texts = []
    for folder, _, files in os.walk(tree):
        for name in files:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    texts.append(file.read())
    begin = perf_counter()
    for text in texts:
        compile(text, "source", "exec", dont_inherit=True)
    return perf_counter() - begin
