"""Lines fitted to a number of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from unicodedata import combining, east_asian_width

from kshell.shell.views.view import Line, Span, show, span

TAB = 8
Cell = tuple[str, str, int]  # a character, its role, the columns that it takes


def letter(at: int) -> str:
    """The letter of a choice: a, b, c."""
    return chr(ord("a") + at)


def choice_lines(at: int, text: str, room: int) -> list[Line]:
    """One of several choices, behind its letter."""
    marker = f"{letter(at)}) "
    lines = wrapped([(text, "")], room, " " * 8, marker)
    lines[0][0] = (f"     {marker}", "name")
    return lines


def wrapped(spans: Sequence[Span], room: int, indent: str = "", marker: str = "") -> list[Line]:
    """The pieces as lines of at most `room` columns, broken between words; `marker` stands before the first."""
    hanging = indent[: len(indent) - len(marker)] + " " * len(marker) if marker else indent
    lines: list[Line] = [span(indent[: len(indent) - len(marker)] + marker)]
    used = len(hanging)
    for word in _words(spans):
        length = sum(columns(text) for text, _ in word)
        blank = used > len(hanging)
        if used + blank + length > room and blank:
            lines.append(span(hanging))
            used, blank = len(hanging), False
        lines[-1] += [(" ", ""), *word] if blank else word
        used += blank + length
    return lines


def _words(spans: Sequence[Span]) -> list[list[Span]]:
    """The words, each of one or more pieces without a blank between them; code is not broken."""
    words: list[list[Span]] = []
    glued = False
    for text, role in spans:
        parts = [text] if role == "hint" else text.split(" ")
        for at, part in enumerate(parts):
            if part:
                if glued and at == 0:
                    words[-1].append((part, role))
                else:
                    words.append([(part, role)])
            glued = bool(part) and at == len(parts) - 1
    return words


def columns(text: str) -> int:
    """How many columns of a terminal a text takes that has no control characters."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1


def rows(line: Line, width: int) -> list[Line]:
    """A line as rows that fit into `width` columns, at least one: broken at blanks where that will do, the rest under
    the line's own indentation."""
    cells = _cells(line)
    indent: list[Cell] = [(" ", "", 1)] * min(_blanks(cells), width // 2)
    return [_joined(row) for row in _rows(cells, width, indent)]


def folded(text: str, width: int, rest: str = "") -> list[str]:
    """A text as lines of at most `width` columns, at least one: broken at blanks where that will do; `rest` stands
    before all but the first."""
    found = _rows(_cells([(text, "")]), width, _cells([(rest, "")]))
    return ["".join(cell[0] for cell in row).rstrip() for row in found]


def padded(text: str, width: int) -> str:
    """A text with blanks behind it, up to so many columns."""
    return text + " " * (width - columns(text))


def _blanks(cells: Sequence[Cell]) -> int:
    """How many blanks it begins with."""
    return next((at for at, cell in enumerate(cells) if cell[0] != " "), 0)


def _rows(left: list[Cell], width: int, indent: list[Cell]) -> Iterator[list[Cell]]:
    """The cells of each row, `indent` before all but the first; of the rest one at least, however wide."""
    blanks, least = _blanks(left), 1
    while True:
        end = max(_fitting(left, width), min(least, len(left)))
        if end < len(left):
            end = _break_before(left, end, blanks)
        yield left[:end]
        left = left[end:]
        if not left:
            return
        while left and left[0][0] == " ":
            left = left[1:]
        left, blanks, least = indent + left, len(indent), len(indent) + 1


def _cells(line: Line) -> list[Cell]:
    """The characters, tabs as the blanks that they stand for."""
    found: list[Cell] = []
    at = 0
    for text, role in line:
        for char in show(text):
            if char == "\t":
                blanks = TAB - at % TAB
                found += [(" ", role, 1)] * blanks
                at += blanks
            else:
                found.append((char, role, _width(char)))
                at += found[-1][2]
    return found


def _fitting(cells: Sequence[Cell], width: int) -> int:
    """How many cells fit."""
    used = 0
    for at, cell in enumerate(cells):
        used += cell[2]
        if used > width:
            return at
    return len(cells)


def _break_before(cells: Sequence[Cell], end: int, start: int) -> int:
    """Where to break: at the last blank, unless only the indentation stands before that."""
    if cells[end][0] == " ":
        return end
    blank = next((at for at in range(end - 1, start, -1) if cells[at][0] == " "), 0)
    return blank + 1 if blank else end


def _joined(cells: Sequence[Cell]) -> Line:
    return [("".join(cell[0] for cell in same), role) for role, same in groupby(cells, key=lambda cell: cell[1])]
