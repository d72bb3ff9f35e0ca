"""Taint flags and the line that shows them."""

from __future__ import annotations

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.report.taint import Taint, add_taint, tainted, words


def test_an_untainted_kernel_says_so() -> None:
    assert tainted(Taint()) == "Not tainted"
    assert words(Taint()) == ""
    assert Taint().mask == 0


def test_each_flag_has_its_place() -> None:
    taint = Taint()
    assert taint.add("O")
    assert taint.add("D")
    assert not taint.add("D")
    assert tainted(taint) == "Tainted: G      D    O     "
    assert words(taint) == "Tainted: [D]=DIE, [O]=OOT_MODULE"
    assert taint.mask == 1 << 7 | 1 << 12
    taint.add("P")
    taint.add("L")
    assert tainted(taint) == "Tainted: P      D    O L   "


def test_there_is_no_other_flag() -> None:
    with pytest.raises(KeyError):
        Taint().add("Z")


@pytest.mark.parametrize(("profile", "places"), [("4.19", 18), ("6.19", 20)])
def test_a_line_has_a_place_for_each_flag_of_the_release(profile: str, places: int) -> None:
    taint = boot(profile).taint
    taint.add("O")
    assert len(tainted(taint)) == len("Tainted: ") + places


def test_lock_debugging_is_given_up_once() -> None:
    k = boot("4.19")
    add_taint(k, "O")
    assert k.taint.debug_locks
    add_taint(k, "P", lockdep_still_ok=False)
    add_taint(k, "R", lockdep_still_ok=False)
    lines = [record.text for record in k.log.since(0)]
    assert lines.count("Disabling lock debugging due to kernel taint") == 1
