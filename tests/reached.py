"""Every place that makes an error of the shell is reached by a test of this process, where the advice in it is typed
(tests/shell/typed.py).  A new one that no test leads to fails the run of the whole suite.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from kshell.shell.errors import CommandError

ROOT = Path(__file__).parent.parent
ROOMS = ("kshell/shell", "kshell/lesson")
MAKERS = {"CommandError", "misuse"}
DEPTH = 4  # frames between a place and the error: misuse() stands between
# What only a process of its own can meet, and the test that starts one; `file: function`.
IN_A_PROCESS = {
    "kshell/shell/session.py: _ran_out": "tests/shell/test_command_line.py",
}

_met: set[tuple[str, int]] = set()


def record() -> None:
    """Write down, from now on, where each error is made."""
    made: Any = CommandError.__init__

    def note_and_make(self: CommandError, *args: Any, **kwargs: Any) -> None:
        frame = sys._getframe(1)
        for _ in range(DEPTH):
            _met.add((frame.f_code.co_filename, frame.f_lineno))
            if frame.f_back is None:
                break
            frame = frame.f_back
        made(self, *args, **kwargs)

    CommandError.__init__ = note_and_make  # type: ignore[method-assign]


def met() -> list[tuple[str, int]]:
    """The lines that were met, each with its file, of this process."""
    return sorted(_met)


def missed(lines: set[tuple[str, int]]) -> list[str]:
    """The places that none of these lines belongs to."""
    return [
        f"{name}:{first}: {function}"
        for name, function, first, last in places()
        if f"{name}: {function}" not in IN_A_PROCESS
        and not any((str(ROOT / name), line) in lines for line in range(first, last + 1))
    ]


@cache
def places() -> list[tuple[str, str, int, int]]:
    """Where errors are made: the file, the function, the first line and the last."""
    found = []
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        name = path.relative_to(ROOT).as_posix()
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                found += [(name, function.name, call.lineno, call.end_lineno or 0) for call in _calls(function)]
    return found


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            yield node
