"""Programs with children: what is shared, who waits for whom, and what stays behind."""

from __future__ import annotations

import struct

import pytest

from kshell import api
from kshell.abi.errno import ECHILD, EINTR
from kshell.abi.signal import SIGCHLD
from kshell.abi.wait import P_ALL, P_PID, WEXITED
from kshell.kernel.boot.start import boot
from kshell.kernel.core.layout import USER_TEXT
from kshell.kernel.entry.exec import Buffer, run_stub
from kshell.kernel.kernel import Kernel
from kshell.machine.paging import FRAME_MASK
from kshell.strace.strace import StraceOfAll
from tests.kernel.signal.lab import Ran, play

FORK, VFORK, WAIT4 = 57, 58, 61
# What stands for several instructions in the programs below, whose lines are parted by semicolons.
SHORT = {
    "CALL": "mov eax, {}; syscall",
    "FORK": "mov eax, 57; syscall; test eax, eax; jz child",
    "WAIT": "mov edi, -1; lea rsi, [rip+cell]; xor edx, edx; xor r10d, r10d; mov eax, 61; syscall",
    "PUT": "mov qword ptr [rip+room], {}; lea rsi, [rip+room]; mov edx, 8; mov edi, 1; mov eax, 1; syscall",
    "EXIT": "mov edi, {}; mov eax, 231; syscall",
    "PIPE": "lea rdi, [rip+room+64]; mov eax, 22; syscall",
    "READ": "mov edi, [rip+room+64]; mov rsi, {}; mov edx, 3000; xor eax, eax; syscall",
    "CLOSE": "mov edi, [rip+room+{}]; mov eax, 3; syscall",  # 64: the end to read from, 68: the other one
    "COMMON": "xor edi, edi; mov esi, 4096; mov edx, 3; mov r10d, 0x21; mov r8, -1; xor r9d, r9d; mov eax, 9; syscall;"
    "mov r12, rax",
    "STATUS": "mov rbx, [rip+cell]",
}


def run(k: Kernel, code: str, tracer: StraceOfAll | None = None, budget: int = 1_000_000) -> Ran:
    """How a program ended, and what it wrote."""
    lines = []
    for line in code.split(";"):
        word, _, rest = line.strip().partition(" ")
        lines += SHORT[word].format(rest).split(";") if word in SHORT else [line]
    tail = "" if "handler:" in code else "\nhandler: ret\n"
    return play(k, "\n".join(lines) + tail, tracer=tracer, budget=budget)


def answer(k: Kernel, nr: int, *args: int) -> int:
    """What a call of the shell's task answers."""
    return run_stub(k, nr, args).rax


@pytest.fixture
def k() -> Kernel:
    return boot()


def test_a_parent_gets_the_number_and_the_status_of_its_child(k: Kernel) -> None:
    ran = run(k, "FORK; mov rbx, rax; WAIT; sub rax, rbx; PUT rax; STATUS; PUT rbx; EXIT 7; child:; EXIT 3")
    assert (ran.end, ran.words) == ("exit 7", (0, 0x300))


def test_a_killed_child_is_told_by_the_signal(k: Kernel) -> None:
    assert run(k, "FORK; WAIT; STATUS; PUT rbx; EXIT 0; child:; mov eax, [0]").words == (11,)


@pytest.mark.parametrize(("nr", "seen"), [(FORK, 5), (VFORK, 6)])
def test_memory_is_copied_by_fork_and_common_by_vfork(k: Kernel, nr: int, seen: int) -> None:
    parent = "test eax, eax; jz child; WAIT; mov rax, [rip+room+64]; PUT rax; EXIT 0"
    child = "child:; mov qword ptr [rip+room+64], 6; EXIT 0"
    assert run(k, f"mov qword ptr [rip+room+64], 5; CALL {nr}; {parent}; {child}").words == (seen,)


def test_a_page_is_common_until_the_child_is_gone(k: Kernel) -> None:
    assert answer(k, FORK) == answer(k, WAIT4, -1, 0, 0, 0)
    used = k.ram.frames_used
    child = answer(k, FORK)
    frame = k.shell_task.mm.pages.entry(USER_TEXT) & FRAME_MASK
    assert k.tasks[child].mm.pages.entry(USER_TEXT) & FRAME_MASK == frame
    assert k.ram.is_shared(frame)
    assert answer(k, WAIT4, -1, 0, 0, 0) == child
    assert not k.ram.is_shared(frame)
    assert k.ram.frames_used == used


def test_a_shared_mapping_stays_common(k: Kernel) -> None:
    child = "child:; mov qword ptr [r12], 9; EXIT 0"
    assert run(k, f"COMMON; FORK; WAIT; mov rax, [r12]; PUT rax; EXIT 0; {child}").words == (9,)


def test_a_reader_waits_for_its_writer_and_sees_the_end(k: Kernel) -> None:
    reader = "CLOSE 68; READ rsp; mov rbx, rax; PUT rbx; READ rsp; PUT rax; EXIT 0"
    writer = "mov edi, [rip+room+68]; lea rsi, [rip+room]; mov edx, 5; CALL 1; EXIT 0"
    assert run(k, f"PIPE; sub rsp, 4096; FORK; {reader}; child:; {writer}").words == (5, 0)


def test_a_write_larger_than_the_pipe_arrives_whole(k: Kernel) -> None:
    reader = "CLOSE 68; xor ebx, ebx; more:; READ rsp; add rbx, rax; test eax, eax; jnz more; PUT rbx; WAIT; STATUS"
    writer = "CLOSE 64; mov edi, [rip+room+68]; mov rsi, rsp; mov edx, 200000; CALL 1; cmp eax, 200000; jne bad; EXIT 0"
    ran = run(k, f"PIPE; sub rsp, 200000; FORK; {reader}; PUT rbx; EXIT 0; child:; {writer}; bad:; EXIT 1")
    assert ran.words == (200_000, 0)


def test_a_pipe_without_readers_kills_its_writer(k: Kernel) -> None:
    writer = "CLOSE 64; more:; mov edi, [rip+room+68]; mov rsi, rsp; mov edx, 4096; CALL 1; jmp more"
    reader = "CLOSE 68; READ rsp; CLOSE 64; WAIT; STATUS; PUT rbx; EXIT 0"
    assert run(k, f"PIPE; sub rsp, 4096; FORK; {reader}; child:; {writer}").words == (13,)


def test_each_task_keeps_its_floating_point_registers(k: Kernel) -> None:
    parent = "mov eax, 11; movd xmm3, eax; FORK; WAIT; movd eax, xmm3; PUT rax; EXIT 0"
    child = "movd eax, xmm3; PUT rax; mov eax, 22; movd xmm3, eax; EXIT 0"
    assert run(k, f"{parent}; child:; {child}").words == (11, 11)


def test_who_computes_for_ever_does_not_keep_the_other_from_running(k: Kernel) -> None:
    spin = "spin:; cmp qword ptr [r12], 0; je spin; EXIT 4"
    assert run(k, f"COMMON; FORK; {spin}; child:; mov qword ptr [r12], 1; EXIT 0").end == "exit 4"


def test_a_child_of_a_dead_parent_is_inits_and_leaves_nothing(k: Kernel) -> None:
    before = k.ram.frames_used
    ran = run(k, "FORK; EXIT 0; child:; CALL 110; PUT rax; EXIT 0")
    assert (ran.end, ran.words) == ("exit 0", (1,))
    assert (k.zombies, list(k.tasks)) == ({}, [k.shell_task.nr])
    assert k.ram.frames_used == before


def test_the_handler_of_SIGCHLD_runs(k: Kernel) -> None:
    install = "mov edi, 17; lea rsi, [rip+act]; xor edx, edx; mov r10d, 8; CALL 13"
    assert run(k, f"{install}; FORK; WAIT; EXIT 0; child:; EXIT 0; handler:; PUT rdi; ret").words == (17,)


def test_a_wait_that_nobody_can_end_is_interrupted_and_the_sleeper_stays(k: Kernel) -> None:
    ran = run(k, "FORK; WAIT; PUT rax; EXIT 0; child:; PIPE; sub rsp, 4096; READ rsp; EXIT 0")
    assert (ran.end, ran.words) == ("exit 0", (-EINTR & (1 << 64) - 1,))
    (sleeper,) = set(k.tasks) - {k.shell_task.nr}
    assert answer(k, 62, sleeper, 9) == 0
    assert list(k.tasks) == [k.shell_task.nr]


def test_children_come_and_go_and_numbers_begin_again(k: Kernel) -> None:
    run(k, "FORK; WAIT; EXIT 0; child:; EXIT 0")
    before = k.ram.frames_used, len(k.task_structs)
    k._last_pid = 32_700
    many = "mov ebx, 200; more:; FORK; WAIT; dec ebx; jnz more; EXIT 0; child:; EXIT 0"
    assert run(k, many, budget=0).end == "exit 0"
    assert (k.ram.frames_used, len(k.task_structs)) == before
    assert 400 < k.new_pid() < 500


def test_a_fork_bomb_leaves_nothing(k: Kernel) -> None:
    used = []
    for _ in range(2):
        assert run(k, "more:; CALL 57; test eax, eax; jns more; EXIT 9", budget=100_000).end in ("exit 9", "budget")
        assert (list(k.tasks), k.zombies) == ([k.shell_task.nr], {})
        used.append(k.ram.frames_used)  # the pages of task_structs stay for others
    assert used[0] == used[1]


def test_strace_shows_all_tasks(k: Kernel) -> None:
    tracer = StraceOfAll(k)
    run(k, "FORK; WAIT; EXIT 0; child:; EXIT 3", tracer=tracer)
    assert [call.text for call in tracer.calls] == [
        "[pid    78] fork()                      = 79",
        "[pid    79] exit_group(3)               = ?",
        "<... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 79",
        "exit_group(0)                           = ?",
    ]
    assert [text for _, text in tracer.between][:2] == [
        "[pid    78] wait4(-1,  <unfinished ...>",
        "[pid    79] +++ exited with 3 +++",
    ]


def test_switches_are_steps_of_the_trace(k: Kernel) -> None:
    tracer = StraceOfAll(k, wants_events=True)
    run(k, "FORK; WAIT; EXIT 0; child:; EXIT 3", tracer=tracer)
    assert [event.values["why"] for event in tracer.events if event.step == "sched"] == ["waits", "exited"]


@pytest.mark.parametrize("by_text", [False, True])
def test_a_call_that_waits_is_counted_once(k: Kernel, by_text: bool) -> None:
    k.cpu.always_by_text = by_text
    child = answer(k, FORK)
    assert answer(k, WAIT4, -1, 0, 0, 0) == child
    assert k.statistics[WAIT4].count == 1
    assert answer(k, WAIT4, -1, 0, 0, 0) == -ECHILD


def test_int_80_makes_children(k: Kernel) -> None:
    first = "mov eax, 2; int 0x80; test eax, eax; jz child"
    assert run(k, f"{first}; WAIT; STATUS; PUT rbx; EXIT 0; child:; EXIT 3").words == (0x300,)


def answer_32(k: Kernel, nr: int, *args: int | Buffer) -> tuple[int | None, list[bytes]]:
    """What a call by `int 0x80` of the shell's task answers, and what is in its buffers then."""
    made = run_stub(k, nr, args, is_32=True)
    assert made.call is not None
    return made.call.ret, [data for _, _, data in made.buffers]


def test_the_calls_for_children_by_their_names() -> None:
    machine = api.boot()
    child = machine.syscall("vfork")
    status, used = bytearray(4), bytearray(144)
    assert machine.syscall("wait4", -1, status, 0, used) == child
    assert (bytes(status), machine.syscall("wait4", -1, 0, 0, 0)) == (bytes(4), -ECHILD)
    child, info = machine.syscall("fork"), bytearray(b"\x55" * 128)
    assert machine.syscall("waitid", P_PID, child or 0, info, WEXITED, 0) == 0
    told = SIGCHLD, 0, 1, 0x55555555, child, 0, 0  # CLD_EXITED; what says nothing of a child is left alone
    assert struct.unpack("<4i3i", info[:28]) == told
    assert info[28:] == b"\x55" * 100


def test_32_bit_programs_wait_with_structures_of_their_own(k: Kernel) -> None:
    child, _ = answer_32(k, 2)
    ret, (status, used) = answer_32(k, 114, -1, Buffer(4, b"\x55" * 4), 0, Buffer(72))
    left_once = (*[0] * 16, 1, 0)  # nvcsw: it ended
    assert (ret, status, struct.unpack("<18I", used)) == (child, bytes(4), left_once)
    child, _ = answer_32(k, 2)
    assert answer_32(k, 7, child or 0, Buffer(4, b"\x55" * 4), 0) == (child, [bytes(4)])
    child, _ = answer_32(k, 190)
    ret, (info, used) = answer_32(k, 284, P_ALL, 0, Buffer(128, b"\x55" * 128), WEXITED, Buffer(72))
    assert (ret, struct.unpack("<6i", info[:24])) == (0, (SIGCHLD, 0, 1, child, 0, 0))
    assert (info[24:], struct.unpack("<18I", used)) == (b"\x55" * 104, left_once)
    assert answer_32(k, 284, P_ALL, 0, 0, WEXITED, 0) == (-ECHILD, [])
