"""Breakpoints in the init functions of files that a tree builds in: they run while the kernel boots."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.shell.debugger.debug_lab import debug, debug_json
from tests.shell.lab import Lab, screen

LATE = """\
from kshell.linux import *
LIMIT = 3
def step(k: Kernel, n: Int) -> Int:
    return 6 // (LIMIT - n)
def late_init(k: Kernel) -> int:
    total = 0
    for i in range(LIMIT):
        total += step(k, i)
    k.printk(KERN_INFO, f"late: {total}")
    return 0
module_init(late_init)
"""
FRAMES = [
    "#0  step (n=0) at drivers/late.py:4",
    "#1  in late_init () at drivers/late.py:8",
    "#2  in do_one_initcall ()",
]


@pytest.fixture(autouse=True)
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    screen("tree new t")
    Path("t/drivers").mkdir()
    Path("t/drivers/late.py").write_text(LATE, encoding="utf-8")
    Path("t/drivers/Makefile").write_text("obj-y := late.o\n", encoding="utf-8")
    makefile = Path("t/Makefile").read_text(encoding="utf-8")
    Path("t/Makefile").write_text(makefile.replace("kernel/ mm/ fs/", "kernel/ mm/ fs/ drivers/", 1), encoding="utf-8")


MAKE = "make -C t; make -C t install"


@pytest.mark.parametrize(
    "place", ["late.py:step", "drivers/late.py:step", "t/drivers/late.py:step", "t/drivers/late.py:4"]
)
def test_the_boot_stops_in_an_init_function_and_goes_on(place: str) -> None:
    shown = debug(MAKE, f"break {place}", "boot t", "bt", "print n", "finish", "delete", "continue", "dmesg -n 2")
    stop = shown.index("Breakpoint 1, step (n=0) at drivers/late.py:4")
    assert shown[stop + 1] == "4\t    return 6 // (LIMIT - n)"
    assert [re.sub(r"0x\w+ in", "in", line) for line in shown[stop + 2 : stop + 5]] == FRAMES
    assert "Value returned is $2 = 2" in shown
    assert any(line.startswith("booted 4.19.1-test #1") for line in shown)
    assert shown[-2].endswith("late: 11")


def test_a_boot_comes_out_the_same_however_it_is_stepped() -> None:
    plain = debug(MAKE, "boot t", "dmesg")
    stepped = debug(MAKE.split("; ")[1], "break late.py:late_init", "boot t", "step 5", "stepi 3", "quit", "dmesg")
    booted = [next(at for at, line in enumerate(each) if line.startswith("booted ")) for each in (plain, stepped)]
    assert plain[booted[0] :] == stepped[booted[1] :]


def test_a_kernel_that_panics_while_it_is_debugged_is_gone_and_the_breakpoint_stays() -> None:
    Path("t/drivers/late.py").write_text(LATE.replace("range(LIMIT)", "range(4)"), encoding="utf-8")
    lab = Lab()
    lab.results(f"{MAKE}; break late.py:step")
    result = lab.result("boot t; continue; continue; continue; continue")
    assert result.error is not None
    assert result.error["what"].startswith("Kernel panic")
    assert "late.py:4: an integer was divided by zero" in result.error["because"]
    text = result.view.text()
    assert text.index("divide error: 0000 [#1]") < text.index("RIP: 0010:step+") < text.index("do_one_initcall+0x6/0x8")
    assert " (late.py:4)" in text
    assert " late_init+" in text
    assert lab.json("info breakpoints")["breakpoints"][0]["hits"] == 4
    assert lab.ret("getpid") > 0


def test_json_has_an_object_for_the_stop_and_one_for_the_boot() -> None:
    *_, stop, go_on, boot = debug_json(MAKE, "break late.py:late_init", "boot t", "continue")
    assert stop["result"]["stopped"]["function"] == "late_init"
    assert go_on["result"] == {"stopped": None}
    assert boot["result"]["release"] == "4.19.1-test"


def test_a_file_that_is_in_no_tree_is_told() -> None:
    lab = Lab()
    lab.results(MAKE)
    assert lab.error("break nope.py:step")["what"] == "No source file named nope.py."


def test_a_source_is_known_by_its_path_in_its_tree_before_the_tree_was_named() -> None:
    screen(*MAKE.split("; "))
    shown = debug("break t/drivers/late.py:late_init", "boot t", "continue")
    assert shown[0] == "Breakpoint 1 (drivers/late.py:late_init) pending."
    assert "Breakpoint 1, late_init () at drivers/late.py:6" in shown
