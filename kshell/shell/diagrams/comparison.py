"""Two runs beside each other: their hops, with a sign where they differ, and the difference in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Any, NamedTuple

from kshell.kernel.trace.event import Event
from kshell.shell.calls.hops import words
from kshell.shell.diagrams.alignment import Pair, align
from kshell.shell.diagrams.differences import Run, differences
from kshell.shell.views.view import Line, View, show, span, trimmed
from kshell.shell.views.wrapping import folded, padded

SIDE_BY_SIDE = 120  # columns from which both are in one line; as many are taken where no terminal sets a width
STEP = 10  # columns for the name of a step
ALIKE = 2  # hops before and after a difference that are shown though they are the same
MOST_ALONE = 12  # hops that one of them has more, one after the other, that are shown: the report of an oops is longer
MOST_HOPS = 1_000  # of each run that are compared
SAME, BOTH, ONLY_A, ONLY_B = " ", "|", "<", ">"
ALONE = {ONLY_A: "A", ONLY_B: "B"}
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
_NOTED = ("arguments", "changed", "registers")  # whose note says what happened


class Row(NamedTuple):
    """Two hops beside each other, each with its step, and the sign that says how they differ."""

    mark: str
    a: str
    b: str


class ComparedView(View):
    """What --compare shows of two runs, A and B."""

    def __init__(self, a: Run, b: Run) -> None:
        self._a, self._b = a, b
        ours, theirs = a.events[:MOST_HOPS], b.events[:MOST_HOPS]
        self.pairs = align(ours, theirs)
        said = [_said(a, each) for each in ours], [_said(b, each) for each in theirs]
        self.rows = [_row(pair, *said) for pair in self.pairs]
        beside = [(ours[p.a], theirs[p.b]) for p in self.pairs if p.a is not None and p.b is not None]
        self.says = [*self._first_difference(), *differences(a, b, beside)]

    def _first_difference(self) -> Iterator[str]:
        differ = sum(row.mark != SAME for row in self.rows)
        if not differ:
            yield f"Both go the same way: {len(self.rows)} hops."
        else:
            yield f"{differ} of {len(self.rows)} hops differ."
        longest = max(len(self._a.events), len(self._b.events))
        if longest > MOST_HOPS:
            yield f"Only the first {MOST_HOPS:,} hops were compared, of up to {longest:,}."

    def json(self) -> dict[str, Any]:
        pairs = [pair._asdict() | {"same": row.mark == SAME} for pair, row in zip(self.pairs, self.rows, strict=True)]
        sides = {
            name: {"line": run.line, "kernel": run.kernel.release, "result": run.view.json()}
            for name, run in (("a", self._a), ("b", self._b))
        }
        return {"compared": {**sides, "pairs": pairs, "says": self.says}}

    def lines(self, width: int | None = None) -> list[Line]:
        width = width or SIDE_BY_SIDE
        releases = self._a.kernel.release, self._b.kernel.release
        named = [f"  ({release})" if releases[0] != releases[1] else "" for release in releases]
        heads = [f"A: {show(self._a.line)}{named[0]}", f"B: {show(self._b.line)}{named[1]}"]
        layout = _side_by_side if width >= SIDE_BY_SIDE else _stacked
        said = [span(text, "name") for each in self.says for text in folded(each, width)]
        return [*layout(heads, self.rows, width), *said]


def _said(run: Run, event: Event) -> str:
    """A hop without the address that stands at the right of a trace."""
    left, _, note = words(event, run.kernel.image.tree).partition("\t")
    text = f"{left}  {note}" if event.what in _NOTED and note else left
    return show(f"{event.step:<{STEP}}{text or 'back in ring 3'}")


def _row(pair: Pair, ours: Sequence[str], theirs: Sequence[str]) -> Row:
    """Hops are the same if they say the same, whatever the addresses are in them."""
    if pair.b is None:
        return Row(ONLY_A, "" if pair.a is None else ours[pair.a], "")
    if pair.a is None:
        return Row(ONLY_B, "", theirs[pair.b])
    a, b = ours[pair.a], theirs[pair.b]
    return Row(SAME if _ADDRESS.sub("", a) == _ADDRESS.sub("", b) else BOTH, a, b)


def _parts(rows: Sequence[Row]) -> Iterator[Row | str]:
    """The rows, and in the place of those of a long run that are not shown how many they are."""
    groups = [list(group) for _, group in groupby(rows, lambda row: row.mark)]
    for group in groups:
        mark, length = group[0].mark, len(group)
        if mark == SAME and len(groups) > 1 and length > 2 * ALIKE + 1:
            yield from group[:ALIKE]
            yield f"{length - 2 * ALIKE} hops, the same in both"
            yield from group[-ALIKE:]
        elif mark in ALONE and length > MOST_ALONE:
            yield from group[:MOST_ALONE]
            yield f"{length - MOST_ALONE} more hops in {ALONE[mark]} alone"
        else:
            yield from group


def _left_out(text: str, width: int) -> list[Line]:
    return [span(part, "dim") for part in folded(f"  ... {text}", width, "  ")]


def _side_by_side(heads: Sequence[str], rows: Sequence[Row], width: int) -> list[Line]:
    """A at the left, B at the right, and the sign between them."""
    column = (width - 3) // 2
    lines = _folded(Row(" ", *heads), column, "name")
    for part in _parts(rows):
        lines += _left_out(part, width) if isinstance(part, str) else _folded(part, column, "")
    return lines


def _folded(row: Row, column: int, role: str) -> list[Line]:
    role = role or ("" if row.mark == SAME else "note")
    cells = zip_longest(*(_wrapped(text, column) for text in (row.a, row.b)), fillvalue="")
    lines: list[Line] = []
    for left, right in cells:
        mark = SAME if lines else row.mark
        lines.append(trimmed([(padded(left, column), role), (f" {mark} ", "name"), (right, role)]))
    return lines


def _wrapped(text: str, column: int) -> list[str]:
    return folded(text, column, " " * min(STEP + 2, column // 2)) if text else []


def _stacked(heads: Sequence[str], rows: Sequence[Row], width: int) -> list[Line]:
    """One under the other; what differs has A's line and then B's, each with its sign."""
    lines: list[Line] = [span(part, "name") for head in heads for part in folded(head, width)]
    for part in _parts(rows):
        if isinstance(part, str):
            lines += _left_out(part, width)
        elif part.mark == SAME:
            lines += _signed("   ", part.a, width, "")
        else:
            both = BOTH if part.mark == BOTH else " "
            lines += _signed(f"{both}{ONLY_A} ", part.a, width, "note") + _signed(
                f"{both}{ONLY_B} ", part.b, width, "note"
            )
    return lines


def _signed(sign: str, text: str, width: int, role: str) -> list[Line]:
    parts = _wrapped(text, width - len(sign))
    return [[(sign if not at else " " * len(sign), "name"), (part, role)] for at, part in enumerate(parts)]
