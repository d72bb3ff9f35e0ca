"""The Kernel object: pointers, notes, and that two of them never meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.core.pointers import FunctionPointer, InvalidOpcode, KernelBug
from kshell.kernel.syscalls.test_call import STUB_test_call
from kshell.shell.modules.insmod import insmod
from tests.kernel.module_lab import TAIL, Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_pointer_starts_as_null_and_holds_what_is_stored(lab: Lab) -> None:
    k = lab.k
    module = lab.load("def f(k, n):\n    return n + 1\n")
    f = module.namespace["f"]
    assert k[STUB_test_call] is None
    k[STUB_test_call] = f
    pointer = k[STUB_test_call]
    assert isinstance(pointer, FunctionPointer)
    assert pointer.address == module.address + 0x10 == k.memory.load(k.stub_address(STUB_test_call))
    assert pointer == f
    assert pointer(k, 41) == 42
    k[STUB_test_call] = None
    assert k[STUB_test_call] is None


def test_a_pointer_may_hold_any_number_and_another_pointers_value(lab: Lab) -> None:
    k = lab.k
    k[STUB_test_call] = 0xDEADBEEF
    k[STUB_test_call] = k[STUB_test_call]
    assert k.memory.load(k.stub_address(STUB_test_call)) == 0xDEADBEEF
    assert repr(k[STUB_test_call]) == "<STUB_test_call = 0xdeadbeef>"


def test_a_pointer_of_another_kernel_is_not_there(lab: Lab, tmp_path: Path) -> None:
    other = Lab(tmp_path / "other")
    module = other.load('p = Stub("p")\ndef f(k, n):\n    return n\n')
    with pytest.raises(KernelBug, match="has no memory in this kernel"):
        lab.k[module.namespace["p"]]
    with pytest.raises(KernelBug, match="has no address"):
        lab.k[STUB_test_call] = module.namespace["f"]


def test_calling_an_address_where_no_function_begins_is_an_invalid_opcode(lab: Lab) -> None:
    symbol = lab.k.symbols.lookup("__x64_sys_getpid")
    assert symbol is not None
    with pytest.raises(InvalidOpcode):
        lab.k.call(symbol.address + 1)


def test_notes_are_told_once_and_drained(lab: Lab) -> None:
    lab.k.note("a")
    lab.k.note("a")
    assert lab.k.take_notes() == ["a"]
    assert lab.k.take_notes() == []


def test_two_kernels_never_meet(tmp_path: Path) -> None:
    one, two = boot("course"), boot("course")
    lab = Lab(tmp_path)
    insmod(one, lab.write("def handler(k, n):\n    return n\n" + TAIL))
    assert one[STUB_test_call] is not None
    assert two[STUB_test_call] is None
    assert not two.modules
    assert len(one.symbols) > len(two.symbols)


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
