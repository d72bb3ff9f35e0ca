"""A script of commands as a person reads it: shown as it runs, and on slides."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from kshell.shell.lines.script import pieces, reads_on
from kshell.shell.present.deck import Ask, Run, Tell
from kshell.shell.present.script import slides_of
from kshell.shell.session import Session
from kshell.shell.views.output import JsonOutput, PlainOutput
from tests.shell.json_page import problems
from tests.shell.lab import Lab

SCRIPT = """#!/usr/bin/env -S kshell --echo
## A call
# The first paragraph
# goes on.
#
# The second: `syscall getpid`.
#: only for me
#:
#: and this
#? What comes? | nothing | *a number

syscall getpid
# Again.
syscall getuid; syscall getgid
"""


def shown(script: str, tmp_path: Path, *, as_json: bool = False) -> str:
    """What `source --echo` shows of a script."""
    (tmp_path / "a.ksh").write_text(script, encoding="utf-8")
    out = io.StringIO()
    session = Session("course", output=JsonOutput(out) if as_json else PlainOutput(out, out))
    session.execute(f'source "{tmp_path}/a.ksh" --echo')
    return out.getvalue()


def test_commands_stand_behind_a_prompt_and_comments_are_prose(tmp_path: Path) -> None:
    assert (
        shown(SCRIPT, tmp_path)
        == """
A call
======

The first paragraph goes on.

The second: syscall getpid.

What comes?
     a) nothing
     b) a number

kshell> syscall getpid
getpid()                                = 77

Again.

kshell> syscall getuid; syscall getgid
getuid()                                = 0
getgid()                                = 0
"""
    )


def test_json_has_an_object_for_each_comment(tmp_path: Path) -> None:
    found = [json.loads(line) for line in shown(SCRIPT, tmp_path, as_json=True).splitlines()]
    assert [each["command"].partition("\n")[0] for each in found] == [
        *("## A call", "# The first paragraph", "#? What comes? | nothing | *a number", "syscall getpid"),
        *("# Again.", "syscall getuid", "syscall getgid", f'source "{tmp_path}/a.ksh" --echo'),
    ]
    assert found[0]["result"] == {"heading": "A call"}
    assert found[1]["result"] == {"prose": ["The first paragraph goes on.", "The second: `syscall getpid`."]}
    assert found[2]["result"] == {"question": "What comes?", "choices": ["nothing", "a number"]}
    assert [problems(each["result"], "comment") for each in (*found[:3], found[4])] == [[], [], [], []]


def test_a_debuggers_command_stands_behind_its_own_prompt(tmp_path: Path) -> None:
    text = shown("modprobe syscallModule; break my_test_call\nsyscall test_call 42\nnext\ncontinue\n", tmp_path)
    assert "(gdb) next\n23" in text
    assert "(gdb) continue\ntest_call(42)                           = 42\n" in text


def test_a_program_that_asm_reads_is_shown_under_it(tmp_path: Path) -> None:
    text = shown("asm\nmov eax, 60  # exit\nmov edi, 7\nsyscall\nend\n", tmp_path)
    head = "kshell> asm\n    mov eax, 60  # exit\n    mov edi, 7\n    syscall\n    end\n"
    assert text == head + "kshell-asm exited with status 7\n"


def test_a_script_stops_at_its_failure_as_without_echo(tmp_path: Path) -> None:
    text = shown("rmmod nothing\nsyscall getpid\n", tmp_path)
    assert "a.ksh:1: stopped at a command that failed" in text
    assert "kshell> syscall getpid" not in text


def test_the_pieces_have_every_line() -> None:
    lines = SCRIPT.splitlines()
    assert [line for piece in pieces(lines) for line in piece.lines] == lines
    kinds = [piece.kind for piece in pieces(lines)]
    assert kinds == ["blank", "heading", "prose", "note", "question", "blank", "command", "prose", "command"]


def test_a_command_is_known_before_the_next_line_comes() -> None:
    lines = iter(["# prose", "syscall getpid", "# never asked for"])
    found = pieces(lines)
    assert next(found).texts == ("prose",)
    assert next(found).texts == ("syscall getpid",)
    assert next(lines) == "# never asked for"


@pytest.mark.parametrize(
    ("line", "reads"),
    [("asm", True), ("asm --list", True), ("asm --save a.s", True), ("asm 'ret'", False), ("run a.s", False)],
)
def test_asm_without_a_text_reads_on(line: str, reads: bool) -> None:
    assert reads_on(line) is reads


def test_a_quote_that_is_not_closed_reads_nothing_on() -> None:
    assert reads_on("asm 'mov") is False


def test_slides_begin_with_headings_and_comments() -> None:
    first, second = slides_of(SCRIPT.splitlines(), "a.ksh")
    assert first.heading == second.heading == "A call"
    assert first.prose.text(80) == "The first paragraph goes on.\n\nThe second: syscall getpid."
    assert first.notes == ("only for me", "and this")
    ask, run, tell = first.beats
    assert isinstance(ask, Ask)
    assert (ask.text.text(), ask.choices, ask.right) == ("What comes?", ("nothing", "a number"), 1)
    assert isinstance(run, Run)
    assert run.lines == ("syscall getpid",)
    assert isinstance(tell, Tell)
    assert [type(beat) for beat in second.beats] == [Run]


def test_a_question_without_a_right_answer_is_not_judged() -> None:
    (slide,) = slides_of(["#? Why? | a | b", "syscall getpid"], "t")
    assert [type(beat) for beat in slide.beats] == [Ask, Run]


def test_a_script_without_comments_has_one_slide_and_an_empty_one_none() -> None:
    (slide,) = slides_of(["syscall getpid", "", "lsmod"], "t.ksh")
    assert (slide.heading, len(slide.beats)) == ("t.ksh", 2)
    assert list(slides_of(["", "#", "###"], "t")) == []


def test_two_questions_stand_on_two_slides() -> None:
    slides = list(slides_of(["#? One? | a | *b", "#? Two? | *a | b", "lsmod"], "t"))
    assert [len(slide.beats) for slide in slides] == [2, 3]


def test_source_takes_one_file_and_known_options(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ksh").write_text("syscall getpid\n", encoding="utf-8")
    assert lab.error("source a b --echo")["what"] == "source: one file at a time"
    assert lab.error("source a --ecko")["try"] == "source a --echo"
    found = lab.error("source a.ksh --step")
    assert found["what"] == "present: it needs a terminal"
    assert found["try"] == "source a.ksh --echo  (the same as text)"
