"""A line that begins with !: an earlier one, as a Unix shell has it."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.shell.errors import CommandError
from kshell.shell.views.view import show

BLANKS = " \t"


def recalled(line: str, history: Sequence[str]) -> str | None:
    """What ``!!``, ``!5``, ``!-2`` or ``!ins`` at the start of a line stand for; None for other lines.

    CommandError where no earlier line fits.
    """
    typed = line.strip(BLANKS)
    if len(typed) < 2 or typed[0] != "!" or typed[1] in BLANKS + "=":
        return None
    word, blank, rest = typed.partition(" ")
    event = word[1:]
    found: str | None = None
    if event == "!" or event.lstrip("-").isdigit():
        number = -1 if event == "!" else int(event)
        index = number - 1 if number > 0 else len(history) + number
        found = history[index] if number and 0 <= index < len(history) else None
    else:
        found = next((each for each in reversed(history) if each.startswith(event)), None)
    if found is None:
        because = "no earlier line of this session is that one" if history else "nothing was typed before it"
        raise CommandError(f"{show(word)}: event not found", because, "history  (the lines, with their numbers)")
    return found + blank + rest
