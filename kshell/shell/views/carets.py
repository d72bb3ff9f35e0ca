"""A source line that is too long for the screen, and the caret under it: the part around the caret is shown."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.shell.views.view import Line, plain, span

_MARKS = frozenset(" |^~")
INDENT = 4  # of an excerpt without a line number


def fitted(lines: Sequence[Line], width: int | None) -> list[Line]:
    """The lines; where one has a caret under it and is wider than the screen, both are cut to the part around that."""
    out = list(lines)
    for at, line in enumerate(out[:-1]):
        text, marks = plain(line), plain(out[at + 1])
        if width and len(text) > width and "^" in marks and set(marks) <= _MARKS:
            start = marks.find("|") + 2 if "|" in marks else min(INDENT, len(text) - len(text.lstrip()))
            first = _first_shown(len(text) - start, marks.index("^") - start, width - start)
            part = slice(start + first, first + width)
            out[at], out[at + 1] = span(text[:start] + text[part]), span(marks[:start] + marks[part], "caret")
    return out


def _first_shown(length: int, column: int, room: int) -> int:
    """Which of `length` characters is the first of `room` of them, so that `column` is well inside."""
    return max(0, min(column - room // 3, length - room))
