"""What a diagram is drawn with: box-drawing characters, or ASCII where those cannot be shown or are not wanted."""

from __future__ import annotations

from typing import NamedTuple


class Glyphs(NamedTuple):
    """`life` is the line under a lane, `wall` that of the CPU, between the rings; `dash` is one step of a return."""

    life: str
    wall: str
    line: str
    dash: str
    right: str
    left: str
    note: str
    cross: str
    top: tuple[str, str]  # corners of a box
    bottom: tuple[str, str]
    tee: str  # where the life line leaves the box
    wall_tee: str


BOXES = Glyphs("│", "║", "─", "╌", "▶", "◀", "●", "✗", ("┌", "┐"), ("└", "┘"), "┬", "╥")
ASCII = Glyphs("|", "#", "-", ".", ">", "<", "o", "X", ("+", "+"), ("+", "+"), "+", "#")
