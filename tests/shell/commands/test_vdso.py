"""vdso: what is in the vDSO, and what a call of it costs."""

from __future__ import annotations

import pytest

from tests.shell.lab import Lab


def test_vdso_shows_the_areas_and_the_functions() -> None:
    text = Lab("6.19").text("vdso").splitlines()
    assert text[0].startswith("0x7ffff7ff7000-0x7ffff7ffb000 r--  [vvar] ")
    assert text[2].startswith("0x7ffff7ffd000-0x7ffff7fff000 r-x  [vdso] ")
    assert "0x7ffff7ffd7e0    20  __vdso_time" in text
    found = Lab("course").json("vdso")
    assert [area["name"] for area in found["areas"]] == ["[vvar]", "[vdso]"]
    assert {"name": "getcpu", "address": "0x7ffff7ffd860", "size": 44} in found["symbols"]


@pytest.mark.parametrize("name", ["clock_gettime", "gettimeofday", "time", "getcpu", "clock_getres"])
def test_a_call_of_it_enters_no_kernel_and_takes_no_time(name: str) -> None:
    own, call = Lab("6.19").json(f"vdso {name}")["compared"]
    assert (own["name"], own["calls"], own["traps"], own["ns"]) == (f"__vdso_{name}", 100, 0, 0)
    assert (call["name"], call["calls"], call["traps"], call["ns"]) == (name, 100, 100, 12_000)
    assert own["instructions"] > call["instructions"] > 300


def test_getrandom_enters_the_kernel_either_way() -> None:
    assert [each["traps"] for each in Lab("6.19").json("vdso getrandom")["compared"]] == [100, 100]


def test_the_code_of_a_function_is_that_in_memory(lab: Lab) -> None:
    rows = lab.json("vdso __vdso_getcpu")["rows"]
    assert [row["text"] for row in rows[:2]] == ["mov eax, 0x7b", "lsl eax, eax"]
    assert (rows[-1]["text"], rows[0]["address"]) == ("ret", "0x7ffff7ffd860")
    assert "__vdso_getcpu                        0       0" in lab.text("vdso getcpu")


def test_a_program_that_has_ended_is_not_looked_at(lab: Lab) -> None:
    before = lab.json("vdso time")["rows"]
    lab.json("run --hex cc")
    assert lab.json("vdso time")["rows"] == before


def test_what_is_no_function_of_it_is_refused(lab: Lab) -> None:
    error = lab.error("vdso getrandom")
    assert error["what"] == "vdso: getrandom is no function of the vDSO"
    assert error["because"] == "that of course has gettimeofday, time, clock_gettime, getcpu"
    assert lab.error("vdso time getcpu")["what"] == "vdso: one function at a time"


def test_it_can_be_taken_back(lab: Lab) -> None:
    before = lab.text("vdso")
    lab.json("vdso time")
    lab.json("back")
    assert lab.text("vdso") == before
