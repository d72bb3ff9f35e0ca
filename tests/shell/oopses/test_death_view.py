"""`explain` of a death by a signal: whether a handler could have caught it, or why not."""

from __future__ import annotations

import pytest

from kshell.shell.views.view import plain
from tests.shell.lab import Lab

UD2, FAULT = "run --hex 0f0b", "syscall rt_sigreturn"
NO_ACTION = "\\0" * 23
BLOCKED = 'syscall rt_sigprocmask SIG_BLOCK "\\0\\4\\0\\0\\0\\0\\0" NULL 8'
IGNORED = f'syscall rt_sigaction SIGSEGV "\\1\\0\\0{NO_ACTION}\\0\\0\\0\\0\\0" NULL 8'
UNRUNNABLE = f'syscall rt_sigaction SIGSEGV "\\0\\x1f\\x40{NO_ACTION}\\0\\0\\0\\0\\0" NULL 8'


def test_a_program_without_a_handler_could_have_had_one(lab: Lab) -> None:
    lab.text(UD2)
    assert lab.text("explain").splitlines() == [
        "a.bin (pid 78) was killed by SIGILL: Illegal instruction",
        "  the CPU knows no such instruction",
        "",
        "  A handler could have caught SIGILL: the program had none for it.",
        "  try: man rt_sigaction  (how a program has a function called at a signal)",
    ]
    found = lab.json("explain signal")
    assert (found["pid"], found["signal"]) == (78, {"name": "SIGILL", "code": "ILL_ILLOPN", "address": "0x401000"})


@pytest.mark.parametrize(
    ("before", "death", "says", "try_"),
    [
        ("", "syscall kill 0 SIGKILL", "neither caught nor blocked nor ignored", "help signals"),
        ("", "syscall kill 0 SIGUSR1", "could have caught SIGUSR1", "man rt_sigaction"),
        (BLOCKED, FAULT, "SIGSEGV was blocked at that moment", "man rt_sigprocmask"),
        (IGNORED, FAULT, "ignored SIGSEGV (SIG_IGN)", "man rt_sigaction"),
        (UNRUNNABLE, FAULT, "no way to call it", "man sigaltstack"),
    ],
)
def test_why_no_handler_was_asked(lab: Lab, before: str, death: str, says: str, try_: str) -> None:
    if before:
        assert lab.json(before)["calls"][0]["ret"] == 0
    lab.text(death)
    found = lab.json("explain")
    assert says in found["says"]
    assert found["try"].split("  (")[0] == try_


def test_what_came_last_is_explained_and_each_can_be_asked_for(lab: Lab) -> None:
    assert lab.error("explain signal")["try"] == "run --hex 0f0b; explain"
    lab.text(UD2)
    lab.text("modprobe crash; syscall test_call 2")
    assert "lines" in lab.json("explain")
    assert lab.json("explain signal")["signal"]["name"] == "SIGILL"
    lab.text(UD2)
    assert lab.json("explain")["comm"] == "a.bin"
    assert "lines" in lab.json("explain oops")


def test_back_takes_a_death_back(lab: Lab) -> None:
    lab.text(UD2)
    lab.text("run --hex cc")
    lab.text("back")
    assert lab.json("explain")["signal"]["name"] == "SIGILL"


def test_a_narrow_screen_breaks_the_sentences(lab: Lab) -> None:
    lab.text("syscall kill 0 SIGKILL")
    lines = [plain(line) for line in lab.result("explain").view.lines(20)]
    says = [line for line in lines if line.startswith("  ") and "try:" not in line]
    assert max(map(len, says)) <= 20
