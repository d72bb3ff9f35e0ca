"""The debugger's prompt: at a real terminal, and Ctrl-C while a call runs on."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.shell.debugger.debug_lab import STEPS
from tests.shell.lab import Lab

if TYPE_CHECKING:
    from tests.shell.prompt.test_pty import Terminal

needs_sigint = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a running process on Windows")


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("steps.py").write_text(STEPS, encoding="utf-8")


def press_ctrl_c() -> None:
    """A moment from now."""
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()


@needs_sigint
def test_ctrl_c_gives_the_prompt_back_and_ends_a_loop_that_nobody_watches_any_more() -> None:
    lab = Lab(interactive=True)
    lab.results("insmod steps.py; break handler")
    frames: list[str] = []
    whys: list[str] = []

    def person() -> Iterator[str]:
        for line in ("continue", "bt", "quit"):
            stopped = lab.session.debugging.stopped  # type: ignore[union-attr]
            whys.append(stopped.why)  # type: ignore[union-attr]
            frames.append(stopped.frames[0].function.name)  # type: ignore[union-attr]
            if line != "bt":
                press_ctrl_c()
            yield line

    typed = person()
    lab.session.read_command = lambda: next(typed)
    result = lab.result("syscall test_call 9")
    assert whys == ["breakpoint-hit", "signal-received", "signal-received"]
    assert frames == ["handler"] * 3
    assert "kernel code looped until Ctrl-C" in result.view.text()


def test_ctrl_c_at_the_prompt_drops_the_line_and_an_empty_line_repeats_a_step() -> None:
    lab = Lab(interactive=True)
    lab.results("insmod steps.py; break fact")
    seen: list[str] = []

    def read() -> Iterator[str]:
        yield "next"
        seen.append(where())
        raise_next.append(True)
        yield "never taken"
        yield ""
        seen.append(where())

    def where() -> str:
        stopped = lab.session.debugging.stopped  # type: ignore[union-attr]
        return str(stopped.frames[0].row.line)  # type: ignore[union-attr]

    raise_next: list[bool] = []
    lines = read()

    def give() -> str:
        line = next(lines, None)
        if line is None:
            raise EOFError
        if raise_next:
            raise_next.clear()
            raise KeyboardInterrupt
        return line

    lab.session.read_command = give
    assert lab.ret("test_call 1") == 0
    assert seen == ["12", "24"]


def test_a_sourced_file_may_end_while_a_call_stands_still_and_the_person_goes_on(tmp_path: Path) -> None:
    Path("f.ksh").write_text("insmod steps.py\nbreak fact\nsyscall test_call 3\nnext\n", encoding="utf-8")
    lab = Lab(interactive=True)
    typed = iter(["print n", "quit"])
    asked: list[str] = []

    def person() -> str:
        asked.append(next(typed))
        return asked[-1]

    lab.session.read_command = person
    assert lab.json("source f.ksh") is not None
    assert asked == ["print n", "quit"]
    assert lab.session.debugging is not None
    assert lab.session.debugging.values == 1


def press_until(terminal: Terminal, text: str) -> None:
    """Ctrl-C, again and again: the terminal may still be the prompt's."""
    for _ in range(30):
        time.sleep(0.5)
        terminal.type("\x03")
        while terminal.read(0.5):
            if text in terminal.rest():
                terminal.until(text)
                return
    raise AssertionError(terminal.seen)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_at_a_terminal_the_debugger_has_a_prompt_of_its_own(tmp_path: Path) -> None:
    from tests.shell.prompt.test_pty import Terminal

    terminal = Terminal(tmp_path)
    try:
        terminal.until("kshell>")
        terminal.type("insmod steps.py\r")
        terminal.until("kshell>")
        terminal.type("break fact\r")
        terminal.until("kshell>")
        terminal.type("syscall test_call 9\r")
        assert "Breakpoint 1, fact (n=9) at steps.py:11" in terminal.until("(gdb)")
        terminal.type("delete\r")
        time.sleep(0.5)
        terminal.type("print nonsense\x03")  # the line is dropped
        time.sleep(0.5)
        terminal.type("print n\r")
        terminal.until("$1 = 9")
        terminal.type("continue\r")
        press_until(terminal, "Program received signal SIGINT")  # the handler loops
        time.sleep(0.5)
        terminal.type("\x04")
        press_until(terminal, "kernel code looped until Ctrl-C")
        time.sleep(0.5)
        terminal.type("exit\r")
        assert terminal.status() == 0
    finally:
        terminal.close()
