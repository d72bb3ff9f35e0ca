"""faults: each cell of the table is what happened."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shell.lab import Lab


def cases(lab: Lab) -> dict[str, dict[str, Any]]:
    return {case["tried"]: case for case in lab.json("faults")["cases"]}


@pytest.mark.parametrize(("release", "smap"), [("course", True), ("6.19", True), ("course nosmap", False)])
def test_each_case_comes_to_what_linux_makes_of_it(lab: Lab, release: str, smap: bool) -> None:
    lab.json(f"boot {release}")
    found = cases(lab)
    causes = {tried: [fault["cause"] for fault in case["faults"]] for tried, case in found.items()}
    ends = {tried: case["signal"]["code"] if case["signal"] else case["errno"] for tried, case in found.items()}
    assert causes["a load from a page that nobody has touched"] == ["zero_page"]
    assert causes["a store to such a page"] == causes["a system call stores there"] == ["demand_zero"]
    assert ends["a load where nothing is mapped"] == ends["a load from the kernel's data"] == "SEGV_MAPERR"
    assert ends["a store to a page for reading"] == "SEGV_ACCERR"
    assert ends["a load from no address at all"] == "SI_KERNEL"
    assert ends["the same, with a pointer into the kernel"] == "EFAULT"
    fixups = [tried for tried, case in found.items() if case["fixup"]]
    assert fixups == ["the same, where nothing is mapped"]
    by_module = found["a module reads there by a plain load"]
    assert (by_module["oops"] is not None) == smap
    assert causes["a module reads there by a plain load"] == ([] if smap else ["zero_page"])
    assert found["a module reads the kernel's data"]["oops"] is None
    assert found["a module reads where the kernel has nothing"]["oops"] is not None


def test_an_error_code_says_who_and_what_and_whether_the_page_was_there(lab: Lab) -> None:
    codes = {tried: [f["error_code"] for f in case["faults"]] for tried, case in cases(lab).items()}
    assert codes["a load where nothing is mapped"] == [4]
    assert codes["a store to such a page"] == [6]
    assert codes["a load from the kernel's data"] == [5]
    assert codes["a system call stores there"] == [2]


def test_the_machine_stays_as_it_is(lab: Lab) -> None:
    before = lab.json("vmmap"), lab.json("lsmod"), lab.session.kernel.clock.ns, lab.session.kernel.oopses
    lab.json("faults")
    assert (lab.json("vmmap"), lab.json("lsmod"), lab.session.kernel.clock.ns, lab.session.kernel.oopses) == before


def test_it_takes_no_arguments(lab: Lab) -> None:
    assert lab.error("faults 1")["what"] == "faults: it takes no arguments"
