"""Kernel memory: loads and stores go by the page tables, and what they may not do is a fault with an address."""

from __future__ import annotations

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok, copy_from_user, copy_to_user, strncpy_from_user
from kshell.machine.paging import FETCH, READ, WRITE
from tests.kernel.lab import in_child

USER = 0x40_2000  # data of the shell's task


@pytest.fixture
def k() -> Kernel:
    return boot("course")


def fault(k: Kernel, address: int, access: int) -> int:
    with pytest.raises(KernelFault) as caught:
        k.memory.check(address, access)
    assert (caught.value.address, caught.value.access) == (address, access)
    return caught.value.error_code


def test_a_cell_holds_64_bits_and_forgets_nothing(k: Kernel) -> None:
    cell = k.memory.static(16)
    for address in (cell, cell + 8, cell + 3):
        for value in (0, -1, 1 << 63, 0x1234):
            k.memory.store(address, value)
            assert k.memory.load(address) == value & (1 << 64) - 1


def test_faults_carry_the_error_code_of_the_cpu(k: Kernel) -> None:
    hole = layout.MODULES + 0x100_0000
    assert [fault(k, hole, access) for access in (READ, WRITE, FETCH)] == [0, 2, 0x10]
    assert fault(k, k.sys_call_table, WRITE) == 3
    assert fault(k, k.sys_call_table, FETCH) == 0x11
    assert fault(k, 0, READ) == 0
    assert fault(k, 1 << 47, READ) == 0


def test_smap_and_smep_close_user_memory_to_the_kernel() -> None:
    k = boot("course")
    assert copy_to_user(k, USER, b"hello   ") == 0
    assert fault(k, USER, READ) == 1
    assert fault(k, USER, WRITE) == 3
    old = boot("course", "nosmap nosmep")
    assert copy_to_user(old, USER, b"hello   ") == 0
    assert old.memory.read(USER, 5) == b"hello"


def test_a_page_that_was_made_read_only_refuses_the_next_store(k: Kernel) -> None:
    k.memory.map(layout.MODULES + 0x200_0000, 4096, writable=True)
    cell = layout.MODULES + 0x200_0000
    k.memory.store(cell, 1)
    k.memory.set_writable(cell, 4096, False)
    with pytest.raises(KernelFault):
        k.memory.store(cell, 2)
    assert k.memory.load(cell) == 1
    k.memory.unmap(cell, 4096)
    with pytest.raises(KernelFault):
        k.memory.load(cell)


def test_a_user_pointer_into_the_kernel_is_refused_whatever_it_points_to(k: Kernel) -> None:
    assert not access_ok(k, k.sys_call_table, 1, "a test")
    assert not access_ok(k, layout.TASK_SIZE_MAX - 4, 5, "a test")
    assert access_ok(k, layout.TASK_SIZE_MAX - 4, 4, "a test")
    assert copy_from_user(k, k.sys_call_table, 8) == b""
    assert copy_to_user(k, k.sys_call_table, b"x" * 8) == 8


def test_a_string_ends_at_its_zero_or_at_the_limit_or_is_EFAULT(k: Kernel) -> None:
    copy_to_user(k, USER + 4090, b"hello\0world")
    assert strncpy_from_user(k, USER + 4090, 100) == b"hello"
    assert strncpy_from_user(k, USER + 4090, 3) == b"hel"
    assert strncpy_from_user(k, 0x1000, 10) == -14


def test_two_kernels_do_not_meet() -> None:
    def action() -> str:
        a, b = boot("course"), boot("course")
        copy_to_user(a, USER, b"a")
        return copy_from_user(b, USER, 1).hex()

    assert in_child(action) == "00"
