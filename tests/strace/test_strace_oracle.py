"""Every kind of line, compared with what strace 6.1 makes of the same call, made on the Linux underneath."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from kshell.abi import fcntl
from kshell.kernel.kernel import Kernel
from tests.strace.strace_lab import AREA, AREA_SIZE, KERNEL_ADDRESS, MARKER, OUT, Calls, Tail, compare, kernel_with_area

BAD = (0, 1, AREA + AREA_SIZE, KERNEL_ADDRESS, -1)
ESCAPES = b'a\0b\0001\0018\0019\33\33x\177\200\377"\\\n\r\t\v\f\b\a\0\0' + bytes(range(256))


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return kernel_with_area()


def add_files(calls: Calls) -> None:
    """Descriptors 0, 1 and 2 become /dev/null, 3 a file."""
    for flags in (0, fcntl.O_RDWR, fcntl.O_RDWR | fcntl.O_APPEND):
        calls.add("open", "/dev/null", flags, 0o7777)
    calls.add("open", "file", fcntl.O_RDWR | fcntl.O_CREAT | fcntl.O_LARGEFILE, 0o644)
    calls.add("openat", -100, "/tmp", fcntl.O_TMPFILE | fcntl.O_RDWR, 0o600)
    calls.add("openat", 0xFFFFFF9C, "/tmp", 0o20000000, 0o600)
    for bad in BAD:
        calls.add("openat", -100, bad, fcntl.O_CREAT, 0o1)
        calls.add("mkdir", bad, 0o1777)
    calls.add("open", Tail(b"unfinished"), 0)
    calls.add("open", Tail(b"ends in time\0"), 0)
    for length in (31, 32, 33, 255, 4094, 4095, 4096, 5000):
        calls.add("open", "x" * length + "\n", 0)
    calls.add("unlink", "")
    calls.add("chdir", 'no "such"\n\1directory\0017\xe4')
    calls.add("mkdirat", 77, "q", 0o41777)
    calls.add("unlinkat", -100, "q", fcntl.AT_REMOVEDIR)
    calls.add("rmdir", "q")
    for name in ("close", "dup"):
        calls.add(name, -1)
    calls.add("dup2", 3, 0x1_0000_0032)
    for flags in (0, 1, fcntl.O_CLOEXEC):
        calls.add("dup3", 3, 51, flags)


def add_reads_and_writes(calls: Calls) -> None:
    """strace reads one byte more than it shows."""
    for size in (0, 1, 26, 31, 32, 33, len(ESCAPES)):
        for start in (0, 1, 40):
            calls.add("write", 3, ESCAPES[start:], size)
    for byte in range(256):
        calls.add("write", 1, bytes([byte, byte, 0x30 + byte % 10]), 3)
    for size in (31, 32, 33):
        calls.add("write", 1, Tail(b"t" * 32), size)
    for bad in BAD:
        for size in (0, 1, -1):
            calls.add("write", 3, bad, size)
            calls.add("read", 3, bad, size)
    calls.add("write", -1, b"abc", 3)
    for offset, whence in ((0, 0), (-5, 1), (1, 9), (1 << 40, 0), (0, 0)):
        calls.add("lseek", 3, offset, whence)
    for size in (0, 5, 32, 33, 4000, 4000):
        calls.add("read", 3, OUT, size)
    calls.add("read", 3, b"unchanged", 4)
    calls.add("read", 99, OUT, 4)
    calls.add("pread64", 3, OUT, 40, 2)
    calls.add("pread64", 3, OUT, 40, -2)
    calls.add("pwrite64", 3, b"pwrite", 6, 7)
    vector = struct.pack("<6Q", AREA, 30, AREA + 60, 100, 1, 5)
    for name in ("writev", "readv"):
        calls.add("lseek", 3, 0, 0)
        for fd in (3, 99):
            for count in (0, 1, 2, 3, 1000, 1 << 60, -1):
                calls.add(name, fd, vector, count)
            calls.add(name, fd, Tail(vector[:32]), 3)
            calls.add(name, fd, Tail(vector[:40]), 3)
            for count in (32, 33):
                calls.add(name, fd, bytes(600), count)
            for bad in BAD:
                calls.add(name, fd, bad, 1)
        calls.add("lseek", 3, 0, 2)


def add_fcntl(calls: Calls) -> None:
    """Only the commands whose argument kshell knows, and those that nobody knows."""
    for fd in (0, 3, 51, 99):
        for cmd in (*range(10), 11, 12, 13, 14, 18, 36, 37, 38, 99, 1025, *range(1030, 1033), 1034, 5000):
            if cmd == fcntl.F_GETLEASE and fd != 99:
                continue  # its result has a remark that kshell, which answers EINVAL, never needs
            for arg in (0, 1, 60, 0x12_3456_7890, fcntl.O_APPEND | fcntl.O_NONBLOCK):
                calls.add("fcntl", fd, cmd, arg)
    for kind, whence in ((0, 0), (1, 1), (2, 2), (7, 9)):
        for cmd in (fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_SETLKW, fcntl.F_OFD_GETLK, fcntl.F_OFD_SETLK):
            calls.add("fcntl", 3, cmd, struct.pack("<HHiqqi", kind, whence, 0, -3, 5, 0))
    calls.add("fcntl", 3, fcntl.F_SETFD, 1)
    calls.add("fcntl", 3, fcntl.F_GETFD)


def add_structures(calls: Calls) -> None:
    for address in (OUT, *BAD):
        for path in ("/dev/null", "/", "/tmp", "file", "none", "/proc/self"):
            calls.add("stat", path, address)
            calls.add("lstat", path, address)
            calls.add("newfstatat", -100, path, address, fcntl.AT_SYMLINK_NOFOLLOW)
        calls.add("fstat", 3, address)
        calls.add("pipe", address)
        calls.add("pipe2", address, fcntl.O_CLOEXEC | fcntl.O_NONBLOCK)
        calls.add("pipe2", address, 7)
        for name in ("uname", "sysinfo", "time"):
            calls.add(name, address)
        calls.add("gettimeofday", address, 0)
        calls.add("gettimeofday", address, OUT + 64)
        calls.add("gettimeofday", 0, address)
        for clock in (0, 1, 4, 11, 99, -1):
            calls.add("clock_gettime", clock, address)
        for size in (0, 1, 64, -1):
            calls.add("getcwd", address, size)
        for size, flags in ((0, 0), (4, 0), (32, 1), (33, 4), (8, 0x48)):
            calls.add("getrandom", address, size, flags)
        calls.add("nanosleep", address, OUT)
    for seconds, nanoseconds in ((0, 1), (0, -1), (-7, 10**9), (1 << 62, 10**9)):
        calls.add("nanosleep", struct.pack("<qq", seconds, nanoseconds), OUT)
        calls.add("nanosleep", struct.pack("<qq", seconds, nanoseconds), 0)
    calls.add("fstat", 9, OUT)


def add_the_rest(calls: Calls) -> None:
    for name in ("getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "sched_yield"):
        calls.add(name, 1, 2, 3, 4, 5, 6)
    for offset, fd in ((0, -1), (4096, 3), (-4096, 99), (-1, 0xFFFFFFFF)):
        for length in (0, 4096, -1):
            calls.add("mmap", 0x30000000, length, 3, 0x22, fd, offset)
            calls.add("mmap", 0, length, 0, 2, fd, offset)
    for flags in (1 << 40 | 0x21, 1 << 32 | 2, 0x8000_0000_0000_0022, -1, 21 << 26 | 0x40022, 1 << 40, 1 << 24 | 3):
        calls.add("mmap", 0, 0, 1 << 40 | 1, flags, 99, 0)
    for address in (0, 0x30000000, KERNEL_ADDRESS):
        calls.add("mprotect", address, 4096, 5)
        calls.add("munmap", address, 4096)
        calls.add("brk", address)
    for nr in (600, -1, MARKER, -(1 << 31)):
        calls.add(nr, 42, 0, -1, 0x7FFFFFFF, AREA, 6)
    calls.add("exit_group", 0x1_0000_0007)


def test_every_line_is_the_one_that_strace_prints(kernel: Kernel, tmp_path: Path) -> None:
    calls = Calls(kernel)
    for add in (add_files, add_reads_and_writes, add_fcntl, add_structures, add_the_rest):
        add(calls)
    compare(kernel, calls, tmp_path)


def test_random_arguments_print_as_strace_prints_them(kernel: Kernel, tmp_path: Path) -> None:
    rng = random.Random(6)
    calls = Calls(kernel)
    add_files(calls)
    names = ["openat", "write", "read", "lseek", "mkdirat", "newfstatat", "pipe2", "dup3", "clock_gettime"]
    names += ["getrandom", "getcwd", "uname", "time", "mprotect"]

    def word() -> int | bytes:
        choice = rng.random()
        if choice < 0.3:
            return rng.randrange(-3, 60)
        if choice < 0.5:
            return AREA + rng.randrange(AREA_SIZE + 100)
        if choice < 0.7:
            return rng.randbytes(rng.randrange(60))
        return rng.getrandbits(64) & rng.getrandbits(64) & rng.getrandbits(64)

    for _ in range(600):
        name = rng.choice(names)
        args = [word() for _ in range(6)]
        if name in ("read", "write", "lseek", "dup3"):
            args[0] = rng.choice((0, 1, 3, 99))  # a pipe would wait for somebody
        if name == "dup3":
            args[1] = 52
        if name == "mprotect":
            args[0] = rng.choice((0, 0x40000000, KERNEL_ADDRESS))
            args[1] = rng.randrange(600)
        calls.add(name, *args)
    calls.add("exit_group", 0)
    compare(kernel, calls, tmp_path)
