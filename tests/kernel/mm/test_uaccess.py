"""Copies between kernel and user memory: every way in which the user's pointer can be wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kshell.abi.errno import EFAULT
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from kshell.kernel.boot.start import boot
from kshell.kernel.core.layout import KERNEL_TEXT, TASK_SIZE_MAX
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok, copy_from_user, copy_to_user, strncpy_from_user

PAGE = 4096
BASE = 0x3000_0000
SIZE = 3 * PAGE  # read and write; then a page for reading only; then nothing
READ_ONLY = BASE + SIZE
END = READ_ONLY + PAGE
LAST = (1 << 64) - 1
NOT_THE_USERS = [KERNEL_TEXT, 1 << 63, TASK_SIZE_MAX, TASK_SIZE_MAX - 4, LAST, LAST - 6, 0xDEAD << 48, 1 << 47]


@pytest.fixture(scope="module")
def booted() -> Kernel:
    return boot("course")


@pytest.fixture
def k(booted: Kernel) -> Iterator[Kernel]:
    mm = booted.shell_task.mm
    mm.map(BASE, SIZE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    mm.map(READ_ONLY, PAGE, 1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    yield booted
    mm.unmap(BASE, END - BASE)


@pytest.mark.parametrize("offset", [0, 1, PAGE - 1, PAGE, 2 * PAGE - 3])
@pytest.mark.parametrize("size", [0, 1, 7, PAGE - 1, PAGE, PAGE + 1])
def test_what_is_copied_out_can_be_copied_in_across_pages(k: Kernel, offset: int, size: int) -> None:
    data = bytes(n % 251 + 1 for n in range(size))
    assert copy_to_user(k, BASE + offset, data) == 0
    assert copy_from_user(k, BASE + offset, size) == data
    around = copy_from_user(k, BASE, SIZE)
    assert around == bytes(offset) + data + bytes(SIZE - offset - size)


def test_a_copy_out_ends_where_user_code_could_not_write(k: Kernel) -> None:
    assert copy_to_user(k, READ_ONLY - 10, b"x" * 30) == 20
    assert copy_from_user(k, READ_ONLY - 11, 12) == b"\0" + b"x" * 10 + b"\0"
    assert copy_to_user(k, READ_ONLY, b"x") == 1
    assert copy_to_user(k, END, b"xy") == 2


def test_a_copy_in_ends_where_user_code_could_not_read(k: Kernel) -> None:
    assert copy_from_user(k, END - 5, 20) == bytes(5)
    assert copy_from_user(k, END, 20) == b""
    assert copy_from_user(k, 0, 1) == b""


def test_a_hole_in_the_middle_ends_a_copy(k: Kernel) -> None:
    k.shell_task.mm.unmap(BASE + PAGE, PAGE)
    assert copy_to_user(k, BASE, b"x" * SIZE) == SIZE - PAGE
    assert copy_from_user(k, BASE, SIZE) == b"x" * PAGE
    assert copy_from_user(k, BASE + 2 * PAGE, 4) == bytes(4)


@pytest.mark.parametrize("address", NOT_THE_USERS, ids=hex)
def test_a_pointer_that_is_not_the_users_is_refused_before_anything_is_copied(k: Kernel, address: int) -> None:
    frames = k.ram.frames_used
    assert not access_ok(k, address, 8, "a test")
    assert copy_from_user(k, address, 8) == b""
    assert copy_to_user(k, address, b"x" * 8) == 8
    if address >= TASK_SIZE_MAX:  # a string may end before user space does
        assert strncpy_from_user(k, address, 8) == -EFAULT
    assert k.ram.frames_used == frames
    k.memory.load(k.sys_call_table)  # the kernel itself may


def test_a_length_that_leads_out_of_user_space_is_refused_whole(k: Kernel) -> None:
    for size in (TASK_SIZE_MAX, LAST - BASE, LAST, 1 << 64):
        assert not access_ok(k, BASE, size, "a test")
        assert copy_from_user(k, BASE, size) == b""
    assert access_ok(k, TASK_SIZE_MAX - 8, 8, "a test")
    assert access_ok(k, TASK_SIZE_MAX, 0, "a test")


def test_a_copy_brings_pages_in_as_the_program_would(k: Kernel) -> None:
    mm = k.shell_task.mm
    assert not [page for page in mm.resident() if BASE <= page < END]
    copy_from_user(k, BASE + PAGE - 1, 2)
    assert [page for page in mm.resident() if BASE <= page < END] == [BASE, BASE + PAGE]


def test_a_page_without_rights_is_closed_to_the_kernel_too(k: Kernel) -> None:
    copy_to_user(k, BASE, b"secret")
    k.shell_task.mm.protect(BASE, PAGE, 0)
    assert copy_from_user(k, BASE, 6) == b""
    assert copy_to_user(k, BASE, b"x") == 1
    k.shell_task.mm.protect(BASE, PAGE, 1)
    assert copy_from_user(k, BASE, 6) == b"secret"


@pytest.mark.parametrize("length", [0, 1, 5, PAGE - 2, PAGE, PAGE + 7])
@pytest.mark.parametrize("start", [BASE, BASE + PAGE - 1, BASE + PAGE - 5, END - PAGE - 8 - PAGE])
def test_a_string_is_found_across_pages(k: Kernel, start: int, length: int) -> None:
    text = bytes(n % 250 + 1 for n in range(min(length, READ_ONLY - start - 1)))
    copy_to_user(k, start, text + b"\0")
    assert strncpy_from_user(k, start, len(text) + 1) == text
    assert strncpy_from_user(k, start, 4 * PAGE) == text


def test_a_string_longer_than_asked_for_is_cut_there(k: Kernel) -> None:
    copy_to_user(k, BASE + PAGE - 3, b"abcdef\0")
    assert strncpy_from_user(k, BASE + PAGE - 3, 3) == b"abc"
    assert strncpy_from_user(k, BASE + PAGE - 3, 6) == b"abcdef"
    assert strncpy_from_user(k, BASE, 0) == b""


def test_a_string_that_runs_into_nothing_is_EFAULT_but_one_that_ends_before_is_not(k: Kernel) -> None:
    k.shell_task.mm.unmap(READ_ONLY, PAGE)
    copy_to_user(k, READ_ONLY - 4, b"abcd")
    assert strncpy_from_user(k, READ_ONLY - 4, 10) == -EFAULT
    assert strncpy_from_user(k, READ_ONLY - 4, 4) == b"abcd"
    copy_to_user(k, READ_ONLY - 1, b"\0")
    assert strncpy_from_user(k, READ_ONLY - 4, 10) == b"abc"
