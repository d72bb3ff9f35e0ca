"""Three lessons at a terminal: keys are typed, and the screen is read as a person reads it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)

import pyte

from tests.shell.prompt.test_pty import Terminal


class Person:
    """Sits in front of a terminal of 80 by 24."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.start()

    def start(self) -> None:
        """Start kshell."""
        self.terminal = Terminal(self.home)
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.Stream(self.screen)
        self.sees("kshell>")

    def types(self, line: str, *sees: str) -> None:
        """A line, until the screen shows all that is to be seen."""
        self.terminal.type(line + "\r")
        self.sees(*sees)

    def sees(self, *texts: str) -> None:
        for _ in range(600):
            shown = "\n".join(self.screen.display)
            if all(text in shown for text in texts):
                return
            self.terminal.read(0.05)
            self.stream.feed(self.terminal.seen)
            self.terminal.seen = ""
        raise AssertionError(f"{texts} never came:\n" + "\n".join(self.screen.display))

    def is_killed(self) -> None:
        os.kill(self.terminal.pid, signal.SIGKILL)
        os.waitpid(self.terminal.pid, 0)
        self.terminal.pid = 0


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    person = Person(home)
    yield person
    if person.terminal.pid:
        person.is_killed()


def test_a_wrong_prediction_a_hint_a_check_a_kill_and_the_end(person: Person) -> None:
    person.types("lesson start 6", "Lesson 6, step 1 of 6")
    person.types("", "[6: 2/6]>")
    person.types("b", "[it differs]", "So it would be without the `if`.")
    person.types("", "[6: 3/6]>")
    person.types("hint", "hint 1:")
    person.types("check", "wanted: syscallModule loaded", "found:  no module")
    person.types("modprobe syscallModule", "Loaded. Now look at the pointer")
    person.is_killed()
    person.start()
    person.types("lesson resume", "Lesson 6, step 3 of 6")
    person.types("x/gx STUB_test_call", "[ok]")  # the module of before the kill is there
    person.types("", "[6: 4/6]>")
    person.types("a", "[as you said]")
    person.types("", "[6: 5/6]>")
    person.types("b", "[ok]")
    person.types("", "[6: 6/6]>")
    person.types("rmmod syscallModule; syscall test_call 42", "[ok]")
    person.types("", "Next: lesson start 7", "Remember:")


def test_the_line_at_the_bottom_the_words_of_a_lesson_and_the_whole_of_the_first(person: Person) -> None:
    person.types("lesson start 1", "[1: 1/7]>", "Two rings │ Enter: next step")
    person.types("", "before you see it: type a, b, c")
    person.types("syscall getpid", "this step asks first")
    person.types("play", "Try anything")
    person.types("syscall getpid", "[1: play]>")
    person.types("resume", "[1: 2/7]>")
    person.types("a", "[it differs]", "no address")
    person.types("", "[1: 3/7]>")
    person.types("hint", "hint 1:")
    person.types("c", "[as you said]")
    person.types("", "[1: 4/7]>")
    person.types("1 2", "Something else comes first")
    person.is_killed()
    person.start()
    person.types("lesson resume", "Lesson 1, step 4 of 7")
    person.types("2 1 5 7 6 3", "[ok]")
    person.types("", "[1: 5/7]>")
    person.types("b", "[not yet]")
    person.types("a", "[ok]")
    person.types("", "[1: 6/7]>")
    person.types("c", "[as you said]")
    person.types("", "[1: 7/7]>")
    person.types("check", "nothing was traced")
    person.types("bye", "Your place is kept")
    person.types("lesson resume 1", "Lesson 1, step 7 of 7")
    person.types("trace syscall getuid", "[ok]")
    person.types("", "Next: lesson start 2", "2 of 5 questions")


def test_a_lesson_with_the_debugger_and_its_breakpoint_after_a_kill(person: Person) -> None:
    person.types("lesson start 14", "[14: 1/5]>")
    person.types("modprobe syscallModule; break my_test_call", "Breakpoint 1")
    person.types("syscall test_call 42", "(gdb)")
    person.types("next", "23")
    person.types("bt", "entry_SYSCALL_64")
    person.types("lesson hint", "hint 1:")
    person.types("lesson check", "found:  it was not called")
    person.types("back", "try: lesson back")
    person.types("lesson next", "try: lesson hint")
    person.types("continue", "[ok]")
    person.types("", "[14: 2/5]>")
    person.types("b", "[it differs]", "That is the lowest line")
    person.is_killed()
    person.start()
    person.types("lesson resume", "Lesson 14, step 2 of 5", "this step is done")
    person.types("", "[14: 3/5]>")
    person.types("b", "[as you said]")  # what it printed, it printed at the breakpoint of before the kill
    person.types("", "[14: 4/5]>")
    person.types("b", "[as you said]")
    person.types("", "[14: 5/5]>")
    person.types("break __do_sys_test_call; syscall test_call 1234", "(gdb)")
    person.types("print test_int", "= 1234")
    person.types("continue", "my_test_call")
    person.types("continue", "[ok]")
    person.types("", "Remember:")


def test_a_lesson_that_moves_while_a_call_stands_still(person: Person) -> None:
    person.types("lesson start 14; goto 3", "[14: 3/5]>")
    person.types("a", "[it differs]")
    person.types("syscall test_call 42", "(gdb)")
    person.types("lesson back", "[14: 2/5]>")
    person.terminal.type("syscall wr\x03")  # the line is dropped, and the prompt is the lesson's
    person.types("a", "[as you said]")
    person.types("syscall test_call 42", "(gdb)")
    person.types("lesson next", "[14: 3/5]>")
    person.types("back", "[14: 2/5]>")
    person.types("a", "[as you said]")
    person.types("rmmod syscallModule; syscall test_call 42", "ENOSYS")
    person.types("undo 2", "(forward: rmmod syscallModule")
    person.types("syscall test_call 42", "(gdb)")
    person.types("lesson goto 4", "[14: 4/5]>")
    person.is_killed()
    person.start()
    person.types("lesson resume", "Lesson 14, step 4 of 5")
    person.types("b", "[as you said]")
    person.types("syscall test_call 42", "(gdb)")
    person.types("lesson bye", "Your place is kept", "kshell> ")
