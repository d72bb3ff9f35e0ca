"""What commands return.  A view knows what it found, as JSON (`json`) and as lines on a screen (`lines`).

A line is a list of spans, each a text with a *role*: what it is (an address, an errno), not how it looks.  The plain
path joins the texts; the rich one gives each role a style (`render.py` has them).  Meaning is never in the style alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Span = tuple[str, str]
Line = list[Span]


def span(text: str, role: str = "") -> Line:
    """A line of one piece."""
    return [(text, role)]


def marked(text: str, role: str = "hint") -> Line:
    """A line in which what stands between backquotes has a role: by default something to type."""
    return [(piece, role if at % 2 else "") for at, piece in enumerate(text.split("`")) if piece]


def plain(line: Line) -> str:
    """The text of a line."""
    return "".join(text for text, _ in line)


def screen_text(lines: Iterable[Line]) -> str:
    """The lines as they go to a stream: fit for a terminal, each with its newline."""
    return "".join([show(plain(line)) + "\n" for line in lines])


def show(text: str) -> str:
    """Text fit for a terminal: control characters and bytes that are no text as backslash escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else _escape(c) for c in text)


def _escape(c: str) -> str:
    code = ord(c)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that came in through surrogateescape
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class View:
    """The result of one command.  `status` is 0, or 1 where a check found something wrong."""

    status = 0

    def json(self) -> dict[str, Any]:
        """The `result` object of --json; its fields are stable."""
        return {}

    def lines(self, width: int | None = None) -> list[Line]:
        """The lines to show; `width` is the terminal's, None where there is none."""
        return []

    def text(self, width: int | None = None) -> str:
        """The plain text, without a newline at its end."""
        return "\n".join(plain(line) for line in self.lines(width))


class Nothing(View):
    """A command that had nothing to say, as Unix commands do when all went well."""


class Deferred(View):
    """What the command comes to is not known yet, and shown when it is, behind the lines of `head`.

    So it is with one that lets a call go on which stood still: --json shows where it stands next, null at its end.
    """

    def __init__(self, head: Iterable[Line] = ()) -> None:
        self.head = list(head)

    def json(self) -> dict[str, Any]:
        return {"stopped": None}


class Text(View):
    """Lines of plain text, and an object for --json (by default the text)."""

    def __init__(self, lines: Iterable[str | Line], result: dict[str, Any] | None = None, status: int = 0) -> None:
        self._lines = [span(line) if isinstance(line, str) else line for line in lines]
        self._result = result
        self.status = status

    def json(self) -> dict[str, Any]:
        return {"text": self.text()} if self._result is None else self._result

    def lines(self, width: int | None = None) -> list[Line]:
        return self._lines


class Column(NamedTuple):
    """One column of a Table: its heading, the role of its cells, and whether they stand at its right edge.

    `spare`: the table can do without it where the screen is narrow; 1 goes first, 0 stays always.
    """

    heading: str
    role: str = ""
    right: bool = False
    spare: int = 0


LAST_COLUMN_MIN = 24  # characters below which the text of the last column is not worth folding


class Table(View):
    """Rows under headings.  `result` is what --json shows; `after` are lines to show below the table.

    On a screen that is too narrow the spare columns are left out, and the last one is folded by words.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        result: dict[str, Any],
        after: Sequence[str | Line] = (),
        status: int = 0,
    ) -> None:
        self.columns, self.rows, self._result, self.status = columns, rows, result, status
        self.after = [span(line, "comment") if isinstance(line, str) else line for line in after]

    def json(self) -> dict[str, Any]:
        return self._result

    def lines(self, width: int | None = None) -> list[Line]:
        if not self.rows:
            return self.after
        widths = [max([len(c.heading), *(len(row[i]) for row in self.rows)]) for i, c in enumerate(self.columns)]
        kept = self._kept(widths, width)
        lines = self._row([column.heading for column in self.columns], kept, widths, width, True)
        for row in self.rows:
            lines += self._row(row, kept, widths, width, False)
        left_out = [
            column.heading for i, column in enumerate(self.columns) if i not in kept and any(r[i] for r in self.rows)
        ]
        if any(left_out):
            lines.append(span(f"(on a wider screen also: {', '.join(filter(None, left_out))})", "dim"))
        return lines + self.after

    def _kept(self, widths: list[int], width: int | None) -> list[int]:
        """The columns for which there is room."""
        kept = list(range(len(self.columns)))
        empty = {i for i in kept if not any(row[i] for row in self.rows)}
        spare = sorted((i for i in kept if self.columns[i].spare), key=lambda i: self.columns[i].spare)
        for at in [*sorted(empty), *(i for i in spare if i not in empty)]:
            if width is not None and sum(widths[i] + 2 for i in kept) - 2 > width and len(kept) > 1:
                kept.remove(at)
        return kept

    def _row(
        self, row: Sequence[str], kept: list[int], widths: list[int], width: int | None, heading: bool
    ) -> list[Line]:
        line: Line = []
        for i in kept[:-1]:
            padded = row[i].rjust(widths[i]) if self.columns[i].right else row[i].ljust(widths[i])
            line.append((padded + "  ", "heading" if heading else self.columns[i].role))
        last = self.columns[kept[-1]]
        role = "heading" if heading else last.role
        indent = sum(widths[i] + 2 for i in kept[:-1])
        text = row[kept[-1]].rjust(widths[kept[-1]]) if last.right else row[kept[-1]]
        if width is None or len(text) <= width - indent or width - indent < LAST_COLUMN_MIN:
            return [trimmed([*line, (text, role)])]
        from textwrap import wrap

        first, *more = wrap(text, width - indent, break_long_words=False, break_on_hyphens=False) or [""]
        return [[*line, (first, role)], *[[(" " * indent, ""), (part, role)] for part in more]]


def trimmed(line: Line) -> Line:
    """The line without blanks at its end."""
    while line and not line[-1][0].strip():
        line.pop()
    if line:
        line[-1] = (line[-1][0].rstrip(), line[-1][1])
    return line


def labelled(label: str, text: str) -> list[Line]:
    """``  because: text``, further lines of the text aligned under the first; nothing for an empty text."""
    if not text:
        return []
    head = f"  {label}: "
    first, *more = show_lines(text)
    role = "hint" if label == "try" else ""
    return [[(head, "dim"), (first, role)], *[[(" " * len(head), ""), (line, role)] for line in more]]


def show_lines(text: str) -> list[str]:
    """The lines of a text, at least one."""
    return [show(line) for line in text.split("\n")]
