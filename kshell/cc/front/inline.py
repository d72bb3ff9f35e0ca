"""The functions of headers that have a body: one that a source uses is compiled into its object (C: static inline)."""

from __future__ import annotations

from functools import lru_cache

from kshell.cc.front.file_scope import FileScope
from kshell.cc.front.functions import read_function
from kshell.cc.front.headers import definition, include
from kshell.cc.front.headers_index import path_of, texts
from kshell.cc.front.report import Report
from kshell.cc.front.symbols import Routine
from kshell.cc.tree_unit import Function


def inline_functions(file: FileScope) -> list[Function]:
    """Those that a file uses, and those that they use, each once."""
    found: dict[str, Function] = {}
    waiting = list(file.inlines.values())
    while waiting:
        routine = waiting.pop(0)
        if routine.symbol not in found:
            found[routine.symbol], needed = _compiled(routine, file.report.release)
            waiting += needed
    return list(found.values())


@lru_cache(maxsize=1024)
def _compiled(routine: Routine, release: str) -> tuple[Function, list[Routine]]:
    """One of them for a release, and what it uses itself.  What is wrong in a header is a mistake of kshell's."""
    path = path_of(routine.header)
    file = FileScope(Report(path, texts()[routine.header], release), include)
    names, node = definition(routine)
    file.names.update(names)
    function = read_function(file, node, routine, routine.symbol, static=True)
    assert not file.report.findings, f"{routine.header}.{routine.symbol}: {file.report.findings}"
    assert not file.data, f"{routine.header}.{routine.symbol} has data of its own"
    return function._replace(path=path), list(file.inlines.values())
