"""What `cost uaccess` shows: a table of what was counted, and the same as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kshell.shell.costs.user_access import POINTERS, Cost, Measured
from kshell.shell.views.view import Column, Line, Table, View, span
from kshell.shell.views.wrapping import wrapped

COLUMNS = (
    Column("areas", "number", right=True),
    Column("pointer"),
    Column("check: compared", "number", right=True),
    Column("use: faults", "number", right=True),
    Column("compared", "number", right=True),
    Column("rows", "number", right=True),
    Column("ns", "number", right=True, spare=1),
)
LEGEND = (
    f"Averages of {POINTERS} pointers; check: the areas are searched for the pointer before it is used; compared is "
    "how often an address was. use: a system call just uses it; a bad one faults, the areas are searched then, and "
    "the exception table, row by row. ns is the time of that on the machine's clock, which moves at traps alone."
)
TWICE = " This release's copy tries the byte at which it faulted once more: two faults a pointer."
KINDS = {True: "valid", False: "invalid"}
LABEL, WIDEST, NARROWEST = 23, 80, 8  # columns before a bar, of a line of the plot, and of a bar at least
SHORT_LABEL, AVERAGE = 6, len(" 00.0")  # where the number of areas has a line of its own; behind a bar


class CostView(View):
    """The rows, smallest number of areas first."""

    def __init__(self, release: str, rows: Sequence[Measured]) -> None:
        self.release, self.rows = release, rows

    def json(self) -> dict[str, Any]:
        found = [
            {
                "mapped": row.mapped,
                "areas": row.areas,
                "pointer": KINDS[row.valid],
                "check": row.check._asdict(),
                "use": row.use._asdict(),
            }
            for row in self.rows
        ]
        return {"release": self.release, "pointers": POINTERS, "rows": found}

    def lines(self, width: int | None = None) -> list[Line]:
        table = Table(COLUMNS, [_cells(row) for row in self.rows], {})
        room = width or WIDEST
        retried = any(row.use.faults > POINTERS for row in self.rows)
        legend = wrapped([(LEGEND + (TWICE if retried else ""), "comment")], room)
        return [*table.lines(width), [], *legend, *self._plot(room)]

    def _plot(self, room: int) -> list[Line]:
        most = max(cost.comparisons + cost.rows for row in self.rows for cost in (row.check, row.use))
        is_narrow = room < LABEL + NARROWEST + AVERAGE
        label = SHORT_LABEL if is_narrow else LABEL
        scale = max(min(room, WIDEST) - label - AVERAGE, NARROWEST) / most
        found: list[Line] = []
        for valid in (True, False):
            found += [[], *wrapped([(f"{KINDS[valid]} pointers: # areas compared, = rows looked at", "heading")], room)]
            for row in self.rows:
                if row.valid == valid:
                    found += _bars(row, scale, is_narrow)
        return found


def _cells(row: Measured) -> list[str]:
    check, use = row.check, row.use
    numbers = (check.comparisons, use.faults, use.comparisons, use.rows, use.ns)
    return [f"{row.areas:,}", KINDS[row.valid], *map(_average, numbers)]


def _bars(row: Measured, scale: float, is_narrow: bool) -> list[Line]:
    """The two ways with one number of areas, which stands above them or before the first."""
    areas = f"{row.areas:>7,} areas"
    if is_narrow:
        return [span(areas.strip()), _bar("check ", row.check, scale), _bar("use   ", row.use, scale)]
    return [_bar(f"{areas:<15}check   ", row.check, scale), _bar(f"{'':<15}use     ", row.use, scale)]


def _bar(label: str, cost: Cost, scale: float) -> Line:
    compared, rows = round(cost.comparisons * scale), round(cost.rows * scale)
    average = _average(cost.comparisons + cost.rows)
    return [
        *span(label),
        ("#" * compared, "number"),
        ("=" * rows, "address"),
        (f" {average}", "dim"),
    ]


def _average(total: int) -> str:
    return f"{total / POINTERS:,.1f}".removesuffix(".0")
