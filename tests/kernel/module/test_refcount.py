"""module_put without a try_module_get: the first makes the count -1 in silence, and the second warns, as on Linux."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.lab import Lab

MODULE = """from kshell.linux import *

MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")


def handler(k: Kernel, n: int) -> Long:
    if n == 1:
        return try_module_get(k, THIS_MODULE)
    module_put(k, THIS_MODULE)
    return 0


def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
{puts}    return 0


def stop(k: Kernel) -> None:
    k[STUB_test_call] = None


module_init(start)
module_exit(stop)
"""


def loaded(tmp_path: Path, puts: int = 0) -> Lab:
    """A machine with the module, whose init puts so often."""
    lab, file = Lab(), tmp_path / "m.py"
    file.write_text(MODULE.format(puts="    module_put(k, THIS_MODULE)\n" * puts))
    assert lab.result(f"insmod {file}").status == 0
    return lab


def count(lab: Lab) -> int:
    return int(lab.json("lsmod")["modules"][0]["refcount"])


def warnings(lab: Lab) -> int:
    return sum(record["text"].startswith("WARNING: ") for record in lab.json("dmesg")["records"])


@pytest.mark.parametrize(
    ("calls", "answers", "left", "warned"),
    [
        ("0", [0], -1, 0),
        ("00", [0, 0], -1, 1),
        ("000", [0, 0, 0], -1, 2),
        ("01", [0, 0], -1, 0),  # atomic_inc_not_zero(): nobody holds it, so nobody gets it
        ("10", [1, 0], 0, 0),
        ("1100", [1, 1, 0, 0], 0, 0),
    ],
)
def test_the_count_begins_with_one_for_the_kernel(
    tmp_path: Path, calls: str, answers: list[int], left: int, warned: int
) -> None:
    lab = loaded(tmp_path)
    assert [lab.json(f"syscall test_call {n}")["calls"][0]["ret"] for n in calls] == answers
    assert (count(lab), warnings(lab)) == (left, warned)
    assert lab.text("cat /sys/module/m/refcnt") == str(left)


@pytest.mark.parametrize(("puts", "warned"), [(0, 0), (1, 0), (2, 1), (3, 2)])
def test_insmod_holds_a_module_while_its_init_runs_and_puts_it_then(tmp_path: Path, puts: int, warned: int) -> None:
    lab = loaded(tmp_path, puts)
    assert (count(lab), warnings(lab)) == (-1 if puts else 0, warned)


def test_a_module_with_a_count_of_minus_one_stays_and_the_reason_is_told(tmp_path: Path) -> None:
    lab = loaded(tmp_path)
    lab.json("syscall test_call 0")
    for line in ("rmmod m", "rmmod -f m"):
        assert "module_put() has run without a try_module_get()" in lab.error(line)["because"]
    assert count(lab) == -1
