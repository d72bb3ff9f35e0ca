"""The paper of a diagram: rows of characters, each with a role, that begin as the lines under the lanes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from kshell.shell.diagrams.glyphs import Glyphs
from kshell.shell.diagrams.sequence import CROSS, RETURN, Lane, Message
from kshell.shell.views.view import Line
from kshell.shell.views.wrapping import columns


class Row:
    """One row, so many columns wide; what is put beyond its end is left out."""

    def __init__(self, width: int) -> None:
        self._cells: list[tuple[str, str]] = [(" ", "")] * width

    def put(self, at: int, text: str, role: str = "") -> None:
        """Write a text, each character in as many cells as it takes columns; a combining one goes to that before it."""
        for c in text:
            size = columns(c)
            if at + size > len(self._cells):
                break
            if size:
                self._cells[at : at + size] = [(c, role), *[("", role)] * (size - 1)]
            elif at:
                self._cells[at - 1] = self._cells[at - 1][0] + c, role
            at += size

    def line(self) -> Line:
        """Its pieces, without blanks at the end."""
        cells = list(self._cells)
        while cells and cells[-1][0] == " ":
            cells.pop()
        return [("".join(c for c, _ in group), role) for role, group in groupby(cells, lambda cell: cell[1])]


class Canvas:
    """Rows under one another; `centers` has the column of each lane's line."""

    def __init__(self, lanes: Sequence[Lane], centers: dict[str, int], width: int, glyphs: Glyphs) -> None:
        self._lanes, self._centers, self._width, self._glyphs = lanes, centers, width, glyphs
        self._rows: list[Row] = []

    def lines(self) -> list[Line]:
        """All that was drawn."""
        return [row.line() for row in self._rows]

    def _blank(self) -> Row:
        self._rows.append(Row(self._width))
        return self._rows[-1]

    def row(self) -> Row:
        """A new row, with the line of every lane."""
        row = self._blank()
        for lane in self._lanes:
            row.put(self._centers[lane.name], self._glyphs.wall if lane.ring is None else self._glyphs.life, "dim")
        return row

    def _left(self, lane: Lane, margin: int = 0) -> int:
        return self._centers[lane.name] - (columns(lane.title) + 2 * margin) // 2

    def rings(self) -> None:
        """Which lanes are in which ring, over them."""
        row = self._blank()
        for ring in (3, 0):
            inside = [lane for lane in self._lanes if lane.ring == ring]
            if inside:
                end = self._left(inside[-1]) + columns(inside[-1].title)
                start = self._left(inside[0])
                row.put(start, f" ring {ring} ".center(end - start, self._glyphs.line).strip(), f"ring{ring}")

    def titles(self) -> None:
        """The names of the lanes."""
        row = self._blank()
        for lane in self._lanes:
            row.put(self._left(lane), lane.title, _role(lane))

    def boxes(self) -> None:
        """The names of the lanes in boxes, from which their lines hang."""
        glyphs = self._glyphs
        top, middle, bottom = self._blank(), self._blank(), self._blank()
        for lane in self._lanes:
            at, size, role = self._left(lane, 2), columns(lane.title) + 2, _role(lane)
            top.put(at, glyphs.top[0] + glyphs.line * size + glyphs.top[1], role)
            middle.put(at, f"{glyphs.life} {lane.title} {glyphs.life}", role)
            bottom.put(at, glyphs.bottom[0] + glyphs.line * size + glyphs.bottom[1], role)
            bottom.put(self._centers[lane.name], glyphs.wall_tee if lane.ring is None else glyphs.tee, role)

    def arrow(self, row: Row, message: Message) -> None:
        """From lane to lane, over the lines between them; a return is dashed."""
        source, target = self._centers[message.source], self._centers[message.target]
        glyphs = self._glyphs
        shaft = glyphs.dash if message.kind == RETURN else glyphs.line
        role = "errno" if message.failed else ""
        low, high = sorted((source, target))
        row.put(low + 1, shaft * (high - low - 1), role)
        if source < target:
            row.put(target - 1, glyphs.right, role)
        else:
            row.put(target + 1, glyphs.left, role)

    def mark(self, row: Row, message: Message) -> None:
        """Something happens in a lane, or a path ends there."""
        glyph = self._glyphs.cross if message.kind == CROSS else self._glyphs.note
        row.put(self._centers[message.source], glyph, "error" if message.kind == CROSS and message.failed else "name")


def _role(lane: Lane) -> str:
    return "name" if lane.ring is None else f"ring{lane.ring}"
