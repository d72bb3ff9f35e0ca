"""The Kernel object: pointers, notes, and that two of them never meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.shell.modules.insmod import insmod, rmmod
from tests.kernel.module_lab import TAIL, Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_pointer_starts_as_null_and_holds_what_is_stored(lab: Lab) -> None:
    stub = lab.address("STUB_test_call")
    assert lab.k.memory.load(stub) == 0
    lab.handler("def handler(k: Kernel, n: int) -> Long:\n    return n + 1\n")
    assert lab.k.memory.load(stub) == lab.address("handler")
    assert lab.result(335, 41) == lab.k.call_out(lab.address("handler"), 41) == 42
    rmmod(lab.k, "m")
    assert lab.k.memory.load(stub) == 0


def test_a_pointer_may_hold_any_number_and_another_pointers_value(lab: Lab) -> None:
    number, copy = "k[STUB_test_call] = Fn[[Int], Long](0xDEADBEEF)", "k[mine] = k[STUB_test_call]"
    lab.load(
        'mine: Stub[[int]] = Stub("mine")\n'
        f"def m_init(k: Kernel) -> int:\n    {number}\n    {copy}\n    return 0\nmodule_init(m_init)\n"
    )
    assert lab.k.memory.load(lab.address("STUB_test_call")) == 0xDEADBEEF
    assert lab.k.memory.load(lab.address("mine")) == 0xDEADBEEF


def test_notes_are_told_once_and_drained(lab: Lab) -> None:
    lab.k.note("a")
    lab.k.note("a")
    assert lab.k.take_notes() == ["a"]
    assert lab.k.take_notes() == []


def test_two_kernels_never_meet(tmp_path: Path) -> None:
    one, two = Lab(tmp_path), Lab(tmp_path)
    insmod(one.k, one.write("def handler(k: Kernel, n: int) -> Long:\n    return n\n" + TAIL))
    assert one.k.memory.load(one.address("STUB_test_call"))
    assert not two.k.memory.load(two.address("STUB_test_call"))
    assert not two.k.modules
    assert len(one.k.symbols) > len(two.k.symbols)


def test_the_state_of_each_number(lab: Lab) -> None:
    k = lab.k
    assert k.syscall_state(39) == "built"
    assert k.syscall_state(335) == "built"
    assert k.syscall_state(k.nr_syscalls - 1) == "built"
    assert k.syscall_state(k.nr_syscalls) == "unknown"
    assert k.syscall_state(-1) == "unknown"
    assert k.syscall_state(512) == "x32"
    states = {k.syscall_state(nr) for nr in range(k.nr_syscalls)}
    assert states <= {"built", "not built", "hole"}
