"""taint: the mask, the line of an oops, and what each letter means."""

from __future__ import annotations

import pytest

from kshell.kernel.report.taint import BITS, DETAILS, FLAGS
from tests.shell.lab import Lab


def test_a_fresh_kernel_is_not_tainted(lab: Lab) -> None:
    assert lab.text("taint").split("\n")[0] == "0  Not tainted"
    assert lab.json("taint") == {"mask": 0, "tainted": "Not tainted", "flags": [], "unknown_bits": []}


def test_each_letter_says_what_set_it(lab: Lab) -> None:
    lab.results("modprobe hello; modprobe proprietary")
    found = lab.json("taint")
    assert found["mask"] == 4097
    assert found["tainted"] == "Tainted: P           O     "
    assert [(flag["letter"], flag["bit"], flag["set"]) for flag in found["flags"]] == [("P", 0, True), ("O", 12, True)]
    assert found["flags"][0]["by"] == "module proprietary: license 'Proprietary'"
    assert found["flags"][1]["by"] == "module hello"
    assert "by module hello" in lab.text("taint")


def test_a_flag_stays_when_its_module_goes(lab: Lab) -> None:
    lab.results("modprobe hello; rmmod hello")
    assert lab.json("taint")["mask"] == 4096
    lab.result("boot")
    assert lab.json("taint")["mask"] == 0


def test_an_oops_is_a_reason_too(lab: Lab) -> None:
    lab.results("modprobe crash; syscall test_call 2")
    flags = {flag["letter"]: flag for flag in lab.json("taint")["flags"]}
    assert flags["D"]["by"].startswith("task kshell (pid ")


@pytest.mark.parametrize(("profile", "count"), [("4.19", 18), ("6.19", 20)])
def test_all_explains_every_flag_of_the_release(profile: str, count: int) -> None:
    lab = Lab(profile)
    lab.result("modprobe hello")
    lines = [line for line in lab.text("taint --all").split("\n") if "  bit " in line]
    assert len(lines) == count
    assert next(line for line in lines if line[0] == "*").startswith("* O  bit 12   4096  OOT_MODULE")
    assert {flag["letter"] for flag in lab.json("taint --all")["flags"] if flag["set"]} == {"O"}


def test_every_letter_has_an_explanation() -> None:
    assert set(DETAILS) == set(FLAGS)
    assert [BITS[letter] for letter in FLAGS] == list(range(20))


def test_a_number_is_decoded(shared: Lab) -> None:
    found = shared.json("taint 4609")
    assert found["tainted"] == "Tainted: P        W  O     "
    assert [flag["name"] for flag in found["flags"]] == ["PROPRIETARY_MODULE", "WARN", "OOT_MODULE"]
    assert shared.json("taint 0x1201") == found
    assert shared.json("taint 0")["tainted"] == "Not tainted"
    assert shared.json(f"taint {1 << 18}")["tainted"] == "Tainted: G" + " " * 17 + "N"
    assert shared.json(f"taint {1 << 40}")["unknown_bits"] == [40]


@pytest.mark.parametrize("line", ["taint -5", "taint many", "taint 1 2", "taint --all 5", f"taint {1 << 64}"])
def test_what_is_no_mask_is_refused_with_the_usage(shared: Lab, line: str) -> None:
    assert "its usage is: taint [--all]" in shared.error(line)["because"]
