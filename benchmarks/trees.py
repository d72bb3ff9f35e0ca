"""Figures about building a kernel tree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from time import perf_counter

from benchmarks.ratio import Figure, Measurement, slower
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.make import Maker, Request, Running
from kshell.kbuild.tree.new_tree import new_tree
from kshell.kernel.core.profile import V4_19

ROUNDS = 5


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    """A build from nothing against Python's own compiler on the same sources; a build with nothing to do against it."""
    fresh, again, compiled = _in_a_new_tree(_make), _in_a_new_tree(_make_again), _in_a_new_tree(_compile)
    yield slower("a tree built / its sources through Python's compiler", fresh, compiled, rounds)
    # The kernel's own files are not compiled: half of a build from nothing is reading, which both have to do.
    yield slower("a tree built with nothing to do / from nothing", again, fresh, rounds, most=0.65)


def _in_a_new_tree(measure: Callable[[str], float]) -> Measurement:
    def measured() -> float:
        with tempfile.TemporaryDirectory() as folder:
            tree = os.path.join(folder, "tree")
            new_tree(tree)
            return measure(tree)

    return measured


def _make(tree: str) -> float:
    begin = perf_counter()
    Maker(BuildLog(), lambda: Running("", V4_19, [], "")).make(Request(tree, (), {}))
    return perf_counter() - begin


def _make_again(tree: str) -> float:
    _make(tree)
    return _make(tree)


def _compile(tree: str) -> float:
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
