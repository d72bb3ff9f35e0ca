"""A presentation on a terminal: keys are pressed, and the screen is read as a class reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)

import fcntl
import struct
import termios

import pyte

from tests.shell.prompt.test_pty import ENDLESS, PATIENCE, Terminal

LEFT, DOWN, BACKSPACE, ESC, CTRL_C = "\x1b[D", "\x1b[B", "\x7f", "\x1b", "\x03"
EMPTY = "\x1b[2J"
SCRIPT = """\
## Nobody is there
# `STUB_test_call` is NULL.
#: Ask what NULL is.
#? What comes? | 42 | *ENOSYS | an oops
syscall test_call 42
## Somebody comes
modprobe syscallModule
syscall test_call 42
## Everything
table
"""


class Room:
    """A class in front of a terminal of 80 by 24."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        self.terminal = Terminal(home, *arguments, **environment)
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.Stream(self.screen)

    def sees(self, *texts: str, but_not: str = "") -> list[str]:
        """Wait until the screen shows all that is to be seen; its rows."""
        for _ in range(600):
            rows = [row.rstrip() for row in self.screen.display]
            shown = "\n".join(rows)
            if all(text in shown for text in texts) and (not but_not or but_not not in shown):
                return rows
            self.terminal.read(0.05)
            self.stream.feed(self.terminal.seen)
            self.terminal.seen = ""
        raise AssertionError(f"{texts} never came:\n" + "\n".join(self.screen.display))

    def press(self, keys: str, *sees: str, but_not: str = "") -> list[str]:
        """Press keys, until the screen shows all that is to be seen."""
        self.terminal.type(keys)
        return self.sees(*sees, but_not=but_not)

    def again(self, *sees: str) -> None:
        """Press r, and wait until the slide was drawn twice: while the command runs, and with its result."""
        self.terminal.type("r")
        while self.terminal.seen.count(EMPTY) < 2:
            assert self.terminal.read(PATIENCE)
        self.sees(*sees)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.ksh").write_text(SCRIPT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "LINES"):  # which would count for more than the terminal
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def room(home: Path) -> Iterator[Room]:
    found = Room(home)
    found.sees("kshell>", "Ctrl-D ends")
    yield found
    found.terminal.close()


def test_a_script_for_a_class(room: Room, home: Path) -> None:
    rows = room.press("present a.ksh --notes n.txt\r", "1/3  Space: count hands")
    assert rows[:3] == ["━" * 80, "  Nobody is there", "━" * 80]
    assert "kshell> syscall test_call 42" in rows
    room.press("1", "hands for a b c: 1_")
    room.press("2 4\r", "3 numbers, one for each choice")
    room.press(f"{BACKSPACE}40 3\r", "12 (22 %)", "40 (73 %)", "1/3  Space: run it")
    room.press(" ", "ENOSYS (Function not implemented)", "Space: go on")
    room.press(" ", "40 of 55 said b, and so it is.", "b) ENOSYS  <- right")
    room.press("n", "Somebody comes", "2/3  Space: run it", but_not="Nobody")
    room.press("\r", "kshell> syscall test_call 42", but_not="= 42")
    room.press(" ", "test_call(42)                           = 42", "Space: next slide")
    room.again("= 42", "2/3  Space: next slide")
    room.press(BACKSPACE, "Space: run it", but_not="= 42")
    room.press("q", "a.ksh: slide 2 of 3.  To come back there: present", "│ Ctrl-D ends")
    room.press("lsmod; rmmod syscallModule\r", "no modules │ tainted O")
    room.press("present\r", "Somebody comes", "2/3  Space: run it", but_not="Ctrl-D")
    room.press(" ", "test_call(42)                           = 42", "Space: next slide")
    room.press(f"b{LEFT}{LEFT}", "40 of 55 said b", "1/3")
    notes = (home / "n.txt").read_text(encoding="utf-8")
    assert notes.startswith("[1/3] Nobody is there\n  Ask what NULL is.\nnext: Somebody comes\n\nhands: 12 40 3\n[2/3]")
    room.press("q", "│ Ctrl-D ends")
    room.press("exit 5\r")
    assert room.terminal.status() == 5


def test_a_long_result_is_read_from_its_beginning_and_by_pages(room: Room) -> None:
    room.press("present a.ksh\r", "1/3")
    room.press(" \r  n   ", "kshell> table", "3/3  Space: run it")
    rows = room.press(" ", "Space: more", "kshell> table")
    assert rows[3] == "" and rows[4] == "kshell> table"  # noqa: PT018
    assert rows[5].split()[:2] == ["nr", "abi"]
    last = rows[-4]
    below = room.press(" ", "Up: more above")
    assert last in below[3:6]
    room.press(f"{DOWN}\x1b[H", "kshell> table")
    room.press("\x1b[F", "the end")
    room.press("?", "run the last command again, from the state before it")
    room.press("x", "the end")


def test_a_question_can_be_put_off_or_left_without_hands(room: Room) -> None:
    room.press("present a.ksh\r", "1/3")
    room.press(" ", "hands for a b c: _")
    room.press(ESC, "Space: count hands")
    room.press(" \r", "1/3  Space: run it", but_not="%")
    room.press("  ", "It is b.")


def test_ctrl_c_ends_a_command_and_at_a_key_it_leaves(room: Room, home: Path) -> None:
    (home / "loop.ksh").write_text(f"run --hex {ENDLESS}\nsyscall getpid\n", encoding="utf-8")
    room.press("present loop.ksh\r", "Space: run it")
    room.press(" ", "begun")
    room.press(CTRL_C, "a.bin: interrupted", "Space: run it")
    room.press(" ", "getpid()", "the end")
    room.press(CTRL_C, "loop.ksh: the end.", "│ Ctrl-D ends")
    room.press("syscall getpid\r", "= 77")


def test_a_program_may_ask_the_speaker(room: Room, home: Path) -> None:
    (home / "ask.ksh").write_text('syscall write 1 "Name? " 6; syscall read 0 buf:16 16\n', encoding="utf-8")
    room.press("present ask.ksh\r", "Space: run it")
    room.press(" ", "\nName?")
    room.press("Anna\r", 'read(0, "Anna\\n", 16)                   = 5', "the end")


def test_the_slide_follows_the_terminals_size(room: Room) -> None:
    room.press("present a.ksh\r", "1/3")
    room.resize(40, 12)
    rows = room.sees("━" * 40, but_not="━" * 41)
    assert rows[0] == "Nobody is there"
    assert max(map(len, rows)) <= 40


def test_step_by_step_at_the_prompt(room: Room) -> None:
    room.press("source a.ksh --step\r", "[0 of 4 done]  Space: count hands")
    room.press("1 2 3\r", "3 (50 %)", "[0 of 4 done]  Space: run it")
    room.press(" ", "ENOSYS (Function", "Space: go on")
    room.press("  ", "Somebody comes", "kshell> syscall test_call 42", "[2 of 4 done]")
    room.press(BACKSPACE, "-- back: 1 of 4 commands done --", "kshell> modprobe syscallModule")
    room.press("?", "run the last command again")
    room.press("q", "a.ksh: 1 of 4 commands done.  To come back there: present", "no modules")
    room.press("present\r", "[1 of 4 done]")
    room.press("   ", "a.ksh: the end.", "│ Ctrl-D ends")
    room.press("lsmod\r", "syscallModule          12288")


def test_a_script_named_on_the_command_line_leaves_to_the_prompt(home: Path) -> None:
    room = Room(home, "a.ksh", "--step")
    try:
        room.sees("[0 of 4 done]")
        room.press("q", "a.ksh: 0 of 4 commands done.", "│ Ctrl-D ends")
    finally:
        room.terminal.close()
    room = Room(home, "present", "1")
    try:
        room.sees("What a system call is", "After this you can:", "1/9  Space: next slide")
    finally:
        room.terminal.close()


def test_without_colour_none_is_sent_and_a_dumb_terminal_is_told_what_to_do(home: Path) -> None:
    plain = Room(home, NO_COLOR="1")
    try:
        plain.sees("kshell>", "Ctrl-D ends")
        plain.press("present a.ksh\r", "1/3")
        assert {cell.fg for row in plain.screen.buffer.values() for cell in row.values()} == {"default"}
    finally:
        plain.terminal.close()
    dumb = Room(home, TERM="dumb")
    try:
        dumb.sees("kshell>")
        dumb.press("present a.ksh\n", "present: it needs a terminal", "source a.ksh --echo")
    finally:
        dumb.terminal.close()


def test_notes_go_to_a_second_terminal(room: Room) -> None:
    speaker, slave = os.openpty()
    try:
        room.press(f"present a.ksh --notes {os.ttyname(slave)}\r", "1/3")
        text = os.read(speaker, 4096).decode()
        assert text.startswith("\x1b[H\x1b[2J[1/3] Nobody is there\r\n")
        assert "Ask what NULL is." in text
        assert "Ask what NULL is." not in "\n".join(room.screen.display)
    finally:
        os.close(speaker)
        os.close(slave)
    room.press(" \r  n", "2/3")  # the second terminal was closed: the slides go on
    room.press("q", "the notes could not be written any more")
