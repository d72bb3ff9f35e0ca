"""Timers and waits: which signal ends them, what is left, and how a call goes on after."""

from __future__ import annotations

import struct

import pytest

from kshell.abi.errno import EAGAIN, EFAULT, EINTR, EINVAL
from kshell.abi.sigaction import ITIMERVAL, SIGACTION
from kshell.api import Machine, boot
from kshell.kernel.boot.start import boot as boot_kernel
from kshell.kernel.kernel import Kernel
from tests.kernel.signal.lab import play

SECOND = 10**9
ALARM = "mov edi, 14\ncall install\nmov edi, 3\nmov eax, 37\nsyscall\n"  # SIGALRM has a handler, and alarm(3)
MARK = "handler:\nmov byte ptr [rip + room], 1\nret\n"
RESULT_AND_MARK = """
    mov [rip + room + 8], rax
    lea rsi, [rip + room]
    mov edx, 16
    call report
    xor edi, edi
    jmp quit
"""


@pytest.fixture(params=["4.19", "6.19"])
def machine(request: pytest.FixtureRequest) -> Machine:
    return boot(request.param)


@pytest.fixture(scope="module")
def k() -> Kernel:
    return boot_kernel("6.19")


def seconds(k: Kernel, since: int) -> float:
    return round((k.clock.ns - since) / SECOND, 2)


def test_alarm_tells_what_was_left(machine: Machine) -> None:
    assert [machine.syscall("alarm", value) for value in (5, 9, 0, 0, 4294967295, 0)] == [0, 5, 9, 0, 0, 4294967295]


def test_a_timer_is_read_set_and_its_errors(machine: Machine) -> None:
    room = bytearray(32)
    assert machine.syscall("setitimer", 0, ITIMERVAL.pack(2, 0, 7, 500), room) == 0
    assert ITIMERVAL.unpack(bytes(room)) == (0, 0, 0, 0)
    assert machine.syscall("getitimer", 0, room) == 0
    assert ITIMERVAL.unpack(bytes(room))[:3] == (2, 0, 7)
    assert machine.syscall("setitimer", 0, 0, room) == 0
    assert machine.syscall("getitimer", 0, room) == 0
    assert ITIMERVAL.unpack(bytes(room)) == (0, 0, 0, 0)
    for which, kept in ((0, 0), (1, 5), (2, 5)):  # the timers of CPU time remember an interval that nothing begins
        assert machine.syscall("setitimer", which, ITIMERVAL.pack(kept or 5, 7, 0, 0), 0) == 0
        assert machine.syscall("setitimer", which, 0, room) == 0
        assert ITIMERVAL.unpack(bytes(room)) == (kept, 7 * bool(kept), 0, 0)
    bad = [(3, bytes(32)), (-1, bytes(32)), (0, ITIMERVAL.pack(0, 0, 0, 10**6)), (0, ITIMERVAL.pack(0, -1, 0, 0))]
    assert [machine.syscall("setitimer", which, value, 0) for which, value in bad] == [-EINVAL] * 4
    assert machine.syscall("setitimer", 0, 8, 0) == machine.syscall("setitimer", 0, bytes(32), 8) == -EFAULT
    assert (machine.syscall("getitimer", 3, 8), machine.syscall("getitimer", 0, 8)) == (-EINVAL, -EFAULT)


def test_pause_goes_to_the_moment_of_the_alarm_and_answers_EINTR(k: Kernel) -> None:
    before = k.clock.ns
    found = play(k, f"{ALARM} mov eax, 34\nsyscall\n{RESULT_AND_MARK}{MARK}")
    assert struct.unpack("<qq", found.output) == (1, -EINTR)
    assert seconds(k, before) == 3


SLEEP_BY_INT80 = """
lea rbx, [rip + room + 32]
mov qword ptr [rbx], 10
xor ecx, ecx
mov eax, 162
int 0x80
"""


def test_a_sleep_by_int_0x80_that_no_handler_has_seen_goes_on_by_restart_syscall_of_its_own_table(k: Kernel) -> None:
    ignored = f"mov qword ptr [rip + act], 1\n{ALARM}"
    before = k.clock.ns
    (result,) = play(k, f"{ignored}{SLEEP_BY_INT80}{RESULT_AND_MARK}handler: ret\n").words[1:]
    assert (result, seconds(k, before)) == (0, 10)
    assert [k.ia32.statistics_of(k, nr).count for nr in (162, 0)] == [1, 1]
    assert 219 not in k.statistics


@pytest.mark.parametrize("flags", [0x400_0004, 0x1400_0004])
def test_no_flag_restarts_a_pause_or_a_sleep_that_a_handler_has_seen(k: Kernel, flags: int) -> None:
    sleep = "mov qword ptr [rip + room + 32], 10\nlea rdi, [rip + room + 32]\nlea rsi, [rip + room + 64]\nmov eax, 35\n"
    code = f"{ALARM}{sleep}syscall\nmov rcx, [rip + room + 64]\nmov [rip + room], rcx\n{RESULT_AND_MARK}handler: ret\n"
    before = k.clock.ns
    left, result = struct.unpack("<qq", play(k, code, flags=flags).output)
    assert (left, result, seconds(k, before)) == (7, -EINTR, 3)


@pytest.mark.parametrize(("flags", "answer"), [(0x400_0004, -EINTR), (0x1400_0004, 1)])
def test_an_alarm_ends_the_wait_for_a_pipe_and_SA_RESTART_makes_the_call_again(
    k: Kernel, flags: int, answer: int
) -> None:
    pipe = "lea rdi, [rip + room + 64]\nmov eax, 22\nsyscall\n"
    read = "mov edi, [rip + room + 64]\nlea rsi, [rip + room]\nmov edx, 1\nxor eax, eax\nsyscall\n"
    handler = "handler: mov edi, [rip + room + 68]\nlea rsi, [rip + room]\nmov edx, 1\nmov eax, 1\nsyscall\nret\n"
    before = k.clock.ns
    found = play(k, f"{pipe}{ALARM}{read}{RESULT_AND_MARK}{handler}", flags=flags)
    assert struct.unpack("<qq", found.output)[1] == answer
    assert seconds(k, before) == 3


def test_a_pipe_that_nobody_fills_is_interrupted_where_no_timer_is_set(machine: Machine) -> None:
    ends = bytearray(8)
    assert machine.syscall("pipe", ends) == 0
    assert machine.syscall("read", ends[0], bytearray(1), 1) == -EINTR


def test_a_sleep_goes_on_behind_a_signal_that_nobody_sees(k: Kernel) -> None:
    ignore = "mov qword ptr [rip + act], 1\n"
    sleep = "mov qword ptr [rip + room + 32], 10\nlea rdi, [rip + room + 32]\nxor esi, esi\nmov eax, 35\nsyscall\n"
    before = k.clock.ns
    found = play(k, f"{ignore}{ALARM}{sleep}{RESULT_AND_MARK}{MARK}")
    assert (struct.unpack("<qq", found.output), seconds(k, before)) == ((0, 0), 10)


def test_an_alarm_without_a_handler_ends_the_program(k: Kernel) -> None:
    assert play(k, "mov edi, 1\nmov eax, 37\nsyscall\nmov eax, 34\nsyscall\nhandler: ret\n").end == "SIGALRM 128 0x0"


def test_a_loop_gets_its_alarm_since_computation_takes_time_while_a_timer_is_armed(k: Kernel) -> None:
    soon = ALARM.replace("edi, 3", "edi, 1")
    code = f"{soon}wait: cmp byte ptr [rip + room], 0\nje wait\nxor edi, edi\njmp quit\n{MARK}"
    ends = []
    for _ in range(2):
        before = k.clock.ns
        assert play(k, code, budget=100_000_000).end == "exit 0"
        ends.append(k.clock.ns - before)
    assert SECOND <= ends[0] < SECOND + SECOND // 100
    assert ends[0] == ends[1]


def test_an_interval_timer_comes_again_and_again(k: Kernel) -> None:
    code = """
    mov edi, 14
    call install
    xor edi, edi
    lea rsi, [rip + every]
    xor edx, edx
    mov eax, 38
    syscall
    again: mov eax, 34
    syscall
    cmp byte ptr [rip + room], 5
    jb again
    xor edi, edi
    jmp quit
    handler:
    inc byte ptr [rip + room]
    ret
    every: .quad 1, 0, 0, 500000
    """
    before = k.clock.ns
    assert play(k, code).end == "exit 0"
    assert seconds(k, before) == 4.5


def test_a_cpu_timer_stands_still_while_the_program_sleeps(k: Kernel) -> None:
    code = f"""
    mov edi, 26
    call install
    mov edi, 1
    lea rsi, [rip + once]
    xor edx, edx
    mov eax, 38
    syscall
    mov qword ptr [rip + room + 32], 100
    lea rdi, [rip + room + 32]
    xor esi, esi
    mov eax, 35
    syscall
    mov [rip + room + 16], rax
    wait: cmp byte ptr [rip + room], 0
    je wait
    mov edi, [rip + room + 16]
    jmp quit
    {MARK}
    once: .quad 0, 0, 0, 100000
    """
    before = k.clock.ns
    assert play(k, code, budget=100_000_000).end == "exit 0"
    assert seconds(k, before) == 100.1


def test_what_nobody_could_end_in_a_script_is_interrupted_with_a_sentence(machine: Machine) -> None:
    assert machine.syscall("pause") == -EINTR
    assert machine.syscall("rt_sigsuspend", bytes(8), 8) == -EINTR
    assert machine.syscall("rt_sigtimedwait", b"\0\2" + bytes(6), 0, 0, 8) == -EINTR


def test_sigsuspend_waits_with_another_mask_and_puts_the_old_one_back(k: Kernel) -> None:
    block = "mov qword ptr [rip + cell], 0x2000\nxor edi, edi\nlea rsi, [rip + cell]\nxor edx, edx\nmov r10d, 8\n"
    block += "mov eax, 14\nsyscall\n"
    suspend = "mov qword ptr [rip + cell], 0\nlea rdi, [rip + cell]\nmov esi, 8\nmov eax, 130\nsyscall\nmov rbx, rax\n"
    mask = "xor edi, edi\nxor esi, esi\nlea rdx, [rip + room + 8]\nmov r10d, 8\nmov eax, 14\nsyscall\n"
    show = "mov [rip + room + 16], rbx\nlea rsi, [rip + room]\nmov edx, 24\ncall report\nxor edi, edi\njmp quit\n"
    found = play(k, f"{ALARM}{block}{suspend}{mask}{show}{MARK}")
    assert struct.unpack("<qqq", found.output) == (1, 0x2000, -EINTR)


def test_a_signal_is_taken_without_a_handler(machine: Machine) -> None:
    usr1, room = (0x200).to_bytes(8, "little"), bytearray(128)
    machine.syscall("rt_sigprocmask", 0, usr1, 0, 8)
    assert machine.syscall("rt_sigtimedwait", usr1, room, bytes(16), 8) == -EAGAIN
    machine.syscall("kill", 77, 10)
    assert machine.syscall("rt_sigtimedwait", usr1, room, bytes(16), 8) == 10
    assert struct.unpack_from("<iiiiII", room) == (10, 0, 0, 0, 77, 0)
    alrm = (0x2000).to_bytes(8, "little")
    machine.syscall("rt_sigprocmask", 0, alrm, 0, 8)
    machine.syscall("alarm", 5)
    assert machine.syscall("rt_sigtimedwait", alrm, 0, struct.pack("<qq", 4, 0), 8) == -EAGAIN
    assert machine.syscall("rt_sigtimedwait", alrm, 0, 0, 8) == 14
    assert machine.syscall("rt_sigtimedwait", 8, 0, 0, 8) == -EFAULT
    assert machine.syscall("rt_sigtimedwait", alrm, 0, struct.pack("<qq", 0, -1), 8) == -EINVAL
    assert machine.syscall("rt_sigtimedwait", alrm, 0, 0, 4) == -EINVAL


def test_nothing_is_to_be_restarted(machine: Machine) -> None:
    assert machine.syscall("restart_syscall") == -EINTR


def test_a_handler_of_the_shells_own_task_runs_in_the_call_and_returns(machine: Machine) -> None:
    handler = 0x401FF0  # a ret, and behind it what calls rt_sigreturn: that of the shell for SIGINT
    machine.syscall("rt_sigaction", 14, SIGACTION.pack(handler, 0x400_0000, handler + 1, 0), 0, 8)
    machine.syscall("alarm", 1)
    assert machine.syscall("pause") == -514  # what the kernel keeps to itself
    assert machine.syscall("getpid") == 77
