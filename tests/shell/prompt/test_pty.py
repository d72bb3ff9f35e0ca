"""The prompt on a real (pseudo-)terminal: signals, sizes, colours."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)

import fcntl
import pty
import termios

from tests.kbuild.tree_lab import TreeLab

# write(1, "begun\n", 6), and then a jump to itself
ENDLESS = "b801000000bf01000000488d3509000000ba060000000f05ebfe626567756e0a"
PATIENCE = 30.0
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")
_COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|38;5;\d+|48;5;\d+)m")


class Terminal:
    """kshell on a terminal of 80 by 24; `seen` is all it wrote, of which so many characters are `taken`."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        variables = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", **environment}
        variables["XDG_CONFIG_HOME"] = variables["XDG_STATE_HOME"] = str(home)
        self.seen, self.taken = "", 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execve(sys.executable, [sys.executable, "-m", "kshell", *arguments], variables)

    def read(self, seconds: float) -> bool:
        """Take what comes; False if nothing did, or no more will."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            return False
        if b"\x1b[6n" in data:  # a terminal says where its cursor is
            os.write(self.fd, b"\x1b[3;1R")
        self.seen += data.decode(errors="replace")
        return bool(data)

    def rest(self) -> str:
        """What came behind what was waited for last, without control sequences."""
        return _CONTROL.sub("", self.seen)[self.taken :]

    def until(self, text: str) -> str:
        """Wait until this text was written behind what was waited for last; what came, without control sequences."""
        begin = time.monotonic()
        while text not in (found := self.rest()):
            assert time.monotonic() - begin < PATIENCE, f"{text!r} never came: {found!r}"
            self.read(0.1)
        self.taken += found.index(text) + len(text)
        return found

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self.fd, text.encode())

    def status(self) -> int:
        """Wait for the end; the exit status."""
        begin = time.monotonic()
        while True:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() - begin < PATIENCE, "it does not end"
            self.read(0.05)

    def close(self) -> None:
        """End it, however it is."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path)
    yield started
    started.close()


def test_a_session_from_the_banner_to_exit(terminal: Terminal) -> None:
    assert "a teaching shell" in terminal.until("kshell>")
    terminal.type("syscall getpid\r")
    terminal.until("getpid()                                = ")
    terminal.until("kshell>")
    terminal.type("exit 5\r")
    assert terminal.status() == 5


def test_ctrl_c_ends_an_endless_program_and_not_the_shell(terminal: Terminal) -> None:
    terminal.until("kshell>")
    terminal.type(f"run --hex {ENDLESS}\r")
    terminal.until("begun")  # a press before that would find no program to end
    start = time.monotonic()
    terminal.type("\x03")
    terminal.until("interrupted")
    assert time.monotonic() - start < 2
    terminal.until("kshell>")
    terminal.type("exit\r")
    assert terminal.status() == 0


def test_a_program_reads_a_line_that_the_person_types(terminal: Terminal) -> None:
    terminal.until("kshell>")
    terminal.type("syscall read 0 buf:16 16\r")
    terminal.until("it reads from the terminal")
    terminal.type("Anna\n")
    assert 'read(0, "Anna\\n", 16)                   = 5' in terminal.until("= 5")


def test_ctrl_c_ends_a_program_that_waits_for_a_line(terminal: Terminal) -> None:
    terminal.until("kshell>")
    # again: xor eax, eax; xor edi, edi; lea rsi, [rsp - 256]; mov edx, 16; syscall; jmp again
    terminal.type("run --hex 31c031ff488db42400ffffffba100000000f05ebeb\r")
    terminal.until("it reads from the terminal")
    terminal.type("\x03")
    terminal.until("interrupted")
    terminal.until("kshell>")


def test_a_build_shows_a_bar_and_the_bottom_line_follows_the_files(tmp_path: Path) -> None:
    TreeLab(Path())
    terminal = Terminal(tmp_path)
    try:
        terminal.until("Ctrl-D ends")
        terminal.type("make -C test_kernel\r")
        seen = terminal.until("is built, not installed")
        assert re.search(r"\d/\d\d kernel/sys.o", seen)
        assert "next: make -C test_kernel install; boot test_kernel" in seen
        makefile = Path("test_kernel/fs/Makefile")
        makefile.write_text(makefile.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
        terminal.until("file changed s")  # of the rest, what stood there already is not sent again
        terminal.type("exit\r")
        assert terminal.status() == 0
    finally:
        terminal.close()


def test_a_resized_terminal_is_drawn_anew(terminal: Terminal) -> None:
    terminal.until("Ctrl-D ends")
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 160, 0, 0))
    os.kill(terminal.pid, signal.SIGWINCH)
    terminal.until("Tab completes")


def test_history_lasts_from_one_session_to_the_next(terminal: Terminal, tmp_path: Path) -> None:
    terminal.until("kshell>")
    terminal.type("echo remembered\r")
    terminal.until("\nremembered")
    terminal.until("kshell>")
    terminal.type("\x04")
    assert terminal.status() == 0
    again = Terminal(tmp_path)
    try:
        again.until("Ctrl-D ends")
        again.type("\x1b[A")
        again.until("echo remembered")
    finally:
        again.close()


def test_a_session_that_was_killed_goes_on_where_it_was(terminal: Terminal, tmp_path: Path) -> None:
    terminal.until("kshell>")
    terminal.type("modprobe syscallModule; syscall test_call 5\r")
    terminal.until("= 5")
    terminal.until("kshell>")
    terminal.type(f"run --hex {ENDLESS}\r")
    terminal.until("\nbegun")
    terminal.type("\x03")
    terminal.until("kshell>")
    terminal.type("rmmod syscallModule; back; lsmod\r")
    terminal.until("syscallModule          12288")
    terminal.until("kshell>")
    os.kill(terminal.pid, signal.SIGKILL)
    again = Terminal(tmp_path, "--resume")
    try:
        again.until("you are after 3: run --hex")
        again.until("kshell>")
        again.type("lsmod; syscall test_call 6; back 2; back 1\r")
        again.until("syscallModule          12288")
        again.until("= 6")
        again.until("1: modprobe syscallModule  (forward: syscall test_call 5, and 2 more)")
        again.until("kshell>")
        again.type("\x04")
        assert again.status() == 0
    finally:
        again.close()


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour_no_colour_is_sent(tmp_path: Path, environment: dict[str, str]) -> None:
    plain = Terminal(tmp_path, **environment)
    try:
        plain.until("kshell>")
        plain.type("nonsense\r" if "TERM" not in environment else "nonsense\n")
        begun = time.monotonic()
        while "command not found" not in plain.seen and time.monotonic() - begun < PATIENCE:
            plain.read(0.1)
        assert "command not found" in plain.seen
        assert not _COLOUR.search(plain.seen)
    finally:
        plain.close()
