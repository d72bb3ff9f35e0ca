"""Mistakes that are rarely made: each is told, and what is advised is typed (tests/shell/typed.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lesson import school
from tests.shell.lab import Lab, screen

WORDS = [
    ("regs 1", "regs: it takes no arguments"),
    ("asm --nope nop", "asm: unknown option --nope"),
    ("asm", "asm: there is no editor here"),
    ("info", "info: about what?"),
    ("disas", "disas: which function?"),
    ("man", "man: which call?"),
    ("module copy", "module: which module?"),
    ("module copy a b c", "module: one module at a time"),
    ("dmesg -n 08", "dmesg: 08 is not a number"),
    ("goto 08", "goto: 08 is not a number"),
    ("history 1 2", "history: one number at most"),
    ("help dmesg regs", "help: one command at a time"),
    ("source", "source: which file?"),
    ("source a b", "source: one file at a time"),
    ("clear 1", "clear: it takes no words"),
    ("theme dark light", "theme: one theme at a time"),
    ("source a-file/x", "source: a-file/x: Not a directory"),
    ("insmod a-file/x.py", "insmod: ERROR: could not insert module a-file/x.py: Not a directory"),
    ("asm --save a-file/x.s nop", "asm: a-file/x.s: Not a directory"),
    ("module copy hello a-file/x", "module copy: a-file/x: Not a directory"),
    ("syscall write 1 buf:99999999999 1", "syscall: "),
    ("lesson new", "lesson: new takes the folder to make"),
    ("lesson lint", "lesson: lint takes a lesson"),
    ("lesson new a-file/x", "lesson new: a-file/x: Not a directory"),
    ("lesson lint empty", "lesson lint: empty: no lesson there"),
]


@pytest.fixture(autouse=True)
def _own_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(("line", "what"), WORDS)
def test_words_that_a_command_cannot_take_are_told(shared: Lab, line: str, what: str) -> None:
    Path("a-file").write_text("")
    Path("empty").mkdir()
    assert shared.error(line)["what"].startswith(what)


ALONE = [  # what changes the session, each in one of its own
    ("lesson start 1 2", "lesson: one lesson at a time"),
    ("lesson resume", "lesson resume: which one?"),
    ("exit 08", "exit: 08 is not a number"),
    ("exit 1 2", "exit: one number at most"),
]
IN_A_LESSON = [
    ([], "resume", "resume: the lesson goes on already"),
    ([], "reset everything", "reset: what?"),
    ([], "goto nowhere", "goto: "),
    ([], "answer 5", "answer: nothing was asked"),
    (["next"], "check", "check: this step waits for an answer"),
    (["next"], "answer perhaps so", "answer: perhaps so: no answer to this question"),
]
STOPPED = [
    ("frame 1 2", "frame: one level"),
    ("list a b", "list: one place"),
    ("list nothing_here", 'Function "nothing_here" not defined.'),
    ("print cpu_tss_rw", "'cpu_tss_rw' has unknown type"),
    ("bt 1", "bt: it takes no arguments"),
    ("finish 1", "finish: it takes no arguments"),
    ("detach 1", "detach: it takes no arguments"),
    ("step x y", "step: how often? one number"),
    ("stepi x", "stepi: x is not a positive number"),
    ("print", "print: what?"),
]


@pytest.mark.parametrize(("line", "what"), ALONE)
def test_what_changes_the_session_is_told_too(lab: Lab, line: str, what: str) -> None:
    assert lab.error(line)["what"].startswith(what)


@pytest.mark.parametrize(("before", "line", "what"), IN_A_LESSON)
def test_the_words_of_a_lesson_say_what_they_wait_for(lab: Lab, before: list[str], line: str, what: str) -> None:
    lab.session.lesson_places = ["lessons"]
    school.write(Path("lessons/07-tried"), school.HEAD + school.READ + school.ASK)
    lab.result("lesson start 7")
    for word in before:
        lab.session.execute(word)
    assert lab.error(line)["what"].startswith(what)


@pytest.mark.parametrize(("line", "what"), STOPPED)
def test_what_a_call_that_stands_still_cannot_show_is_told(line: str, what: str) -> None:
    _, err, _ = screen("modprobe syscallModule", "break my_test_call", "syscall test_call 5", line, "kill")
    assert err.startswith(what)


def test_what_is_too_large_is_told_with_its_limit(lab: Lab) -> None:
    Path("big.bin").write_bytes(bytes((16 << 20) + 1))
    for line, what in (
        (f"echo {'x' * (17 << 20)} > /tmp/f", "echo: the text is too long"),
        ("dmesg -n 99999999999999999999999999", "dmesg: 99999999999999999999"),
        ("run big.bin", "run: big.bin: 16777217 bytes"),
    ):
        assert lab.error(line)["what"].startswith(what)
