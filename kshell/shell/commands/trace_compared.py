"""trace --compare: two runs, each on a copy of the machine."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.shell.calls.call_views import TracedView
from kshell.shell.commands.registry import COMPARISON, find, is_command, misuse, refuse_aside
from kshell.shell.diagrams.comparison import ComparedView
from kshell.shell.diagrams.differences import Run
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Given
from kshell.shell.lines.words import plain, split
from kshell.shell.state.context import Context
from kshell.shell.views.view import View

DETAILS = ("--lines", "--insns")


def compared(session: Context, given: Given) -> View:
    """The last command of each line, traced, side by side; the session's own machine is left alone."""
    details = [key for key in DETAILS if key in given]
    a, b = _lines(given)
    return ComparedView(_run(session, "A", a, details), _run(session, "B", b, details))


def _lines(given: Given) -> tuple[str, str]:
    """The two command lines.  CommandError where they are not two."""
    kernel, before = given.get("--kernel"), given.get("--with")
    words = given.words
    if kernel is None and before is None:
        if len(words) != 2 or (is_command(words[0].raw) and not words[1].quote):
            what = "--compare takes two command lines, each in quotes, or --with and one command"
            raise misuse("trace", what, COMPARISON)
        return words[0].text, words[1].text
    if not words:
        raise misuse("trace", "which command is to be compared?", COMPARISON)
    line = words[0].text if len(words) == 1 else " ".join(word.raw for word in words)
    first = f"boot {kernel}" if kernel is not None else None
    return line, "; ".join(each for each in (first, before, line) if each)


def _run(session: Context, name: str, line: str, details: Sequence[str]) -> Run:
    """Run a line on a copy of the machine.  CommandError, in the name of that side, where one of its commands fails."""
    commands = split(line)
    if not commands:
        raise misuse("trace", f"{name} has no command", COMPARISON)
    other = session.aside()
    *before, last = commands
    words = last.words[1:] if last.words[0].text == "trace" else last.words
    try:
        for each in before:
            other.call(each.words)
        command = find(words[0].text) if words else None
        if command is not None and command.name not in other.kernel.table.by_name:
            refuse_aside(command)
        view = other.call([plain("trace"), *map(plain, details), *words])
    except CommandError as error:
        error.reword(error.because, error.try_, f"{name}: {error.what}")
        raise
    if not isinstance(view, TracedView) or view.hops is None:
        raise misuse("trace", f"{name} ends in a command that has no hops", COMPARISON)
    return Run(line, other.kernel, view)
