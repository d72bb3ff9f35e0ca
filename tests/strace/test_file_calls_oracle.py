"""The lines of the calls of kernel/files, compared with what strace 6.1 makes of the same call."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.kernel import Kernel
from tests.strace.strace_lab import AREA, AREA_SIZE, KERNEL_ADDRESS, OUT, Calls, compare, kernel_with_area

BAD = (0, 1, AREA + AREA_SIZE, KERNEL_ADDRESS, -1)
NUMBERS = (0, 1, 5, -1, -5, 1 << 31, 1 << 32, 1 << 63)


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return kernel_with_area("6.19")


def add_directories(calls: Calls) -> None:
    """Descriptors 0 and 1 become the root, for reading and as a place; 2 a file."""
    calls.add("open", "/", 0)
    calls.add("open", "/", 0o10000000)
    calls.add("open", "file", 0o102, 0o644)
    for call in ("getdents64", "getdents"):
        for fd in (0, 1, 2, -1):
            for address in (OUT, *BAD):
                for size in (0, 64, 500, 4096, -1):
                    calls.add(call, fd, address, size)
        calls.add("lseek", 0, 0, 0)


def add_questions(calls: Calls) -> None:
    for mode in (*range(9), 15, 8 | 1 << 20, *NUMBERS):
        calls.add("access", "/", mode)
        calls.add("faccessat", -100, "none", mode)
        for flags in (0, 0x100, 0x200, 0x400, 0x1300, 0x1301, -1):
            calls.add("faccessat2", 0, "/", mode, flags)
    for bad in BAD:
        calls.add("access", bad, 0)
    for path in ("/proc/self", "/proc/mounts", "/", "none", ""):
        for size in (1, 5, 40, *NUMBERS):
            calls.add("readlink", path, OUT, size)
            calls.add("readlinkat", -100, path, OUT, size)
        for bad in BAD:
            calls.add("readlink", path, bad, 9)


def add_changes(calls: Calls) -> None:
    for number in NUMBERS:
        calls.add("umask", number)
        calls.add("truncate", "none", number)
        calls.add("ftruncate", 2, number)
        for call in ("fchdir", "fsync", "fdatasync", "syncfs"):
            calls.add(call, number)
    for mask in (0o22, 0o777, 0o7000, 7):
        calls.add("umask", mask)
    calls.add("sync")


def test_every_line_is_the_one_that_strace_prints(kernel: Kernel, tmp_path: Path) -> None:
    calls = Calls(kernel)
    for add in (add_directories, add_questions, add_changes):
        add(calls)
    calls.add("exit_group", 0)
    compare(kernel, calls, tmp_path)
