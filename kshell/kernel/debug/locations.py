"""Where a breakpoint goes that is set at a function, or at a line of a file, in all machine code that is there now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kshell.kernel.debug.code_places import lines_of, linked_objects
from kshell.kernel.debug.traced_code import TracedCode, TracedFunction, code_of
from kshell.kernel.kernel import Kernel


class Location(NamedTuple):
    """What a person means: a function (of a file, if one is named), or the first line from `line` on that has code."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return ":".join(filter(None, (self.file, self.function or str(self.line))))


def addresses_of(k: Kernel, location: Location) -> list[int]:
    """Where it is, in each function once, behind what makes the frame; none where no machine code is of that place."""
    return [address for code in codes(k) for address in _in_code(code, location)]


def codes(k: Kernel) -> list[TracedCode]:
    """All machine code."""
    return [code_of(k, each) for each in linked_objects(k)]


def _in_code(code: TracedCode, location: Location) -> Iterator[int]:
    functions = list(code.entries.values())
    if location.function:
        for function in functions:
            if function.name == location.function and (not location.file or is_file(file_of(code, function), location)):
                yield code.body_of(function)
        return
    rows = [row for row in lines_of(code.module).rows if row.is_stmt and is_file(row.file, location)]
    line = min((row.line for row in rows if row.line >= location.line), default=None)
    for function in functions:
        starts = [row.start for row in rows if row.line == line and function.start <= row.start < function.end]
        if starts:
            yield max(min(starts), code.body_of(function)) if min(starts) == function.start else min(starts)


def file_of(code: TracedCode, function: TracedFunction) -> str:
    """The file that a function is in, "" where nobody knows."""
    row = lines_of(code.module).at(function.start)
    return row.file if row is not None else ""


def is_file(path: str, location: Location) -> bool:
    """Whether a path of the debugging information is that of the file, or ends so."""
    return bool(path) and (path == location.file or path.endswith(f"/{location.file}"))


def function_names(k: Kernel) -> list[str]:
    """The functions that a breakpoint can be set at."""
    return [function.name for code in codes(k) for function in code.entries.values()]


def files(k: Kernel) -> set[str]:
    """The files that machine code was made of."""
    return {row.file for code in codes(k) for row in lines_of(code.module).rows}
