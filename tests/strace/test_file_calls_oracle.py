"""The lines of the calls of kernel/files, compared with what strace 6.1 makes of the same call."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from kshell.abi.c_types import U64
from kshell.abi.utime import UTIME_NOW, UTIME_OMIT
from kshell.kernel.kernel import Kernel
from tests.strace.strace_lab import AREA, AREA_SIZE, KERNEL_ADDRESS, OUT, Calls, Tail, compare, kernel_with_area

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


def add_positioned(calls: Calls) -> None:
    vector = struct.pack("<4Q", AREA, 30, AREA + 60, 100)
    for call in ("pwritev", "preadv"):
        for fd in (2, 99):
            for count in (0, 1, 2, 3):
                for at in (0, 5, -1, 1 << 40):
                    calls.add(call, fd, vector, count, at, 1)
            for bad in BAD:
                calls.add(call, fd, bad, 1, 0, 0)


def add_names(calls: Calls) -> None:
    for flags in (*range(8), 8, 15, -1):
        calls.add("renameat2", -100, "none", 0, "other", flags)
    for flags in (0, 0x400, 0x1000, 0x100, 0x1407, -1):
        calls.add("linkat", -100, "none", 99, "other", flags)
    for call in ("rename", "link", "symlink"):
        for bad in BAD:
            calls.add(call, bad, "other")
    calls.add("renameat", -100, "none", -1, "other")
    calls.add("symlinkat", "target", -100, "symlink")
    for kind in (0, 0o010000, 0o020000, 0o040000, 0o060000, 0o100000, 0o110000, 0o140000, 0o170000, 1 << 16 | 0o020000):
        for mode, dev in ((0o644, 0x103), (0, 0), (0o7777, -1), (0o4000, 0x12345678), (0o1001, 1 << 32 | 7)):
            calls.add("mknod", "/proc/none", kind | mode, dev)
            calls.add("mknodat", 99, "none", kind | mode, dev)


def add_attributes(calls: Calls) -> None:
    for mode in (0, 0o644, 0o7777, 0o170644, -1, 1 << 16, 1):
        calls.add("chmod", "none", mode)
        calls.add("fchmod", 99, mode)
        calls.add("fchmodat", -100, "none", mode)
    for user, group in ((0, 0), (-1, 5), (1 << 32, (1 << 32) - 1), (1 << 31, 65535)):
        for call in ("chown", "lchown"):
            calls.add(call, "none", user, group)
        calls.add("fchown", 99, user, group)
        for flag in (0, 0x100, 0x1401, -1):
            calls.add("fchownat", 99, "none", user, group, flag)
    numbers = (
        0,
        1,
        5,
        10**6 - 1,
        10**6,
        10**9 - 1,
        10**9,
        UTIME_NOW,
        UTIME_OMIT,
        -1,
        -5,
        1_700_000_000,
        1 << 60,
        1 << 63,
    )
    for seconds in numbers:
        calls.add("utime", "none", struct.pack("<QQ", seconds & U64, 7))
        for parts in numbers:
            pair = struct.pack("<4Q", seconds & U64, parts & U64, parts & U64, seconds & U64)
            calls.add("utimes", "none", pair)
            calls.add("futimesat", 99, "none", pair)
            calls.add("utimensat", -100, "none", pair, 0x100)
    for bad in BAD:
        calls.add("utime", "none", bad)
        calls.add("utimes", "none", bad)
        calls.add("utimensat", 99, bad, bad, 0x1001)
    calls.add("utime", "none", Tail(bytes(15)))


def add_file_systems(calls: Calls) -> None:
    for path in ("/proc", "/sys", "/dev", "/tmp", "none"):
        for address in (OUT, *BAD):
            calls.add("statfs", path, address)
    for fd in (0, 2, 99, -1):
        calls.add("fstatfs", fd, OUT)
    calls.add("pipe", OUT)
    calls.add("fstatfs", 3, OUT)


def test_every_line_is_the_one_that_strace_prints(kernel: Kernel, tmp_path: Path) -> None:
    calls = Calls(kernel)
    for add in (
        add_directories,
        add_positioned,
        add_questions,
        add_changes,
        add_names,
        add_attributes,
        add_file_systems,
    ):
        add(calls)
    calls.add("exit_group", 0)
    compare(kernel, calls, tmp_path)
