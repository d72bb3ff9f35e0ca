"""Calls of which everything is known, printed by kshell and by the strace of the Linux underneath."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.abi.c_types import to_signed64
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from kshell.kernel.boot.start import boot
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user
from kshell.kernel.trace.tracer import Call
from kshell.strace import decode

AREA, AREA_SIZE = 0x10000000, 8192  # and nothing is mapped behind it
OUT = AREA + 4096
KERNEL_ADDRESS = -(1 << 40)
DID_NOT_RETURN = 0x7777777777777777
MARKER = 9999
RECORD = struct.Struct(f"<8q{AREA_SIZE}s{AREA_SIZE}s")  # nr, six arguments, result, memory before, memory after

PROBE = """
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
struct record { long nr, args[6], ret; char before[SIZE], after[SIZE]; };
#ifdef IA32
static long raw(long nr, const long *a) {
    long ret;
    asm volatile("push %%rbp; mov %7, %%rbp; int $0x80; pop %%rbp" : "=a"(ret) : "0"(nr), "b"(a[0]), "c"(a[1]),
                 "d"(a[2]), "S"(a[3]), "D"(a[4]), "r"(a[5]) : "r8", "r9", "r10", "r11", "memory");
    return ret;
}
#else
static long raw(long nr, const long *a) {
    register long r10 asm("r10") = a[3], r8 asm("r8") = a[4], r9 asm("r9") = a[5];
    long ret;
    asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return ret;
}
#endif
int main(int argc, char **argv) {
    int fd = open(argv[1], O_RDWR);
    struct stat st;
    fstat(fd, &st);
    struct record *at = mmap(0, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    struct record *end = (void *)((char *)at + st.st_size);
    char *area = mmap((void *)AREA, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    munmap(area + SIZE, 1 << 20);
    for (fd = 0; fd < 100; fd++) close(fd);
    umask(0);
    for (; at < end; at++) {
        memcpy(area, at->before, SIZE);
        at->ret = raw(at->nr, at->args);
        memcpy(at->after, area, SIZE);
    }
    return 1;
}
"""


class Tail(bytes):
    """Bytes to be put at the very end of the area."""


class Calls:
    """A list of calls, each with the memory it starts from."""

    def __init__(self, k: Kernel, ia32: bool = False) -> None:
        self.ia32 = ia32
        rows = (k.ia32.table if ia32 else k.table).by_number.values()
        self.numbers = {row.name: row.number for row in rows if row.abi != "x32"}
        self.records: list[tuple[int, list[int], bytes]] = []

    def add(self, call: str | int, *args: int | str | bytes) -> None:
        """A call by name or number; text becomes a string with its NUL, bytes stay as they are."""
        memory = bytearray(b"b" * AREA_SIZE)
        at, values = 0, []
        for arg in args:
            if isinstance(arg, int):
                values.append(to_signed64(arg))
                continue
            data = arg if isinstance(arg, bytes) else arg.encode("latin-1") + b"\0"
            start = AREA_SIZE - len(data) if isinstance(arg, Tail) else at
            memory[start : start + len(data)] = data
            values.append(AREA + start)
            at += 0 if isinstance(arg, Tail) else len(data) + 15 & ~15
        values += [0] * (6 - len(values))
        self.records.append((call if isinstance(call, int) else self.numbers[call], values, bytes(memory)))


def kernel_with_area(release: str = "course") -> Kernel:
    """A booted kernel whose current task has AREA_SIZE bytes at AREA, and nothing behind them."""
    k = boot(release)
    mapped = k.current.mm.map(AREA, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, "area")
    assert mapped == AREA
    return k


def line_of(
    k: Kernel, nr: int, args: list[int], before: bytes, after: bytes, ret: int | None,
    definition: SyscallDefinition | None = None, name: str | None = None, ia32: bool = False,
) -> str:  # fmt: skip
    """The line of a call with the area's memory `before` and `after` it (zeros behind what is given)."""
    side = k.ia32 if ia32 else k
    row = side.table.by_number.get(nr)
    call = Call(nr, name or (row.name if row else None), tuple(args), definition or side.define_of(nr))
    assert copy_to_user(k, AREA, before.ljust(AREA_SIZE, b"\0")) == 0
    passed = decode.arguments(k, call)
    assert copy_to_user(k, AREA, after.ljust(AREA_SIZE, b"\0")) == 0
    call.ret = ret
    return decode.line(k, call, passed)


def strace_version() -> str:
    if sys.platform != "linux" or platform.machine() != "x86_64" or not shutil.which("strace"):
        return ""
    works = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
    return subprocess.run(["strace", "--version"], capture_output=True, text=True).stdout if works else ""


def compare(k: Kernel, calls: Calls, directory: Path) -> None:
    """Make the calls on the Linux underneath, under strace; every line must be the one that kshell makes of them."""
    if not shutil.which("gcc") or "version 6.1\n" not in strace_version():
        pytest.skip("needs gcc and strace 6.1 on x86-64 Linux, where it may trace: that version's output is promised")
    source, probe, log, out = (directory / name for name in ("probe.c", "probe", "log", "out"))
    work = directory / "work"
    work.mkdir()
    source.write_text(PROBE)
    sizes = [f"-DSIZE={AREA_SIZE}", f"-DAREA={AREA}", *(["-DIA32", "-mno-red-zone"] if calls.ia32 else [])]
    subprocess.run(["gcc", "-O1", "-w", *sizes, "-o", str(probe), str(source)], check=True, timeout=60)
    calls.records.insert(0, (MARKER, [0] * 6, bytes(AREA_SIZE)))
    log.write_bytes(
        b"".join(RECORD.pack(nr, *args, DID_NOT_RETURN, memory, bytes(AREA_SIZE)) for nr, args, memory in calls.records)
    )
    command = ["strace", "-o", str(out), str(probe), str(log)]
    subprocess.run(command, cwd=work, env={**os.environ, "TZ": "UTC"}, timeout=120, capture_output=True)
    lines = out.read_text().splitlines()
    marker = next(i for i, line in enumerate(lines) if line.startswith(f"syscall_{MARKER:#x}("))
    real = [line for line in lines[marker:] if not line.startswith(("---", "+++", "[ Process"))]
    ours = []
    for record in RECORD.iter_unpack(log.read_bytes()):
        nr, args, ret = record[0], list(record[1:7]), record[7]
        returned = None if ret == DID_NOT_RETURN else ret
        ours.append(line_of(k, nr, args, record[8], record[9], returned, ia32=calls.ia32))
    assert len(real) == len(ours)
    differing = [(theirs, mine) for theirs, mine in zip(real, ours, strict=True) if theirs != mine]
    assert not differing, "\n".join(f"strace {theirs}\nkshell {mine}" for theirs, mine in differing[:20])
