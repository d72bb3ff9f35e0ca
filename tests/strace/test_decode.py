"""The line of a call is strace 6.1's, to the column; test_strace_oracle.py asks that strace itself."""

from __future__ import annotations

import random
import re
import struct

import pytest

from kshell.abi import fcntl, structs
from kshell.abi.c_types import U64, BufIn, UInt, to_signed64
from kshell.kernel.boot.start import boot
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2
from kshell.kernel.entry.exec import Buffer, run_stub
from kshell.kernel.kernel import Kernel
from kshell.strace.strace import Strace
from tests.strace.strace_lab import AREA, AREA_SIZE, OUT, kernel_with_area, line_of


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return kernel_with_area()


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
        (201, [0], 1795258581, "time(NULL)                              = 1795258581 (2026-11-21T10:56:21+0000)"),
        (201, [0], 1 << 62, "time(NULL)                              = 4611686018427387904"),
    ],
)  # fmt: skip
def test_a_line_has_its_result_at_column_40(
    kernel: Kernel, nr: int, args: list[int], ret: int | None, text: str
) -> None:
    padded = args + [0] * (6 - len(args))
    assert line_of(kernel, nr, padded, bytes(AREA_SIZE), bytes(AREA_SIZE), ret) == text


ESCAPES = b'a\0b\0001\0018\33\33x\177\200\377"\\\n\r\t\v\f\b\a\0\0'
STAT_NULL = structs.pack_stat(st_mode=0o20666, st_rdev=structs.makedev(1, 3))
VECTOR = struct.pack("<4Q", AREA + 64, 3, AREA + 80, 40) + bytes(32) + b"abc".ljust(16) + b"x" * 40


@pytest.mark.parametrize(
    ("nr", "args", "before", "after", "ret", "text"),
    [
        (1, [3, AREA, 24], ESCAPES, b"", 24,
         r'write(3, "a\0b\0001\18\33\33x\177\200\377\"\\\n\r\t\v\f\10\7\0\0", 24) = 24'),
        (1, [3, AREA, 33], b"0" * 31 + b"\0012", b"", 33, 'write(3, "' + "0" * 31 + '\\1"..., 33) = 33'),
        (1, [3, AREA + AREA_SIZE - 32, 33], b"", b"", 32, "write(3, 0x10001fe0, 33)                = 32"),
        (0, [3, AREA, 40], b"before", b"after", 5, 'read(3, "after", 40)                    = 5'),
        (2, [AREA, 0o101, 0o644], b"/tmp/f\0", b"", 3, 'open("/tmp/f", O_WRONLY|O_CREAT, 0644)  = 3'),
        (2, [AREA, 1, 0o644], b"/tmp/f\0", b"", -2,
         'open("/tmp/f", O_WRONLY)                = -1 ENOENT (No such file or directory)'),
        (5, [0, AREA], b"", STAT_NULL, 0, "fstat(0, {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}) = 0"),
        (5, [0, AREA], b"", STAT_NULL, -9, "fstat(0, 0x10000000)                    = -1 EBADF (Bad file descriptor)"),
        (20, [1, AREA, 2], VECTOR, b"", 43,
         'writev(1, [{iov_base="abc", iov_len=3}, {iov_base="' + "x" * 32 + '"..., iov_len=40}], 2) = 43'),
        (19, [0, AREA, 2], VECTOR, VECTOR, 4,
         'readv(0, [{iov_base="abc", iov_len=3}, {iov_base="x", iov_len=40}], 2) = 4'),
        (35, [AREA, OUT], struct.pack("<qq", -7, -1), b"", -22,
         "nanosleep({tv_sec=-7, tv_nsec=18446744073709551615}, 0x10001000) = -1 EINVAL (Invalid argument)"),
        (201, [AREA], b"", (1795258581).to_bytes(8, "little"), 1795258581,
         "time([1795258581 /* 2026-11-21T10:56:21+0000 */]) = 1795258581 (2026-11-21T10:56:21+0000)"),
        (318, [AREA, 4, 0], b"", b"\x21\xcd\x82\xe7", 4, r'getrandom("\x21\xcd\x82\xe7", 4, 0)     = 4'),
    ],
)  # fmt: skip
def test_memory_is_shown_as_strace_shows_it(
    kernel: Kernel, nr: int, args: list[int], before: bytes, after: bytes, ret: int, text: str
) -> None:
    assert line_of(kernel, nr, args + [0] * (6 - len(args)), before, after, ret) == text


def test_a_call_without_a_body_here_is_printed_with_its_name_and_six_registers(kernel: Kernel) -> None:
    text = line_of(kernel, 101, [1, 2, 0, 0, 0, -1], b"", b"", -38)
    assert text == "ptrace(0x1, 0x2, 0, 0, 0, 0xffffffffffffffff) = -1 ENOSYS (Function not implemented)"


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


def test_the_listener_gives_every_call_its_line() -> None:
    k = boot("course")
    made: list[tuple[int, list[int | bytes | Buffer]]] = [
        (335, [42]),
        (257, [fcntl.AT_FDCWD & U64, b"/nope", 0]),
        (63, [Buffer(390)]),
        (79, [Buffer(64), 64]),
        (601, [1]),
        (231, [3]),
    ]
    strace = Strace(k)
    for nr, args in made:
        run_stub(k, nr, args, tracer=strace)
    assert [call.text for call in strace.calls] == [
        "test_call(42)                           = -1 ENOSYS (Function not implemented)",
        'openat(AT_FDCWD, "/nope", O_RDONLY)     = -1 ENOENT (No such file or directory)',
        'uname({sysname="Linux", nodename="kshell", ...}) = 0',
        'getcwd("/", 64)                         = 2',
        "syscall_0x259(0x1, 0, 0, 0, 0, 0)       = -1 ENOSYS (Function not implemented)",
        "exit_group(3)                           = ?",
    ]


def test_for_straces_lines_alone_no_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    k = boot("course")
    told: list[str] = []
    monkeypatch.setattr(Kernel, "tell", lambda _k, step, *_args, **_values: told.append(step))
    strace = Strace(k)
    run_stub(k, 335, [42], tracer=strace)
    assert [call.text for call in strace.calls] != [""]
    assert not told
    run_stub(k, 335, [42], tracer=Strace(k, wants_events=True))
    assert "table" in told


def test_only_the_32_bits_of_a_long_descriptor_that_count_are_shown() -> None:
    k = boot("course")
    iov = (0x40_2000).to_bytes(8, "little") + (0).to_bytes(8, "little")
    run_stub(k, 2, [b"/dev/null", 2, 0])
    strace = Strace(k)
    call = run_stub(k, 20, [(1 << 32) + 3, iov, 1], tracer=strace).call
    assert call is not None
    assert call.text == 'writev(3, [{iov_base="", iov_len=0}], 1) = 0'
    call = run_stub(k, 9, [0, 4096, 1, 2, (5 << 32) + 99, 0], tracer=strace).call
    assert call is not None
    assert call.text == "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0) = -1 EBADF (Bad file descriptor)"
    assert run_stub(k, 1, [3, Buffer(4), 4]).call is not None


@pytest.mark.parametrize(
    ("nr", "args", "text"),
    [
        (72, [99, 1030, 1 << 63], "fcntl(99, F_DUPFD_CLOEXEC, -9223372036854775808)"),
        (72, [99, 0, (1 << 63) + 5], "fcntl(99, F_DUPFD, -9223372036854775803)"),
        (72, [99, 0, 0x8000_0000], "fcntl(99, F_DUPFD, 2147483648)"),
        (9, [0, 0, 1, 1 << 40 | 0x22, -1, 0], "mmap(NULL, 0, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"),
        (
            9,
            [0, 0, 1 << 40 | 1, 0x22, -1, 0],
            "mmap(NULL, 0, PROT_READ|0x10000000000, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
        ),
    ],
)
def test_the_upper_halves_of_arguments_are_shown_where_strace_shows_them(nr: int, args: list[int], text: str) -> None:
    k = boot("course")
    call = run_stub(k, nr, args, tracer=Strace(k)).call
    assert call is not None
    assert call.text.rpartition(" = ")[0].rstrip() == text


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
