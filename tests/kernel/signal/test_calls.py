"""The calls about signals, their errors in Linux's order, and how signals wait."""

from __future__ import annotations

import struct

import pytest

from kshell.abi.errno import E2BIG, EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM, ESRCH
from kshell.abi.sigaction import SIGACTION, STACK_T
from kshell.api import Machine, boot
from kshell.kernel.boot.start import boot as boot_kernel
from tests.kernel.signal.lab import play

ME = 77
SET = (0x200).to_bytes(8, "little")  # SIGUSR1
ACTION = SIGACTION.pack(0x401F00, 0x400_0004, 0x401F08, 0xFFFF_FFFF_FFFF_FFFF)


@pytest.fixture(params=["4.19", "6.19"])
def machine(request: pytest.FixtureRequest) -> Machine:
    return boot(request.param)


def test_sigaction_gives_back_what_was_there_and_never_blocks_SIGKILL_and_SIGSTOP(machine: Machine) -> None:
    old = bytearray(32)
    assert machine.syscall("rt_sigaction", 10, ACTION, old, 8) == 0
    assert bytes(old) == bytes(32)
    assert machine.syscall("rt_sigaction", 10, 0, old, 8) == 0
    assert SIGACTION.unpack(bytes(old)) == (0x401F00, 0x400_0004, 0x401F08, 0xFFFF_FFFF_FFFB_FEFF)


def test_sigaction_since_5_11_keeps_no_unknown_flags() -> None:
    old = bytearray(32)
    action = SIGACTION.pack(1, 0xFFFF_FFFF_FFFF_FFFF, 0, 0)
    kept = {}
    for name in ("4.19", "6.19"):
        machine = boot(name)
        machine.syscall("rt_sigaction", 10, action, 0, 8)
        machine.syscall("rt_sigaction", 10, 0, old, 8)
        kept[name] = SIGACTION.unpack(bytes(old))[1]
    assert kept == {"4.19": 0xFFFF_FFFF_FCFF_FFFF, "6.19": 0xDC00_0807}


def test_the_errors_of_sigaction(machine: Machine) -> None:
    assert machine.syscall("rt_sigaction", 10, 8, 0, 7) == -EINVAL
    assert machine.syscall("rt_sigaction", 0, 8, 0, 8) == -EFAULT  # looked at before the number
    assert [machine.syscall("rt_sigaction", signo, ACTION, 0, 8) for signo in (0, 65, -1, 9, 19)] == [-EINVAL] * 5
    assert [machine.syscall("rt_sigaction", signo, 0, 0, 8) for signo in (9, 19, 64)] == [0, 0, 0]
    assert machine.syscall("rt_sigaction", 10, 0, 8, 8) == -EFAULT


def test_a_blocked_signal_waits_and_is_told_of(machine: Machine) -> None:
    room = bytearray(8)
    assert machine.syscall("rt_sigprocmask", 0, SET, room, 8) == 0
    assert bytes(room) == bytes(8)
    assert machine.syscall("kill", ME, 10) == 0
    assert machine.syscall("rt_sigpending", room, 8) == 0
    assert bytes(room) == SET
    assert machine.syscall("rt_sigaction", 10, SIGACTION.pack(1, 0, 0, 0), 0, 8) == 0  # ignored: it waits no longer
    assert machine.syscall("rt_sigpending", room, 8) == 0
    assert bytes(room) == bytes(8)


def test_the_errors_of_sigprocmask_and_sigpending(machine: Machine) -> None:
    assert machine.syscall("rt_sigprocmask", 9, 8, 0, 4) == -EINVAL
    assert machine.syscall("rt_sigprocmask", 9, 8, 0, 8) == -EFAULT
    assert machine.syscall("rt_sigprocmask", 9, SET, 0, 8) == -EINVAL
    assert machine.syscall("rt_sigprocmask", 9, 0, 0, 8) == 0  # nothing is asked for
    assert machine.syscall("rt_sigpending", 8, 9) == -EINVAL
    assert machine.syscall("rt_sigpending", 8, 8) == -EFAULT
    assert machine.syscall("rt_sigpending", 8, 0) == 0


def test_all_can_be_asked_to_be_blocked_but_two_are_not(machine: Machine) -> None:
    room = bytearray(8)
    machine.syscall("rt_sigprocmask", 2, b"\xff" * 8, 0, 8)
    machine.syscall("rt_sigprocmask", 1, SET, room, 8)
    assert int.from_bytes(room, "little") == 0xFFFF_FFFF_FFFB_FEFF
    machine.syscall("rt_sigprocmask", 0, 0, room, 8)
    assert int.from_bytes(room, "little") == 0xFFFF_FFFF_FFFB_FCFF


def test_whom_kill_finds(machine: Machine) -> None:
    assert [machine.syscall("kill", pid, 0) for pid in (ME, 0, -ME, -1, 4242, -(1 << 31))] == [
        *(0, 0, 0),
        *(-ESRCH, -ESRCH, -ESRCH),
    ]
    assert [machine.syscall("kill", pid, signo) for pid, signo in ((ME, 65), (ME, -1), (4242, 65))] == [
        *(-EINVAL, -EINVAL),
        -ESRCH,
    ]


def test_a_thread_is_named_by_both_numbers(machine: Machine) -> None:
    assert [machine.syscall("tkill", pid, 0) for pid in (ME, 0, -1, 4242)] == [0, -EINVAL, -EINVAL, -ESRCH]
    assert [machine.syscall("tgkill", *pids, 0) for pids in ((ME, ME), (0, ME), (ME, 0), (ME, 4242), (1, ME))] == [
        *(0, -EINVAL, -EINVAL),
        *(-ESRCH, -ESRCH),
    ]
    assert machine.syscall("tgkill", ME, ME, 65) == -EINVAL


def test_a_signal_that_ends_tasks_ends_the_shells_own(machine: Machine) -> None:
    assert machine.syscall("kill", ME, 9) is None
    assert machine.syscall("getpid") == ME + 1


def test_a_siginfo_of_ones_own_may_only_go_to_oneself_as_if_by_the_kernel(machine: Machine) -> None:
    info = struct.pack("<iii", 0, 0, 0).ljust(128, b"\0")
    assert machine.syscall("rt_sigqueueinfo", ME, 17, 8) == -EFAULT
    assert machine.syscall("rt_sigqueueinfo", ME, 17, info) == 0
    assert machine.syscall("rt_sigqueueinfo", ME + 5, 17, info) == -EPERM
    queued = struct.pack("<iii", 0, 0, -1).ljust(128, b"\0")
    assert machine.syscall("rt_sigqueueinfo", ME + 5, 17, queued) == -ESRCH
    assert machine.syscall("rt_sigqueueinfo", ME, 65, queued) == -EINVAL


@pytest.mark.parametrize(("release", "kept"), [("4.19", 128), ("6.19", 48)])
def test_a_siginfo_of_ones_own_comes_back_whole_but_for_its_number(release: str, kept: int) -> None:
    machine, got = boot(release), bytearray(128)
    passed = struct.pack("<iii", 5, 7, -1) + bytes(range(12, 128))
    assert machine.syscall("rt_sigprocmask", 0, SET, 0, 8) == 0
    assert machine.syscall("rt_sigqueueinfo", ME, 10, passed) == 0
    assert machine.syscall("rt_sigtimedwait", SET, got, 0, 8) == 10
    assert bytes(got) == (struct.pack("<i", 10) + passed[4:kept]).ljust(128, b"\0")


@pytest.mark.parametrize(
    ("signo", "code", "behind", "result"),
    [
        *((10, -61, 1, -E2BIG), (10, -61, 0, 0), (10, -60, 1, 0), (10, -8, 1, -E2BIG), (10, -7, 1, 0), (10, 6, 1, 0)),
        *((10, 7, 1, -E2BIG), (10, 128, 1, 0), (10, 129, 1, -E2BIG), (7, 6, 1, -E2BIG), (11, 10, 1, 0), (8, 15, 1, 0)),
    ],
)
def test_a_siginfo_of_an_unknown_kind_may_have_nothing_behind_48_bytes(
    signo: int, code: int, behind: int, result: int
) -> None:
    info = struct.pack("<iii", 0, 0, code).ljust(48, b"\0") + bytes([behind]).ljust(80, b"\0")
    for release, expected in (("4.19", 0), ("6.19", result)):
        machine = boot(release)
        assert machine.syscall("rt_sigprocmask", 0, struct.pack("<Q", 1 << signo - 1), 0, 8) == 0
        assert machine.syscall("rt_sigqueueinfo", ME, signo, info) == expected


@pytest.mark.parametrize(("release", "first"), [("4.19", -EPERM), ("6.19", -E2BIG)])
def test_too_much_is_said_before_whom_it_was_for(release: str, first: int) -> None:
    info = struct.pack("<iii", 0, 0, 200).ljust(127, b"\0") + b"\1"
    assert boot(release).syscall("rt_sigqueueinfo", 1, 65, info) == first


SOON = struct.pack("<4q", 0, 0, 0, 1000)
LATER = struct.pack("<qq", 1, 0)
ALARM = (1 << 13).to_bytes(8, "little")


def test_a_signal_that_is_ignored_ends_no_wait_for_it(machine: Machine) -> None:
    assert machine.syscall("rt_sigaction", 14, SIGACTION.pack(1, 0x400_0000, 0, 0), 0, 8) == 0
    assert machine.syscall("setitimer", 0, SOON, 0) == 0
    assert machine.syscall("rt_sigtimedwait", ALARM, 0, LATER, 8) == -EAGAIN
    assert machine.syscall("rt_sigprocmask", 0, ALARM, 0, 8) == 0
    assert machine.syscall("setitimer", 0, SOON, 0) == 0
    assert machine.syscall("rt_sigtimedwait", ALARM, 0, LATER, 8) == 14


def test_a_signal_that_ends_programs_is_not_taken_by_who_has_not_blocked_it(machine: Machine) -> None:
    assert machine.syscall("setitimer", 0, SOON, 0) == 0
    assert machine.syscall("rt_sigtimedwait", ALARM, 0, LATER, 8) is None
    assert machine.syscall("getpid") == ME + 1


def test_the_other_stack_and_its_errors(machine: Machine) -> None:
    room = bytearray(24)
    assert machine.syscall("sigaltstack", 8, 0) == -EFAULT
    assert machine.syscall("sigaltstack", STACK_T.pack(0x5000, 7, 8192), 0) == -EINVAL
    assert machine.syscall("sigaltstack", STACK_T.pack(0x5000, 0, 2047), 0) == -ENOMEM
    assert machine.syscall("sigaltstack", STACK_T.pack(0x5000, 0, 2048), room) == 0
    assert STACK_T.unpack(bytes(room)) == (0, 2, 0)
    assert machine.syscall("sigaltstack", STACK_T.pack(0x5000, 2, 2048), room) == 0
    assert STACK_T.unpack(bytes(room)) == (0x5000, 0, 2048)
    assert machine.syscall("sigaltstack", 0, 8) == -EFAULT


def test_sigreturn_without_a_frame_kills_the_task(machine: Machine) -> None:
    assert machine.syscall("rt_sigreturn") is None


# In programs.

TRACE = """
handler:                # one byte of the signal's number each time
    mov [rip + room], dil
    lea rsi, [rip + room]
    mov edx, 1
    call report
    ret
"""
SEND = "mov eax, 39\nsyscall\nmov edi, eax\nmov esi, {}\nmov eax, 62\nsyscall\n"
MASK_ALL = (
    "lea rsi, [rip + cell]\nmov rax, {}\nmov [rsi], rax\nmov edi, 2\nxor edx, edx\nmov r10d, 8\nmov eax, 14\nsyscall\n"
)


def _several(signals: list[int], installed: list[int]) -> str:
    install = "".join(f"mov edi, {signo}\ncall install\n" for signo in installed)
    return (
        install
        + MASK_ALL.format(-1)
        + "".join(map(SEND.format, signals))
        + MASK_ALL.format(0)
        + "xor edi, edi\njmp quit\n"
    )


def test_standard_signals_collapse_and_real_time_ones_queue() -> None:
    found = play(boot_kernel("6.19"), _several([10, 10, 40, 40, 40, 34], [10, 34, 40]) + TRACE, mask=-1 & (1 << 64) - 1)
    assert (found.end, sorted(found.output)) == ("exit 0", [10, 34, 40, 40, 40])


def test_of_several_that_wait_the_last_one_delivered_runs_first_unless_it_is_masked() -> None:
    k = boot_kernel("6.19")
    assert play(k, _several([12, 10, 11], [10, 11, 12]) + TRACE).output == bytes([12, 10, 11])
    assert play(k, _several([12, 10, 11], [10, 11, 12]) + TRACE, mask=(1 << 64) - 1).output == bytes([11, 10, 12])


def test_SA_RESETHAND_serves_once() -> None:
    code = "mov edi, 10\ncall install\n" + SEND.format(10) * 2 + TRACE
    assert play(boot_kernel("6.19"), code, flags=0x8400_0004) == ("SIGUSR1 0 0x0", bytes([10]))


@pytest.mark.parametrize(("flags", "seen"), [(0x400_0004, 0x200), (0x4400_0004, 0)])
def test_a_signal_is_blocked_in_its_own_handler_unless_SA_NODEFER(flags: int, seen: int) -> None:
    code = f"""mov edi, 10\ncall install\n{SEND.format(10)} xor edi, edi\njmp quit
    handler:
    xor edi, edi
    xor esi, esi
    lea rdx, [rip + room]
    mov r10d, 8
    mov eax, 14
    syscall
    lea rsi, [rip + room]
    mov edx, 8
    call report
    ret
    """
    assert play(boot_kernel("4.19"), code, flags=flags).words == (seen,)


@pytest.mark.parametrize("signo", [17, 18, 23, 28])
def test_some_signals_do_nothing_by_default(signo: int) -> None:
    assert play(boot_kernel("4.19"), SEND.format(signo) + "xor edi, edi\njmp quit\nhandler: ret\n").end == "exit 0"


@pytest.mark.parametrize(
    ("signo", "name"), [(1, "SIGHUP"), (3, "SIGQUIT"), (9, "SIGKILL"), (15, "SIGTERM"), (40, "SIGRT_8")]
)
def test_most_signals_end_the_program(signo: int, name: str) -> None:
    assert play(boot_kernel("4.19"), SEND.format(signo) + "jmp quit\nhandler: ret\n").end == f"{name} 0 0x0"


def test_a_stopped_task_goes_on_for_there_is_nobody_who_would_send_SIGCONT() -> None:
    k = boot_kernel("6.19")
    assert play(k, SEND.format(19) + "xor edi, edi\njmp quit\nhandler: ret\n").end == "exit 0"
    assert any("SIGSTOP stops a task" in note for note in k.take_notes())


@pytest.mark.parametrize("handled", [False, True])
def test_SIGPIPE_kills_or_is_caught_and_the_write_answers_EPIPE(handled: bool) -> None:
    install = "mov edi, 13\ncall install\n" if handled else ""
    code = f"""{install} lea rdi, [rip + cell]
    mov eax, 22
    syscall
    mov edi, [rip + cell]
    mov eax, 3
    syscall
    mov edi, [rip + cell + 4]
    lea rsi, [rip + cell]
    mov edx, 1
    mov eax, 1
    syscall
    neg eax
    mov edi, eax
    jmp quit
    """
    found = play(boot_kernel("4.19"), code + TRACE)
    assert found == (("exit 32", bytes([13])) if handled else ("SIGPIPE 0 0x0", b""))


def test_a_program_may_send_to_the_shell_and_kill_it() -> None:
    k = boot_kernel("4.19")
    shell = k.shell_task
    code = (
        "mov eax, 110\nsyscall\nmov edi, eax\nmov esi, 9\nmov eax, 62\nsyscall\nmov edi, eax\njmp quit\nhandler: ret\n"
    )
    assert play(k, code).end == "exit 0"
    assert not shell.is_alive
