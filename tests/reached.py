"""Every place that makes an error of the shell is reached by a test of this process, where the advice in it is typed
(tests/shell/typed.py).  A new one that no test leads to fails the run of the whole suite (tests/conftest.py).
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kshell.shell.errors import CommandError

ROOT = Path(__file__).parent.parent
ROOMS = ("kshell/shell", "kshell/lesson")
MAKERS = {"CommandError", "misuse"}
DEPTH = 4  # frames between a place and the error: misuse() stands between
# A part of the place, and why no line that is typed in this process leads there.
EXEMPT = {
    "table --abi x32": "a row of x32 alone, in a kernel that has a file of the call",
    "CommandError(what, *forgotten)": "somebody adds a call to kshell itself: tests/test_contributing.py, in a process",
    "the shell's task ended in its": "the kernel dies below an echo",
    "(less data)": "arguments larger than all user memory, which the parser of a buffer refuses first",
    "CommandError('syscall: stopped'": "a call's own few instructions use up a script's budget",
    "list: No line number information": "a call stands still in code without lines",
    "the source is not where it was": "a source goes while a call stands still",
    "a name leads to one command": "a developer's mistake, at import",
    "'df .'": "the host's disk is full: tests/shell/test_host_trouble.py, in a process",
    "CommandError(*limits.reached": "a script's limits: tests/shell/test_command_line.py, in a process",
    "it was at work on": "a script's limits: tests/shell/test_command_line.py, in a process",
    "error.strerror or 'it cannot be read'": "the file of a session cannot be read: not met as root",
    "CommandError('the output cannot be written'": "the terminal has gone: tests/shell/prompt, in a process",
    "_in_this_folder(path))": "a folder that cannot be made: not met as root",
    "pip install {name}": "a package is missing: tests/shell/test_packages.py, in a process",
    "correct it there": "a developer's mistake, at import",
    "lesson run: step": "a lesson whose solution fails, which lint refuses",
    "start kshell in a folder of yours": "a folder that cannot be written to: not met as root",
    "cannot be changed": "a lesson's edit of a file that the student has changed",
}

_met: set[tuple[str, int]] = set()


class Place(NamedTuple):
    """A call that makes an error: its file, its first and last line, its text."""

    file: str
    first: int
    last: int
    text: str


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
    """The places that none of these lines belongs to, but for those that are exempt."""
    return [
        f"{place.file}:{place.first}: {place.text[:80]}"
        for place in places()
        if not any((str(ROOT / place.file), line) in lines for line in range(place.first, place.last + 1))
        and not any(part in place.text for part in EXEMPT)
    ]


@cache
def places() -> list[Place]:
    """Where errors are made."""
    return [
        Place(path.relative_to(ROOT).as_posix(), node.lineno, node.end_lineno or node.lineno, ast.unparse(node))
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS
    ]
