"""What waits for the person at the terminal: Ctrl-C ends it with what Linux says."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from kshell.__main__ import StdinLines
from tests.shell.lab import Lab

READS = "_start: xor eax, eax\nxor edi, edi\nlea rsi, [rsp-64]\nmov edx, 16\nsyscall\njmp _start\n"
ENDS = ["--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---", "+++ killed by SIGINT +++"]
RESTART = "= ? ERESTARTSYS (To be restarted if SA_RESTART is set)"


def press_ctrl_c() -> bytes:
    signal.raise_signal(signal.SIGINT)
    return b""


def waiting() -> Lab:
    return Lab(read_input=press_ctrl_c)


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("syscall readv 0 buf:16 1", ""),
        ("run rd.s", "read(0, 0x7fffffffeef0, 16)"),
    ],
)
def test_a_wait_that_ctrl_c_ends_is_told_as_strace_tells_it(line: str, call: str) -> None:
    pytest.importorskip("keystone")
    Path("rd.s").write_text(READS)
    result = waiting().result(line)
    if not call:  # the vector is empty: nothing waits
        assert result.error is None
        return
    told = result.view.text()
    assert result.status == 130
    assert [text.strip() for text in told.split("\n")[1:4]] == [f"{call:<39} {RESTART}", *ENDS]
    assert "One that handles SIGINT sees -1 with EINTR" in told
    assert told.endswith("try: man read")


@pytest.mark.parametrize("trace", ["", "trace "])
def test_the_shells_task_has_a_handler_and_sees_EINTR(trace: str) -> None:
    lab = waiting()
    lab.result('syscall open "/etc/hostname" 0')
    result = lab.result(f"{trace}syscall read 0 buf:16 16")
    assert result.status == 130
    lines = [text.rstrip() for text in result.view.text().split("\n")]
    at = lines.index(f"{'read(0, 0x402000, 16)':<39} {RESTART}")
    assert lines[at + 1 : at + 3] == [ENDS[0], "  kernel: -4    libc: -1, errno = EINTR"]
    assert (result.view.json()["calls"][0]["ret"], result.view.json()["seen"]) == (-512, {"ret": -4, "errno": "EINTR"})
    assert lab.ret("close 3") == 0  # its descriptors stay
    assert lab.ret("getpid") == 77


def test_the_shell_goes_on_after_a_wait_was_ended() -> None:
    lab = waiting()
    lab.session.interactive = True
    assert lab.result("syscall read 0 buf:16 16").status == 130
    assert lab.ret("getpid") > 0


def test_a_long_sleep_is_noted_since_nobody_has_to_wait() -> None:
    lab = Lab()
    source = (
        'from kshell.linux import *\nMODULE_LICENSE("GPL")\ndef start(k: Kernel) -> int:\n    msleep(k, {})\n'
        "    return 0\ndef stop(k: Kernel) -> None:\n    pass\nmodule_init(start)\nmodule_exit(stop)\n"
    )
    for milliseconds, notes in ((999, 0), (5000, 1)):
        Path("m.py").write_text(source.format(milliseconds))
        result = lab.result("insmod m.py")
        assert len(result.notes) == notes
        lab.text("rmmod m")


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe is looked at by select")
def test_lines_of_a_pipe_are_handed_out_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    there, here = os.pipe()
    os.write(here, b"one\ntwo\nthr")
    with open(there, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        lines = StdinLines(Lab().session)
        assert [lines(), lines()] == [b"one\n", b"two\n"]
        os.write(here, b"ee")
        os.close(here)
        assert [lines(), lines()] == [b"three", b""]


@pytest.mark.parametrize("abi", ["", "--abi i386 "])
def test_a_sleep_that_would_be_made_again_says_whom_that_answer_is_for(abi: str) -> None:
    lab = Lab()
    ignored = "\\1" + "\\0" * 10 + "\\4" + "\\0" * 19
    assert lab.ret(f'rt_sigaction SIGALRM "{ignored}" NULL 8') == 0
    assert lab.ret(f"{abi}alarm 1") == 0
    told = lab.text(f'syscall {abi}nanosleep "\\3{chr(92)}0{chr(92)}0{chr(92)}0{chr(92)}0{chr(92)}0{chr(92)}0" NULL')
    assert "without one the call is made again" in told
    assert told.endswith("try: help signals")
