"""The vsyscall page.  What 6.19 answers was measured on Linux 6.18, whose page is the same."""

from __future__ import annotations

import random

import pytest

from kshell.abi.loglevel import KERN_INFO, KERN_WARNING
from kshell.abi.ptregs import BX, DX, SP
from kshell.kernel.boot.start import boot
from kshell.kernel.trace.event import Event
from kshell.kernel.trace.tracer import Tracer
from kshell.kernel.vdso.vsyscall import ENTRIES, gate_vma, mode_of
from tests.kernel.lab import DATA, TEXT
from tests.kernel.vdso.lab import AX, CALL, READ_ONLY, call, mov, run_code, stored

PAGE = 0xFFFF_FFFF_FF60_0000
GETTIMEOFDAY, TIME, GETCPU = PAGE, PAGE + 0x400, PAGE + 0x800
JUMP_ON_NO_STACK = bytes.fromhex("bc08000000 ffe0")  # mov esp, 8; jmp rax
READ_IT, WRITE_IT = bytes.fromhex("8b18"), bytes.fromhex("8918")  # mov ebx, [rax]; mov [rax], ebx


@pytest.mark.parametrize("release", ["4.19", "course", "6.19"])
def test_each_entry_answers_what_its_call_answers_and_returns_to_its_caller(release: str) -> None:
    k = boot(release)
    seconds = k.clock.realtime_ns() // 10**9
    how, task = run_code(k, call(TIME))
    assert (how, task.regs[BX], task.regs[DX]) == ("exit 0", seconds, 0x3333)
    assert stored(k, call(TIME, DATA, 0), 8) == seconds.to_bytes(8, "little")
    assert stored(k, call(GETTIMEOFDAY, DATA, DATA + 16), 24)[:8] == seconds.to_bytes(8, "little")
    assert stored(k, call(GETCPU, DATA, DATA + 4), 8) == bytes(8)


def test_the_page_is_what_the_boot_words_make_of_it() -> None:
    assert mode_of("", (4, 19)) == "emulate"
    assert mode_of("", (6, 19)) == "xonly"
    assert mode_of("vsyscall=none quiet", (4, 19)) == mode_of("vsyscall=xonly vsyscall=none", (6, 19)) == "none"
    assert mode_of("vsyscall=xonly", (4, 19)) == mode_of("vsyscall=native", (4, 19)) == "emulate"
    assert mode_of("vsyscall=emulate", (6, 19)) == "emulate"


@pytest.mark.parametrize(
    ("release", "cmdline", "shown"),
    [("4.19", "", "r-xp"), ("6.19", "", "--xp"), ("6.19", "vsyscall=emulate", "r-xp"), ("6.19", "vsyscall=none", "")],
)
def test_the_area_is_shown_as_far_as_there_is_one(release: str, cmdline: str, shown: str) -> None:
    area = gate_vma(boot(release, cmdline))
    assert ("" if area is None else repr(area)) == (f"{PAGE:x}-{PAGE + 0x1000:x} {shown} [vsyscall]" if shown else "")


@pytest.mark.parametrize(
    ("release", "cmdline", "read"),
    [
        ("4.19", "", "exit 0"),
        ("4.19", "vsyscall=none", f"SIGSEGV 1 {PAGE:#x}"),
        ("6.19", "", f"SIGSEGV 1 {PAGE:#x}"),
        ("6.19", "vsyscall=emulate", "exit 0"),
    ],
)
def test_a_read_is_as_the_mode_has_it_and_a_write_is_never_allowed(release: str, cmdline: str, read: str) -> None:
    k = boot(release, cmdline)
    assert run_code(k, mov(AX, PAGE) + READ_IT)[0] == read
    assert run_code(k, mov(AX, PAGE) + WRITE_IT)[0].rsplit(" ", 1)[1] == f"{PAGE:#x}"


def test_what_is_read_there_is_the_code_that_once_ran() -> None:
    how, task = run_code(boot("4.19"), mov(AX, TIME) + b"\x48\x8b\x00")  # mov rax, [rax]
    assert (how, task.regs[BX].to_bytes(8, "little").hex(" ")) == ("exit 0", "48 c7 c0 c9 00 00 00 0f")


WARNED = [  # where, rdi, rsi, how it ends on 6.19, and what is said
    (PAGE + 0xC00, 0, 0, "SIGSEGV 128 0x0", "misaligned vsyscall"),
    (PAGE + 1, 0, 0, "SIGSEGV 128 0x0", "misaligned vsyscall"),
    (PAGE + 0xFFF, 0, 0, "SIGSEGV 128 0x0", "misaligned vsyscall"),
    (GETTIMEOFDAY, 1, 0, "SIGSEGV 128 0x0", "vsyscall fault (exploit attempt?)"),
    (TIME, READ_ONLY, 0, "SIGSEGV 128 0x0", "vsyscall fault (exploit attempt?)"),
    (GETTIMEOFDAY, DATA, 1, "SIGSEGV 128 0x0", "vsyscall fault (exploit attempt?)"),
    (GETCPU, DATA, 1, "SIGSEGV 128 0x0", "vsyscall fault (exploit attempt?)"),
    (GETTIMEOFDAY, 0xFFFFFFFF81000000, 0, "SIGSEGV 1 0xffffffff81000000", "vsyscall fault (exploit attempt?)"),
    (TIME, 1 << 63, 0, "SIGSEGV 1 0x8000000000000000", "vsyscall fault (exploit attempt?)"),
]


@pytest.mark.parametrize(("at", "di", "si", "how", "said"), WARNED)
def test_another_offset_or_a_bad_pointer_is_a_signal_and_a_line_in_the_log(
    at: int, di: int, si: int, how: str, said: str
) -> None:
    k = boot("6.19")
    got, task = run_code(k, call(at, di, si))
    assert got == how
    assert task.killed_by is not None
    assert (task.killed_by.ip, task.regs[SP] & 0xF) == (at, 8)  # the return address is still on the stack
    record = k.log.since(0)[-1]
    assert record.text.startswith(f"prog[78] {said}")
    assert record.text.endswith(f" ip:{at:x} cs:33 sp:{task.regs[SP]:x} ax:{task.regs[10]:x} si:{si:x} di:{di:x}")
    assert record.level == (KERN_WARNING if "misaligned" in said else KERN_INFO)


@pytest.mark.parametrize(
    ("at", "di", "si", "how"),
    [
        (TIME, 1, 0, "SIGSEGV 1 0x1"),
        (TIME, READ_ONLY, 0, f"SIGSEGV 2 {READ_ONLY:#x}"),
        (GETTIMEOFDAY, DATA, 1, "SIGSEGV 1 0x1"),
        (TIME, READ_ONLY - 4, 0, f"SIGSEGV 1 {READ_ONLY - 4:#x}"),
    ],
)
def test_the_older_kernel_says_which_address_of_a_bad_pointer_it_was(at: int, di: int, si: int, how: str) -> None:
    assert run_code(boot("4.19"), call(at, di, si))[0] == how


def test_a_stack_that_cannot_be_read_has_no_caller_to_return_to() -> None:
    k = boot("6.19")
    assert run_code(k, mov(AX, TIME) + JUMP_ON_NO_STACK)[0] == "SIGSEGV 128 0x0"
    assert "vsyscall with bad stack (exploit attempt?) ip:ffffffffff600400 cs:33 sp:8 " in k.log.since(0)[-1].text


@pytest.mark.parametrize("release", ["4.19", "6.19"])
def test_without_the_page_a_call_is_a_jump_to_nowhere_that_is_told(release: str) -> None:
    k = boot(release, "vsyscall=none")
    assert run_code(k, call(TIME))[0] == f"SIGSEGV 1 {TIME:#x}"
    assert any("prog[78] vsyscall attempted with vsyscall=none ip:ffffffffff600400" in r.text for r in k.log.since(0))


@pytest.mark.parametrize(
    ("cmdline", "code", "why"),
    [
        ("", READ_IT, "it read 0xffffffffff600000: the vsyscall page is there to be called, and only with"),
        ("vsyscall=none", CALL, "jumped to 0xffffffffff600000: there is no vsyscall page, since"),
        ("vsyscall=emulate", WRITE_IT, "it wrote to 0xffffffffff600000: the vsyscall page is there to be called and r"),
    ],
)
def test_the_person_at_the_shell_is_told_what_the_page_is_for(cmdline: str, code: bytes, why: str) -> None:
    task = run_code(boot("6.19", cmdline), mov(AX, PAGE) + code)[1]
    assert task.killed_by is not None
    assert why in task.killed_by.why


def test_a_read_that_is_denied_is_told_by_the_newer_kernel_alone() -> None:
    for release, cmdline, told in (
        ("6.19", "", True),
        ("6.19", "vsyscall=none", True),
        ("4.19", "vsyscall=none", False),
    ):
        k = boot(release, cmdline)
        run_code(k, mov(AX, PAGE) + READ_IT)
        assert any("vsyscall read attempt denied" in record.text for record in k.log.since(0)) is told


def test_the_emulation_is_a_trap_and_no_system_call() -> None:
    k = boot("6.19")
    tracer = Tracer(wants_events=True)
    before = k.clock.ns
    run_code(k, call(TIME), tracer)
    assert [call.name for call in tracer.calls] == ["exit"]
    caller = TEXT + 42
    told = [event for event in tracer.events if event.step in ("vsyscall", "return")]
    assert told[0] == Event(0, "vsyscall", "emulated", TIME, {"name": "time", "caller": caller})
    assert told[1] == Event(0, "return", "result", None, {"rax": 1767225600})
    assert k.clock.ns - before > 900


def test_a_call_at_any_offset_is_one_of_the_three_or_a_signal() -> None:
    r = random.Random(7)
    k = boot("6.19")
    frames = k.ram.frames_used
    entries = {PAGE + entry.offset for entry in ENTRIES}
    for at in [*entries, *(PAGE + r.randrange(0x1000) for _ in range(100))]:
        assert run_code(k, call(at))[0] == ("exit 0" if at in entries else "SIGSEGV 128 0x0"), hex(at)
    assert k.ram.frames_used == frames
