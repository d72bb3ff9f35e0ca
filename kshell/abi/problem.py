"""What is told to a person whom something went wrong for: what happened, because of what, and what to try.

Every room that refuses something says it with one `Problem`; the room that speaks to the person words and lays it out.
"""

from __future__ import annotations

from typing import NamedTuple

_WINDOW = 160  # of a longer line, this much is shown around the column


class Problem(NamedTuple):
    """Three sentences, "" where there is nothing to add, and the place: ``file:line:column`` and the lines to show."""

    what: str
    because: str
    try_: str
    where: str = ""
    excerpt: tuple[str, ...] = ()


class ProblemError(Exception):
    """Raised where somebody must be told a Problem; whoever has more to say beside it adds it in a subclass."""

    def __init__(self, what: str, because: str, try_: str) -> None:
        super().__init__(what)
        self.problem = Problem(what, because, try_)

    @property
    def what(self) -> str:
        """What happened."""
        return self.problem.what

    @property
    def because(self) -> str:
        """Because of what."""
        return self.problem.because

    @property
    def try_(self) -> str:
        """What to try."""
        return self.problem.try_


def excerpt(text: str, line: int, column: int = 0, width: int = 1, window: int = _WINDOW) -> tuple[str, ...]:
    """Line `line` of a text as gcc shows it, and under it a caret (``^~~~`` for a `width` of 4) at `column`.

    Both count from 1; without a column there is no caret, without such a line nothing.
    """
    lines = text.split("\n")
    if not 0 < line <= len(lines) - (lines[-1] == ""):
        return ()
    return line_excerpt(lines[line - 1], line, column, width, window)


def line_excerpt(source: str, line: int, column: int = 0, width: int = 1, window: int = _WINDOW) -> tuple[str, ...]:
    """The same of the line `source` itself, whose number is `line`.

    A tab is one blank, as gcc has it, and what a terminal could take for a command is U+FFFD.  Of a line longer than
    `window`, the part around the column is shown.
    """
    from unicodedata import east_asian_width

    source = source.removesuffix("\r")
    start = 0 if len(source) <= window else max(0, column - window // 2)
    part = source[start : start + window]
    shown = "".join(c if c.isprintable() else " " if c == "\t" else "\ufffd" for c in part)
    if not column:
        return (f"{line:5d} | {shown.rstrip()}",)
    before = "".join("  " if east_asian_width(c) in "WF" else " " for c in shown[: max(column - 1 - start, 0)])
    tail = "~" * max(min(width, len(shown) - len(before)) - 1, 0)
    return f"{line:5d} | {shown.rstrip()}", f"      | {before}^{tail}"
