"""kill: signals sent by hand."""

from __future__ import annotations

import pytest

from tests.shell.lab import Lab, screen

BLOCK_USR1 = 'syscall rt_sigprocmask SIG_BLOCK "\\x00\\x02\\x00\\x00\\x00\\x00\\x00" NULL 8'


@pytest.mark.parametrize("signal", ["-USR1", "-SIGUSR1", "-usr1", "-10"])
def test_a_signal_is_sent_by_the_system_call_and_what_it_does_is_shown(lab: Lab, signal: str) -> None:
    lines = lab.text(f"kill {signal} 77").split("\n")
    assert lines[:4] == [
        "kill(77, SIGUSR1)                       = 0",
        "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=77, si_uid=0} ---",
        "+++ killed by SIGUSR1 +++",
        "User defined signal 1  (SIGUSR1)",
    ]
    assert lab.ret("getpid") == 78


def test_the_signal_that_is_not_named_is_SIGTERM_which_the_shell_ignores(lab: Lab) -> None:
    assert lab.text("kill 77").split("\n")[0] == "kill(77, SIGTERM)                       = 0"
    assert lab.ret("getpid") == 77


def test_a_blocked_signal_waits_and_signal_0_only_asks(lab: Lab) -> None:
    lab.text(BLOCK_USR1)
    assert lab.json("kill -USR1 77")["signal"] is None
    assert lab.text("kill -0 77").startswith("kill(77, 0) ")
    assert "ShdPnd:\t0000000000000200" in lab.text("cat /proc/self/status")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("kill 99999", "kill: (99999) - No such process"),
        ("kill -9 -1", "kill: (-1) - No such process"),
        ("kill -FOO 77", "kill: FOO: invalid signal specification"),
        ("kill -65 77", "kill: 65: invalid signal specification"),
        ("kill -- 77", "kill: -: invalid signal specification"),
        ("kill x", "kill: x: a task is named by its number"),
        ("kill", "kill: it takes one PID, and at most one signal before it"),
        ("kill 1 2 3", "kill: it takes one PID, and at most one signal before it"),
    ],
)
def test_what_cannot_be_sent_is_said_in_the_words_of_a_shell(line: str, what: str) -> None:
    _, err, status = screen(line)
    assert (err.split("\n")[0], status) == (what, 1)


def test_the_signals_are_listed_by_number(shared: Lab) -> None:
    signals = shared.json("kill -l")["signals"]
    assert [each["number"] for each in signals] == list(range(1, 32))
    assert signals[10] == {"number": 11, "name": "SIGSEGV", "words": "Segmentation fault"}
    assert "32 to 64 are real-time signals" in shared.text("kill -l")
