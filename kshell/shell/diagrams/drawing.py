"""A sequence as text: lanes side by side where they have room, else a list.

On a wide screen each label stands over its arrow; on a narrower one the lanes stand close, and the labels beside them.
"""

from __future__ import annotations

from kshell.shell.diagrams.canvas import Canvas
from kshell.shell.diagrams.glyphs import Glyphs
from kshell.shell.diagrams.sequence import CALL, CROSS, LOG, NOTE, RETURN, USER, Lane, Message, Sequence
from kshell.shell.views.view import Line, span
from kshell.shell.views.wrapping import columns, folded

PIPE_WIDTH = 120  # where no terminal sets a width
WIDE_GAP, WIDEST_GAP = 12, 24  # columns between two boxes, for labels over the arrows
BESIDE, LEAST_BESIDE = 30, 20  # columns for the labels at the right: good, and the fewest
MOST_ROOM = 3  # blanks between two titles, where the labels stand beside


def draw(sequence: Sequence, width: int | None, glyphs: Glyphs) -> list[Line]:
    """The lines of the diagram, none wider than that if the width is at least 20."""
    width = width or PIPE_WIDTH
    if not sequence.messages:
        return []
    return _over(sequence, width, glyphs) or _beside(sequence, width, glyphs) or _listed(sequence, width)


def role_of(message: Message) -> str:
    """The role of a label."""
    if message.failed:
        return "error" if message.kind == CROSS else "errno"
    if message.target == LOG:
        return "comment"
    return "instruction" if message.kind == NOTE and message.source == USER else ""


def _centers(lanes: list[Lane], gap: int, margin: int) -> dict[str, int]:
    """The column of each lane's line; a title takes its length and twice the margin."""
    found, at = {}, 0
    for lane in lanes:
        size = columns(lane.title) + 2 * margin
        found[lane.name] = at + size // 2
        at += size + gap
    return found


def _total(lanes: list[Lane], gap: int, margin: int) -> int:
    return sum(columns(lane.title) + 2 * margin for lane in lanes) + gap * (len(lanes) - 1)


def _over(sequence: Sequence, width: int, glyphs: Glyphs) -> list[Line]:
    """With the labels over the arrows; nothing where they have no room there."""
    lanes = sequence.lanes
    gap = min((width - _total(lanes, 0, 2)) // max(len(lanes) - 1, 1), WIDEST_GAP)
    centers = _centers(lanes, gap, 2)
    starts = [_start(message, centers, width) for message in sequence.messages]
    if gap < WIDE_GAP or min(starts) < 0:
        return []
    canvas = Canvas(lanes, centers, width, glyphs)
    canvas.rings()
    canvas.boxes()
    for message, start in zip(sequence.messages, starts, strict=True):
        row, label = canvas.row(), message.label + " "
        if message.source == message.target:
            canvas.mark(row, message)
        else:
            canvas.arrow(canvas.row(), message)
        row.put(start, label, role_of(message))
    return canvas.lines()


def _start(message: Message, centers: dict[str, int], width: int) -> int:
    """The column where the label begins: at the right of the left lane, further left if it needs that room; negative
    where it has none."""
    length, left = columns(message.label), min(centers[message.source], centers[message.target])
    if left + 2 + length <= width:
        return left + 2
    return width - length if message.source != message.target else left - 2 - length


def _beside(sequence: Sequence, width: int, glyphs: Glyphs) -> list[Line]:
    """With the labels to the right of all lanes; nothing where they have no room there."""
    lanes = sequence.lanes
    gaps = range(MOST_ROOM, 0, -1)
    gap = next((gap for gap in gaps if width - _total(lanes, gap, 0) - 2 >= BESIDE), 1)
    at = _total(lanes, gap, 0) + 2
    if width - at < LEAST_BESIDE:
        return []
    canvas = Canvas(lanes, _centers(lanes, gap, 0), width, glyphs)
    canvas.rings()
    canvas.titles()
    for message in sequence.messages:
        role = role_of(message)
        first, *rest = folded(message.label, width - at)
        row = canvas.row()
        if message.source == message.target:
            canvas.mark(row, message)
        else:
            canvas.arrow(row, message)
        row.put(at, first, role)
        for text in rest:
            canvas.row().put(at, text, role)
    return canvas.lines()


def _listed(sequence: Sequence, width: int) -> list[Line]:
    """A message a line, in words."""
    titles = {lane.name: lane.title for lane in sequence.lanes}
    lines: list[Line] = []
    for ring in (3, 0):
        inside = [lane.title for lane in sequence.lanes if lane.ring == ring]
        if inside:
            lines += [span(text, f"ring{ring}") for text in folded(f"ring {ring}: {', '.join(inside)}", width)]
    arrows = {CALL: "->", RETURN: "-->"}
    for message in sequence.messages:
        head = titles[message.source]
        if message.source != message.target:
            head += f" {arrows[message.kind]} {titles[message.target]}"
        text = f"{head}: {'X ' if message.kind == CROSS else ''}{message.label}"
        lines += [span(part, role_of(message)) for part in folded(text, width, "  ")]
    return lines
