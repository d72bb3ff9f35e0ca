"""The line under the cursor, read while it is still being typed: which word, of which command, and what belongs there.

Pure functions over text; the grammar is that of shell/lines/words.py, with an open quote closed for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from kshell.shell.commands.registry import Command, find
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Option
from kshell.shell.lines.words import TypedCommand, Word, plain, split

LONGEST = 4000
"""A line longer than this is run all the same, but not coloured and not completed."""

_LITERALS = re.compile(r"[a-z]+(?:\|[a-z]+)*\Z")


def lenient(text: str) -> tuple[list[TypedCommand], str]:
    """The commands of a line, and the quote that is still open at its end ("" if none is)."""
    for ending in ("", '"', "'", '\\"'):
        try:
            return split(text + ending), ending[-1:]
        except CommandError:
            continue
    return [], ""


class Cursor(NamedTuple):
    """Where the cursor is: the finished `words` before it in its command, and the `word` that it ends.

    `word` is empty after a blank; `start` is its column; `quote` the quote that is open in it.
    """

    words: list[Word]
    word: Word
    start: int
    quote: str


def at_cursor(before: str) -> Cursor | None:
    """What the text before the cursor comes to; None inside a comment."""
    parts, quote = lenient(before)
    words = parts[-1].words if parts else []
    end = words[-1].column + len(words[-1].raw) if words else 0
    if words and end >= len(before):
        last = words[-1]
        return Cursor(words[:-1], last, last.column, quote)
    gap = before[end:]
    if "#" in gap:
        return None
    return Cursor([] if ";" in gap else words, plain("", len(before)), len(before), "")


def literals_of(command: Command) -> dict[str, str]:
    """The words that a command takes literally as its first argument (``copy``, ``on``), each with its usage."""
    found: dict[str, str] = {}
    for usage in command.usage:
        parts = usage.split()
        if len(parts) > 1 and _LITERALS.match(parts[1]):
            for word in parts[1].split("|"):
                found.setdefault(word, usage)
    return found


class Expected(NamedTuple):
    """What belongs at the cursor.

    `kind` is one of lines.options.KINDS, or "value of an option" (then `option` says which), or "" for nothing.
    `command` is the command that it belongs to (for ``trace syscall ...`` that is `syscall`), `arguments` are the
    words before it that are no options, and `position` is its place among them.
    """

    kind: str
    command: Command | None = None
    arguments: Sequence[Word] = ()
    option: Option | None = None
    words: Sequence[Word] = ()

    @property
    def position(self) -> int:
        """How many arguments stand before the cursor."""
        return len(self.arguments)

    @property
    def call(self) -> str | None:
        """The name of the system call whose argument is being typed, None where it is not one's."""
        return self.arguments[0].text if self.kind == "value" and self.arguments else None


def expected(words: Sequence[Word]) -> Expected:
    """What belongs after these words of a command."""
    if not words:
        return Expected("command")
    command = find(words[0].text)
    if command is None:
        return Expected("")
    options = {spelling: option for option in command.options for spelling in option.known}
    arguments: list[Word] = []
    pending: Option | None = None
    for at, word in enumerate(words[1:], 1):
        option = options.get(word.text) if not word.quote and pending is None else None
        if pending is not None:
            pending = None
        elif option is not None and word.text.startswith("-"):
            pending = option if option.value else None
        elif word.text.startswith("--") and not word.quote:
            continue  # an option of a command around this one, or a wrong one
        elif command.kind_at(0) == "line" and word.text not in ("on", "off"):
            return _sub_line(command, words[at:])
        else:
            arguments.append(word)
    if pending is not None:
        return Expected("value of an option", command, arguments, pending, words)
    return Expected(_kind(command, arguments), command, arguments, None, words)


def _sub_line(outer: Command, rest: Sequence[Word]) -> Expected:
    """Behind `trace`: a command that makes calls, or a call's own name as if `syscall` stood before it."""
    if rest[0].text in literals_of(outer):
        return expected(rest)
    return expected([plain("syscall"), *rest])


def _kind(command: Command, arguments: Sequence[Word]) -> str:
    position = len(arguments)
    literals = literals_of(command)
    first = command.kind_at(0)
    if position and literals and first not in ("word", "line") and arguments[0].text not in literals:
        return first or ""  # `table open ...`: the form without a literal repeats its own kind
    return command.kind_at(position) or ""


def is_i386(wanted: Expected) -> bool:
    """Whether the call that is meant is one of `int 0x80`."""
    typed = [word.text for word in wanted.words]
    return "--abi=i386" in typed or ("--abi", "i386") in pairwise(typed)
