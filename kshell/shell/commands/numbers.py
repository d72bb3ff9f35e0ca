"""Numbers as the arguments of commands."""

from __future__ import annotations

from kshell.shell.calls.arguments import BadValue, number
from kshell.shell.commands.registry import misuse
from kshell.shell.lines.words import Word
from kshell.shell.views.view import show


def count(name: str, word: Word) -> int:
    """A positive number.  CommandError for anything else."""
    try:
        value = number(word.text)
    except BadValue as bad:
        raise misuse(name, bad.what) from None
    if value is None or not 0 < value < 1 << 31:
        raise misuse(name, f"{show(word.text)} is not a positive number")
    return value
