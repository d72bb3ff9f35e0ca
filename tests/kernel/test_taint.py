"""Taint flags and the line that shows them."""

from __future__ import annotations

import pytest

from kshell.kernel.taint import Taint


def test_an_untainted_kernel_says_so() -> None:
    assert str(Taint()) == "Not tainted"
    assert Taint().words() == ""
    assert Taint().mask == 0


def test_each_flag_has_its_place() -> None:
    taint = Taint()
    assert taint.add("O")
    assert taint.add("D")
    assert not taint.add("D")
    assert str(taint) == "Tainted: G      D    O     "
    assert taint.words() == "Tainted: [D]=DIE, [O]=OOT_MODULE"
    assert taint.mask == 1 << 7 | 1 << 12
    taint.add("P")
    taint.add("L")
    assert str(taint) == "Tainted: P      D    O L   "


def test_there_is_no_other_flag() -> None:
    with pytest.raises(KeyError):
        Taint().add("Z")
