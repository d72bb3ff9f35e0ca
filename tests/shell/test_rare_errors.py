"""Mistakes that are rarely made: each is told, and what is advised is typed (tests/shell/typed.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lesson import school
from tests.shell.lab import Lab

WORDS = [
    ("regs 1", "regs: it takes no arguments"),
    ("asm --nope nop", "asm: unknown option --nope"),
    ("asm", "asm: there is no editor here"),
    ("info", "info: about what?"),
    ("print", "print: what?"),
    ("bt 1", "bt: it takes no arguments"),
    ("frame 1 2", "frame: one level"),
    ("list a b", "list: one place"),
    ("module copy", "module: which module?"),
    ("module copy a b c", "module: one module at a time"),
    ("dmesg -n 1/0", "dmesg: "),
    ("goto 1/0", "goto: "),
    ("exit 1/0", "exit: "),
    ("exit 1 2", "exit: one number at most"),
    ("history 1 2", "history: one number at most"),
    ("help dmesg regs", "help: one command at a time"),
    ("source", "source: which file?"),
    ("source a b", "source: one file at a time"),
    ("clear 1", "clear: it takes no words"),
    ("theme dark light", "theme: one theme at a time"),
    ("stepi x y", "stepi: "),
    ("finish 1", "finish: it takes no arguments"),
    ("source a-file/x", "source: a-file/x: Not a directory"),
    ("insmod a-file/x.py", "insmod: ERROR: could not load module a-file/x.py: Not a directory"),
    ("asm --save a-file/x.s nop", "asm: a-file/x.s: Not a directory"),
    ("module copy hello a-file/x", "module copy: a-file/x: Not a directory"),
    ("syscall write 1 buf:99999999999 1", "syscall: "),
    ("lesson new", "lesson: new takes the folder to make"),
    ("lesson lint", "lesson: lint takes a lesson"),
    ("lesson new a-file/x", "lesson new: a-file/x: Not a directory"),
    ("lesson lint empty", "lesson lint: empty: no lesson there"),
    ("lesson start 1 2", "lesson: one lesson at a time"),
    ("lesson resume", "lesson resume: which one?"),
]


@pytest.mark.parametrize(("line", "what"), WORDS)
def test_words_that_a_command_cannot_take_are_told(shared: Lab, line: str, what: str) -> None:
    Path("a-file").write_text("")
    Path("empty").mkdir()
    assert shared.error(line)["what"].startswith(what)
