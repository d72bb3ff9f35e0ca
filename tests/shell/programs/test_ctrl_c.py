"""Ctrl-C while a program runs: it is SIGINT, for who has a handler; and the person gets back in any case."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from kshell.machine import sigint
from kshell.shell.session import Session
from kshell.shell.views.output import PlainOutput
from tests.shell.lab import Lab
from tests.shell.replay.whole_state import differences, machine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")

# SIGINT is counted by its handler, or ignored; the program ends at the second one.
COUNTS = """
_start:
    mov eax, 13
    mov edi, 2
    lea rsi, [rip + act]
    xor edx, edx
    mov r10d, 8
    syscall
wait:
    inc rbx
    movq xmm7, rbx
    cmp byte ptr [rip + count], ENOUGH
    jb wait
    mov edi, 5
    mov eax, 60
    syscall
handler:
    inc byte ptr [rip + count]
    ret
restorer:
    mov eax, 15
    syscall
.data
count: .quad 0
act: .quad HANDLER, FLAGS, restorer, 0
"""


def program(handler: str = "handler", enough: int = 2, flags: int = 0x4000000) -> str:
    text = COUNTS.replace("HANDLER", handler).replace("ENOUGH", str(enough)).replace("FLAGS", hex(flags))
    Path("counts.s").write_text(text)
    return "run --trace counts.s"


def press(session: Session, times: int) -> None:
    """Press Ctrl-C so often while the program computes, its SIGINT looked after, and each press after the last was
    seen: two that come together are one."""
    kernel = session.kernel
    cpu = kernel.cpu  # asked for here: it boots when it is first asked for

    def is_ready() -> bool:
        ready = kernel.current is not kernel.shell_task and signal.SIGINT in kernel.current.signals.actions
        return ready and cpu.running and not cpu.ctrl_c.pressed

    def presses() -> None:
        for _ in range(times):
            while not is_ready():
                time.sleep(0.002)
            before = sigint.presses()
            os.kill(os.getpid(), signal.SIGINT)
            while sigint.presses() == before:
                time.sleep(0.002)

    threading.Thread(target=presses, daemon=True).start()


def test_a_handler_runs_and_the_program_goes_on() -> None:
    lab = Lab(interactive=True)
    press(lab.session, 2)
    result = lab.result(program())
    assert result.error is None
    assert result.view.json()["exit_status"] == 5
    lines = [each["text"] for each in result.view.json()["signals"]]
    assert lines == ["--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---"] * 2
    assert any("third press" in note for note in result.notes)


def test_the_third_press_ends_a_program_that_ignores_SIGINT() -> None:
    lab = Lab(interactive=True)
    press(lab.session, 3)
    result = lab.result(program("1"))
    assert result.status == 130


LIVE = [
    "--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---",
    "rt_sigreturn({mask=[]})                 = ",
]


def test_a_live_trace_shows_each_press_as_it_comes_and_what_the_program_does_then() -> None:
    screen = io.StringIO()
    session = Session("course", output=PlainOutput(screen, screen), keep_going=True, interactive=True)
    press(session, 2)
    (result,) = session.execute(program())
    assert result.view.json()["exit_status"] == 5
    lines = screen.getvalue().splitlines()
    told = [line for line in lines if line.startswith(("---", "rt_sig", "exit", "+++"))]
    assert told[0].startswith("rt_sigaction(SIGINT, {sa_handler=0x")
    for press_line, return_line in (told[1:3], told[3:5]):
        assert press_line == LIVE[0]
        assert return_line.startswith(LIVE[1])
    assert told[5:] == ["exit(5)                                 = ?", "+++ exited with 5 +++"]


def test_ctrl_c_ends_a_live_trace_of_a_program_without_a_handler_with_straces_last_line() -> None:
    screen = io.StringIO()
    session = Session("course", output=PlainOutput(screen, screen), keep_going=True, interactive=True)
    cpu = session.kernel.cpu
    Path("spins.s").write_text("_start:\nmov eax, 39\nsyscall\nspin: jmp spin\n")

    def soon() -> None:
        while "getpid" not in screen.getvalue() or not cpu.running:
            time.sleep(0.002)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=soon, daemon=True).start()
    (result,) = session.execute("run --trace spins.s")
    assert result.status == 130
    lines = [line.strip() for line in screen.getvalue().splitlines()]
    assert lines[:4] == [
        "getpid()                                = 78",
        "run: spins.s: interrupted",
        LIVE[0],
        "+++ killed by SIGINT +++",
    ]
    (answer,) = session.execute("syscall getppid")
    assert answer.status == 0


def test_a_run_that_went_on_behind_ctrl_c_comes_back_just_so() -> None:
    lab = Lab(interactive=True)
    press(lab.session, 2)
    lab.result(program())
    then = machine(lab.session.kernel)
    lab.json("syscall getpid")
    lab.json("back")
    assert not differences(then, machine(lab.session.kernel))


@pytest.mark.parametrize(("flags", "calls"), [(0x4000000, 1), (0x14000000, 2)])
def test_a_read_that_ctrl_c_interrupts_answers_EINTR_or_is_made_again(flags: int, calls: int) -> None:
    answers = [b"", b"abc\n"]

    def typed() -> bytes:
        if len(answers) == 2:
            os.kill(os.getpid(), signal.SIGINT)
            while not lab.session.kernel.cpu.ctrl_c.pressed:
                pass
        return answers.pop(0)

    lab = Lab(interactive=True, read_input=typed)
    text = COUNTS.replace("HANDLER", "handler").replace("FLAGS", hex(flags))
    read = "xor edi, edi\nlea rsi, [rip + count]\nmov edx, 8\nxor eax, eax\nsyscall\n"
    read += "mov edi, eax\nmov eax, 60\nsyscall\n"
    Path("reads.s").write_text(text.replace("wait:", f"{read}wait:").replace("ENOUGH", "2"))
    found = lab.json("run --trace reads.s")
    assert [call["ret"] for call in found["calls"] if call["name"] == "read"] == [-512, 4][:calls]
    assert found["exit_status"] == (252 if calls == 1 else 4)


def test_pause_at_the_prompt_waits_for_ctrl_c() -> None:
    lab = Lab(interactive=True)
    cpu = lab.session.kernel.cpu
    waited: list[bool] = []

    def soon() -> None:
        while not cpu.running:
            time.sleep(0.002)
        time.sleep(0.1)
        waited.append(True)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=soon, daemon=True).start()
    result = lab.result("syscall pause")
    assert waited
    assert result.view.json()["seen"] == {"ret": -4, "errno": "EINTR"}
    then = machine(lab.session.kernel)
    lab.json("syscall getpid")
    lab.json("back")
    assert not differences(then, machine(lab.session.kernel))
