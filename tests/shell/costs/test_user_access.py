"""`cost uaccess`: the lecture's table of costs, counted here."""

from __future__ import annotations

from math import log2
from typing import Any

import pytest

from kshell.shell.costs.cost_view import CostView
from kshell.shell.costs.counted_areas import CountedAreas
from kshell.shell.costs.user_access import COUNTS, POINTERS, Cost, Measured
from kshell.shell.views.view import plain
from tests.shell.lab import Lab


@pytest.fixture(scope="module", params=["course", "6.19"])
def measured(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    lab = Lab(request.param)
    k = lab.session.kernel
    before = (k.clock.ns, len(k.shell_task.mm.vmas), k.log.written)
    result = lab.json("cost uaccess")
    assert lab.session.kernel is k
    assert (k.clock.ns, len(k.shell_task.mm.vmas), k.log.written) == before
    assert result["release"] == k.release
    rows: list[dict[str, Any]] = result["rows"]
    assert [row["mapped"] for row in rows] == [count for count in COUNTS for _ in range(2)]
    return rows


def test_a_check_searches_the_areas_by_halves_whatever_the_pointer_is_worth(measured: list[dict[str, Any]]) -> None:
    for row in measured:
        assert row["areas"] > row["mapped"]
        each = row["check"]["comparisons"] / POINTERS
        assert log2(row["areas"]) <= each <= log2(row["areas"]) + 2
        assert (row["check"]["faults"], row["check"]["rows"], row["check"]["ns"]) == (0, 0, 0)


def test_a_valid_pointer_that_is_just_used_costs_nothing(measured: list[dict[str, Any]]) -> None:
    for row in measured[::2]:
        assert row["pointer"] == "valid"
        assert row["use"] == {"comparisons": 0, "faults": 0, "rows": 0, "ns": 0}


def test_an_invalid_one_costs_a_fault_and_a_search_of_a_table_that_does_not_grow(
    measured: list[dict[str, Any]],
) -> None:
    uses = [row["use"] for row in measured[1::2]]
    assert all(row["pointer"] == "invalid" for row in measured[1::2])
    assert all(use["faults"] >= POINTERS and use["ns"] > 0 for use in uses)
    assert len({use["rows"] for use in uses}) == 1
    assert uses[0]["rows"] >= POINTERS
    assert [use["comparisons"] for use in uses] == sorted(use["comparisons"] for use in uses)


def test_the_counted_areas_find_what_the_areas_find() -> None:
    mm = Lab().session.kernel.shell_task.mm
    counted = CountedAreas(mm.vmas)
    for vma in mm.vmas:
        for address in (vma.start - 1, vma.start, vma.end - 1, vma.end):
            ours, theirs = counted.find(address), mm.vmas.find(address)
            assert (ours and (ours.start, ours.end)) == (theirs and (theirs.start, theirs.end))
    assert counted.comparisons > 0


@pytest.mark.parametrize("width", [20, 28, 36, 80, 160, None])
def test_the_plot_fits_and_its_bars_are_as_long_as_the_numbers(width: int | None) -> None:
    check, fault = Cost(comparisons=8 * POINTERS), Cost(comparisons=4 * POINTERS, faults=POINTERS, rows=4 * POINTERS)
    view = CostView("4.19", [Measured(10, 13, True, check, Cost()), Measured(10, 13, False, check, fault)])
    lines = [plain(line) for line in view.lines(width)]
    bars = [line for line in lines if "check " in line or "use   " in line][-4:]
    longest = bars[0].count("#")
    assert longest >= 8
    assert [(line.count("#"), line.count("=")) for line in bars[1:]] == [
        (0, 0),
        (longest, 0),
        (longest // 2, longest // 2),
    ]
    assert width is None or all(len(line) <= width for line in bars)
    if width is not None and width >= 80:
        assert all(len(line) <= width for line in lines)


def test_it_says_what_it_can_measure() -> None:
    lab = Lab()
    assert "of what?" in str(lab.result("cost").error)
    assert "lunch cannot be measured" in str(lab.result("cost lunch").error)
