"""Lines of calls by `int 0x80` whose structures are those of 32-bit programs, against strace 6.1 as well."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.ia32.native import answers
from tests.strace.strace_lab import AREA, AREA_SIZE, OUT, Calls, Tail, compare, kernel_with_area

HIGH = 0xC0000000  # nothing is there
BAD = (0, 1, AREA + AREA_SIZE, HIGH)
SIGUSR1, SIGALRM, SIGSEGV = 10, 14, 11


def add_vectors(calls: Calls) -> None:
    vector = struct.pack("<6I", AREA, 5, AREA + 2, 100, 1, 5)
    for name in ("writev", "readv"):
        for fd in (1, 99):
            for count in (0, 1, 2, 3, 1000):
                calls.add(name, fd, vector, count)
            calls.add(name, fd, Tail(vector[:20]), 3)
            for bad in BAD:
                calls.add(name, fd, bad, 1)


def add_signals(calls: Calls) -> None:
    for handler, flags, restorer, mask in (
        *((0x401000, 0x14000004, 0x402000, 0x200), (1, 0x04000000, 0, 0xFFFF_FFFF_FFFF_FFFF)),
        *((0, 0, 5, 0), (0xFFFF_FFFF, 0xF000_0007, 0xFFFF_FFFF, 0x2_0000_0001)),
    ):
        calls.add("rt_sigaction", SIGUSR1, struct.pack("<IIIQ", handler, flags, restorer, mask), OUT, 8)
        calls.add("rt_sigaction", SIGUSR1, 0, OUT, 8)
    for bad in BAD:
        calls.add("rt_sigaction", SIGUSR1, bad, bad, 8)
        calls.add("sigaltstack", bad, bad)
        calls.add("rt_sigqueueinfo", os.getpid(), SIGUSR1, bad)
    for stack in ((AREA, 0, 0x8000), (0, 2, 0), (HIGH, 1, 5), (0, 0x80000002, 0xFFFF_FFFF), (1, 4, 9)):
        calls.add("sigaltstack", struct.pack("<III", *stack), OUT)
    for signo, code, value in ((10, -1, 0x12345678), (14, -2, -5), (11, 1, 5), (8, -1, 0), (17, 0, 7), (3, -6, 1)):
        info = struct.pack("<iiiIIi", signo, 0, code, 0xABC00777, 1000, value).ljust(128, b"\0")
        calls.add("rt_sigqueueinfo", 0x3FFFFFFF, signo, info)
    calls.add("rt_sigprocmask", 0, struct.pack("<Q", 1 << SIGALRM - 1), OUT, 8)
    for uinfo in (OUT, 0):
        calls.add("rt_sigtimedwait", struct.pack("<Q", 1 << SIGALRM - 1), uinfo, struct.pack("<ii", 0, 1), 8)


def add_old_signals(calls: Calls) -> None:
    for handler in (1, 0x401000, 0, 2):
        calls.add("signal", SIGUSR1, handler)
    for signo in (9, 65, SIGUSR1):
        calls.add("signal", signo, 0)
    for action in ((0x401000, 0x200, 0x14000000, 0x402000), (1, 0xFFFF_FFFF, 0, 5), (0, 0, 0xFFFF_FFFF, 1)):
        calls.add("sigaction", SIGUSR1, struct.pack("<IIII", *action), OUT)
        calls.add("sigaction", 9, struct.pack("<IIII", *action), OUT)
    for bad in BAD:
        calls.add("sigaction", SIGUSR1, bad, OUT)
        calls.add("sigaction", SIGUSR1, 0, bad)
        calls.add("sigprocmask", 0, bad, OUT)
        calls.add("sigprocmask", 1, 0, bad)
        calls.add("sigpending", bad)
    for how, signals in ((0, 0x2000), (2, 0xFFFF_FFFF), (1, 1), (7, 5), (2, 0)):
        calls.add("sigprocmask", how, struct.pack("<I", signals), OUT)
    calls.add("sigpending", OUT)


def add_times(calls: Calls) -> None:
    for interval, value in (((0, 0), (1000, 500)), ((-1, 0), (1, -500)), ((7, 999999), (0, 0))):
        calls.add("setitimer", 1, struct.pack("<iiii", *interval, *value), OUT)
    for which in (0, 1, 7):
        for address in (OUT, *BAD):
            calls.add("getitimer", which, address)
    for who in (0, -1, 5):
        for address in (OUT, *BAD):
            calls.add("getrusage", who, address)
    for name in ("sysinfo", "time"):
        for address in (OUT, *BAD):
            calls.add(name, address)
    for seconds, nanoseconds in ((0, 1), (0, -1), (-7, 10**9)):
        calls.add("nanosleep", struct.pack("<ii", seconds, nanoseconds), OUT)
    calls.add("clock_gettime", 1, OUT)
    calls.add("gettimeofday", OUT, OUT + 32)


@pytest.mark.skipif(not answers(), reason="needs a Linux that answers int 0x80")
@pytest.mark.parametrize("make", [add_vectors, add_signals, add_old_signals, add_times])
def test_structures_of_32_bits_are_shown_as_strace_shows_them(tmp_path: Path, make: Callable[[Calls], None]) -> None:
    k = kernel_with_area()
    calls = Calls(k, ia32=True)
    make(calls)
    calls.add("exit", 0)
    compare(k, calls, tmp_path)
