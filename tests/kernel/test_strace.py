"""The line of a call is strace 6.1's, checked against that very strace where it can run."""

from __future__ import annotations

import os
import platform
import random
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from kshell.abi import fcntl
from kshell.abi.c_types import U64, BufIn, UInt, to_signed64
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from kshell.kernel import strace
from kshell.kernel.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2, SyscallDefinition
from kshell.kernel.exec import Buffer, run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace import Call
from kshell.kernel.uaccess import copy_to_user

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
static long raw(long nr, const long *a) {
    register long r10 asm("r10") = a[3], r8 asm("r8") = a[4], r9 asm("r9") = a[5];
    long ret;
    asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return ret;
}
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

    def __init__(self, k: Kernel) -> None:
        self.numbers = {row.name: row.number for row in k.table.by_number.values() if row.abi != "x32"}
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


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    k = Kernel("course")
    mapped = k.current.mm.map(AREA, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, "area")
    assert mapped == AREA
    return k


def line_of(
    k: Kernel, nr: int, args: list[int], before: bytes, after: bytes, ret: int | None,
    definition: SyscallDefinition | None = None, name: str | None = None,
) -> str:  # fmt: skip
    """What strace.py prints for a call of which everything is known."""
    row = k.table.by_number.get(nr)
    call = Call(nr, name or (row.name if row else None), tuple(args))
    assert copy_to_user(k, AREA, before) == 0
    strace.enter(k, call, definition or k.define_of(nr))
    assert copy_to_user(k, AREA, after) == 0
    call.ret = ret
    strace.leave(k, call)
    return call.text


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
    sizes = [f"-DSIZE={AREA_SIZE}", f"-DAREA={AREA}"]
    subprocess.run(["gcc", "-O1", "-w", *sizes, "-o", str(probe), str(source)], check=True, timeout=60)
    calls.records.insert(0, (MARKER, [0] * 6, bytes(AREA_SIZE)))
    log.write_bytes(
        b"".join(RECORD.pack(nr, *args, DID_NOT_RETURN, memory, bytes(AREA_SIZE)) for nr, args, memory in calls.records)
    )
    command = ["strace", "-o", str(out), str(probe), str(log)]
    subprocess.run(command, cwd=work, env={**os.environ, "TZ": "UTC"}, timeout=120, capture_output=True)
    lines = out.read_text().splitlines()
    marker = next(i for i, line in enumerate(lines) if line.startswith(f"syscall_{MARKER:#x}("))
    real = [line for line in lines[marker:] if not line.startswith(("---", "+++"))]
    ours = []
    for record in RECORD.iter_unpack(log.read_bytes()):
        nr, args, ret = record[0], list(record[1:7]), record[7]
        ours.append(line_of(k, nr, args, record[8], record[9], None if ret == DID_NOT_RETURN else ret))
    assert len(real) == len(ours)
    differing = [(theirs, mine) for theirs, mine in zip(real, ours, strict=True) if theirs != mine]
    assert not differing, "\n".join(f"strace {theirs}\nkshell {mine}" for theirs, mine in differing[:20])


BAD = (0, 1, AREA + AREA_SIZE, KERNEL_ADDRESS, -1)
ESCAPES = b'a\0b\0001\0018\0019\33\33x\177\200\377"\\\n\r\t\v\f\b\a\0\0' + bytes(range(256))


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


# What strace 6.1 printed, for machines without it.


@pytest.mark.parametrize(
    ("nr", "args", "ret", "text"),
    [
        (39, [], 77, "getpid()                                = 77"),
        (335, [42], 42, "test_call(42)                           = 42"),
        (335, [0xFFFFFFF9], -38, "test_call(-7)                           = -1 ENOSYS (Function not implemented)"),
        (600, [42, 0, -1], -38, "syscall_0x258(0x2a, 0, 0xffffffffffffffff, 0, 0, 0) = "
         "-1 ENOSYS (Function not implemented)"),
        (-1, [], -38, "syscall_0xffffffffffffffff(0, 0, 0, 0, 0, 0) = -1 ENOSYS (Function not implemented)"),
        (231, [3], None, "exit_group(3)                           = ?"),
        (0, [3, OUT, 10], None, "read(3,  <unfinished ...>)              = ?"),
        (22, [OUT], None, "pipe( <unfinished ...>)                 = ?"),
        (1, [1, 0, 0], -41, "write(1, NULL, 0)                       = -1 (errno 41)"),
        (186, [], -515, "gettid()                                = -1 ENOIOCTLCMD (Unknown error 515)"),
        (186, [], -513, "gettid()                                = ? ERESTARTNOINTR (To be restarted)"),
        (186, [], -516, "gettid()                                = ? ERESTART_RESTARTBLOCK (Interrupted by signal)"),
        (186, [], -4096, "gettid()                                = -4096"),
        (12, [0], 0x404000, "brk(NULL)                               = 0x404000"),
        (72, [3, 3], 0x8002, "fcntl(3, F_GETFL)                       = 0x8002 (flags O_RDWR|O_LARGEFILE)"),
        (72, [3, 1], 1, "fcntl(3, F_GETFD)                       = 0x1 (flags FD_CLOEXEC)"),
        (201, [0], 253402300800, "time(NULL)                              = 253402300800 (10000-01-01T00:00:00+0000)"),
        (201, [0], 1 << 62, "time(NULL)                              = 4611686018427387904"),
    ],
)  # fmt: skip
def test_a_line_has_its_result_at_column_40(
    kernel: Kernel, nr: int, args: list[int], ret: int | None, text: str
) -> None:
    padded = args + [0] * (6 - len(args))
    assert line_of(kernel, nr, padded, bytes(AREA_SIZE), bytes(AREA_SIZE), ret) == text


def test_a_call_without_a_body_here_is_printed_with_its_name_and_six_registers(kernel: Kernel) -> None:
    text = line_of(kernel, 57, [1, 2, 0, 0, 0, -1], b"", b"", -38)
    assert text == "fork(0x1, 0x2, 0, 0, 0, 0xffffffffffffffff) = -1 ENOSYS (Function not implemented)"


@SYSCALL_DEFINE2
def speak(k: Kernel, words: BufIn, length: UInt) -> int:
    """Not a call that strace knows."""
    return 0


@SYSCALL_DEFINE1
def mumble(k: Kernel, words: BufIn) -> int:
    """A buffer that nobody gave a length."""
    return 0


def test_a_students_own_call_is_printed_by_its_declaration(kernel: Kernel) -> None:
    args = [AREA, 0x7_0000_0002, 0, 0, 0, 0]
    text = line_of(kernel, 336, args, b"\nhello", b"changed", 0, speak, "speak")
    assert text == 'speak("\\nh", 2)                         = 0'
    assert line_of(kernel, 336, args, b"x", b"", 0, mumble, "mumble").startswith("mumble(0x10000000) ")


def test_the_entry_code_gives_every_call_its_line() -> None:
    k = Kernel("course")
    made = [
        run_stub(k, 335, [42]),
        run_stub(k, 257, [fcntl.AT_FDCWD & U64, b"/nope", 0]),
        run_stub(k, 63, [Buffer(390)]),
        run_stub(k, 79, [Buffer(64), 64]),
        run_stub(k, 601, [1]),
        run_stub(k, 231, [3]),
    ]
    assert [stub.call.text if stub.call else None for stub in made] == [
        "test_call(42)                           = -1 ENOSYS (Function not implemented)",
        'openat(AT_FDCWD, "/nope", O_RDONLY)     = -1 ENOENT (No such file or directory)',
        'uname({sysname="Linux", nodename="kshell", ...}) = 0',
        'getcwd("/", 64)                         = 2',
        "syscall_0x259(0x1, 0, 0, 0, 0, 0)       = -1 ENOSYS (Function not implemented)",
        "exit_group(3)                           = ?",
    ]


def test_a_trace_never_faults_whatever_the_registers_hold(kernel: Kernel) -> None:
    rng = random.Random(7)
    numbers = [nr for nr in kernel.table.by_number if kernel.define_of(nr)] + [600, -1]
    for _ in range(3000):
        kinds = (lambda: rng.getrandbits(64), lambda: rng.randrange(99), lambda: AREA + rng.randrange(9000))
        args = [to_signed64(rng.choice(kinds)()) for _ in range(6)]
        ret = rng.choice((None, 0, 1, 5000, -5, rng.getrandbits(62), -rng.getrandbits(62)))
        nr = rng.choice(numbers)
        text = line_of(kernel, nr, args, rng.randbytes(99), rng.randbytes(99), ret)
        assert re.fullmatch(r"\w+\([ -~]*\) += [ -~]+", text)
        assert text.index("= ", 40) >= 40
