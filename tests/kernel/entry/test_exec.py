"""What a program finds at its start, and what is left where it cannot start."""

from __future__ import annotations

import struct

import pytest

from kshell.abi import ptregs
from kshell.kernel.boot.start import boot
from kshell.kernel.core.layout import TASK_SIZE_MAX, USER_STACK_TOP
from kshell.kernel.entry.exec import Buffer, load_program, revive_shell_task, run_stub
from kshell.kernel.entry.run import run_program, run_task
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, strncpy_from_user
from kshell.kernel.task.binfmt import STACK_PAGES, Segment
from kshell.kernel.task.task import Task
from kshell.kernel.trace.tracer import MOST_CALLS, Tracer
from kshell.machine.ring3 import USER_CS, USER_SS
from tests.kernel.lab import EXIT, TEXT, ending

AT_SYSINFO_EHDR = 33
AT_NULL, AT_PAGESZ, AT_ENTRY, AT_UID, AT_EUID, AT_GID, AT_EGID, AT_RANDOM = 0, 6, 9, 11, 12, 13, 14, 25
MMAP, MPROTECT, MUNMAP, GETRANDOM = 9, 10, 11, 318
PROGRAM = Segment(TEXT, b"\x31\xff" + EXIT, 64, "r-x")


@pytest.fixture
def k() -> Kernel:
    return boot("course")


def load(k: Kernel, argv: list[str], envp: list[str], *segments: Segment) -> Task:
    return load_program(k, [PROGRAM, *segments], TEXT, "prog", argv, envp)


def word(k: Kernel, address: int) -> int:
    return int.from_bytes(copy_from_user(k, address, 8), "little")


def string(k: Kernel, address: int) -> str:
    found = strncpy_from_user(k, address, 1 << 20)
    assert isinstance(found, bytes)
    return found.decode("utf-8", "surrogateescape")


def vector(k: Kernel, at: int) -> tuple[list[str], int]:
    """The strings of a NULL-terminated array of pointers, and where it ends."""
    found = []
    while pointer := word(k, at):
        found.append(string(k, pointer))
        at += 8
    return found, at + 8


@pytest.mark.parametrize("argc", range(4))
@pytest.mark.parametrize("envc", range(3))
def test_the_stack_is_the_one_of_the_abi(k: Kernel, argc: int, envc: int) -> None:
    argv = ["prog", "", "größe \udcff"][:argc]
    envp = ["PATH=/bin", "A" * 5000][:envc]
    task = load(k, argv, envp)
    sp = task.regs[ptregs.SP]
    assert sp % 16 == 0
    assert word(k, sp) == len(argv)
    found, at = vector(k, sp + 8)
    assert found == argv
    found, at = vector(k, at)
    assert found == envp
    auxv = {}
    while kind := word(k, at):
        assert kind not in auxv
        auxv[kind] = word(k, at + 8)
        at += 16
    random_at = auxv.pop(AT_RANDOM)
    assert copy_from_user(k, auxv.pop(AT_SYSINFO_EHDR), 4) == b"\x7fELF"
    assert auxv == {AT_PAGESZ: 4096, AT_ENTRY: TEXT, AT_UID: 0, AT_EUID: 0, AT_GID: 0, AT_EGID: 0}
    assert any(copy_from_user(k, random_at, 16))
    assert at + 16 <= random_at < random_at + 16 <= USER_STACK_TOP
    run_program(k, task)


def test_a_program_begins_with_zeroed_registers_in_ring_3(k: Kernel) -> None:
    task = load(k, ["prog"], [])
    regs = task.regs.tolist()
    expected = dict.fromkeys(range(ptregs.COUNT), 0)
    expected |= {ptregs.IP: TEXT, ptregs.FLAGS: 0x202, ptregs.CS: USER_CS, ptregs.SS: USER_SS}
    expected |= {ptregs.SP: regs[ptregs.SP], ptregs.ORIG_AX: (1 << 64) - 1}
    assert dict(enumerate(regs)) == expected
    run_program(k, task)


def test_orig_ax_keeps_the_number_of_the_last_call(k: Kernel) -> None:
    run_stub(k, 39, [])
    assert k.shell_task.regs[ptregs.ORIG_AX] == 39
    assert k.shell_task.regs[ptregs.AX] == k.shell_task.pid


def test_a_segment_is_its_bytes_and_zeros_up_to_the_end_of_its_last_page(k: Kernel) -> None:
    task = load(k, ["prog"], [], Segment(0x50_0123, b"abc" * 2000, 0x4000, "rw-"))
    assert copy_from_user(k, 0x50_0000, 0x123) == bytes(0x123)
    assert copy_from_user(k, 0x50_0123, 6000) == b"abc" * 2000
    rest = 0x50_5000 - 0x50_0123 - 6000
    assert copy_from_user(k, 0x50_0123 + 6000, rest + 1) == bytes(rest)
    assert task.mm.start_brk == task.mm.brk == 0x50_5000
    run_program(k, task)


@pytest.mark.parametrize(
    "segment",
    [
        Segment(TEXT + 16, b"x", 16, "rw-"),
        Segment(TASK_SIZE_MAX, b"x", 16, "rw-"),
        Segment(TASK_SIZE_MAX - 4096, b"x", 8192, "rw-"),
        Segment(1 << 63, b"x", 16, "rw-"),
        Segment(0x50_0000, b"x", 1 << 40, "rw-"),
        Segment(0x50_0000, b"x" * (70 << 20), 70 << 20, "r--"),
    ],
    ids=["overlap", "beyond user space", "across its end", "kernel", "more than RAM", "bytes beyond RAM"],
)
def test_a_program_without_a_place_leaves_nothing_behind(k: Kernel, segment: Segment) -> None:
    run_stub(k, 39, [])
    frames, tasks = k.ram.frames_used, set(k.tasks)
    with pytest.raises(ValueError, match=r"place|fit"):
        load(k, ["prog"], [], segment)
    assert (k.ram.frames_used, set(k.tasks)) == (frames, tasks)
    assert k.current is k.shell_task
    call = run_stub(k, 39, []).call
    assert call is not None
    assert call.ret == k.shell_task.pid


def test_arguments_may_fill_the_stack_and_no_more(k: Kernel) -> None:
    run_program(k, load(k, ["x" * (7 << 20)], []))
    with pytest.raises(ValueError, match="arguments do not fit"):
        load(k, ["x" * (9 << 20)], [])
    assert STACK_PAGES * 4096 < 7 << 20  # it grew


def test_a_stack_without_room_for_its_pages_is_refused_and_kills_nobody() -> None:
    k = boot("course", ram_size=4 << 20)
    with pytest.raises(ValueError, match="do not fit"):
        load(k, ["x" * (6 << 20)], [])
    assert k.shell_task.is_alive
    assert ending(run_program(k, load(k, ["prog"], []))) == "exit 0"


def test_calls_are_recorded_only_for_those_who_ask(k: Kernel) -> None:
    code = Segment(0x60_0000, b"\xb8\x27\0\0\0\x0f\x05\x31\xff" + EXIT, 64, "r-x")
    tracer = Tracer()
    for asked in (tracer, None):
        run_program(k, load_program(k, [code], 0x60_0000, "prog", ["prog"]), tracer=asked)
        assert [call.name for call in tracer.calls] == ["getpid", "exit"]
    assert k.tracer is None
    assert k.on_event is None


def test_a_tracer_keeps_so_many_calls_and_lets_the_rest_pass(k: Kernel) -> None:
    loop = b"\xbb" + struct.pack("<I", MOST_CALLS + 500) + bytes.fromhex("b827000000 0f05 ffcb 75f5 31ff") + EXIT
    task = load_program(k, [Segment(TEXT, loop, len(loop), "r-x")], TEXT, "prog", ["prog"])
    before = k.statistics[39].count if 39 in k.statistics else 0
    tracer = Tracer()
    assert ending(run_program(k, task, tracer=tracer)) == "exit 0"
    assert tracer.full
    assert [call.name for call in tracer.calls] == ["getpid"] * MOST_CALLS
    assert k.statistics[39].count == before + MOST_CALLS + 500


def test_strings_and_buffers_of_a_call_lie_apart_and_come_back(k: Kernel) -> None:
    run = run_stub(k, 318, [Buffer(24), 24, 0])  # getrandom
    ((index, address, data),) = run.buffers
    assert (index, len(data)) == (0, 24)
    assert run.call is not None
    assert run.call.args[:2] == (address, 24)
    with pytest.raises(ValueError, match="16 MiB"):
        run_stub(k, 39, [Buffer(10 << 20), Buffer(10 << 20)])


@pytest.mark.parametrize(
    ("nr", "args"),
    [
        (MUNMAP, (TEXT, 4096)),
        (MUNMAP, (TEXT + 4096, 16 << 20)),
        (MPROTECT, (TEXT, 4096, 0)),
        (MPROTECT, (TEXT + 4096, 16 << 20, 1)),
        (MPROTECT, (TEXT + 8192, 4096, 0)),
        (MMAP, (TEXT + 4096, 4096, 1, 0x32, -1, 0)),  # fixed, private, anonymous
        (GETRANDOM, (TEXT + 8192, 64, 0)),
    ],
)
def test_what_a_call_does_to_its_own_memory_is_gone_at_the_next(k: Kernel, nr: int, args: tuple[int, ...]) -> None:
    before = repr(list(k.shell_task.mm.vmas))
    run_stub(k, 39, [])
    pages = sorted(k.shell_task.mm.resident())
    run_stub(k, nr, args)
    for _ in range(2):
        run = run_stub(k, 39, [b"twice", Buffer(8192)])
        assert run.call is not None
        assert run.call.ret == k.shell_task.pid
        assert run.buffers[0][2] == bytes(8192)
    run_stub(k, 39, [])
    assert (repr(list(k.shell_task.mm.vmas)), sorted(k.shell_task.mm.resident())) == (before, pages)


def test_a_dead_shell_task_is_made_anew(k: Kernel) -> None:
    assert not revive_shell_task(k)
    old = k.shell_task.pid
    assert run_stub(k, 60, [3]).outcome.status == 3
    assert revive_shell_task(k)
    assert k.shell_task.pid > old


def test_a_run_may_end_after_so_many_calls(k: Kernel) -> None:
    code = bytes.fromhex("b827000000 0f05 ebf7")
    task = load_program(k, [Segment(TEXT, code, 64, "r-x")], TEXT, "prog", ["prog"])
    k.cpu.reset()
    assert run_task(k, task, calls=3).kind == "returned"
    assert k.statistics[39].count == 3
    assert task.regs[ptregs.AX] == task.pid
