"""Progress is kept line by line, and whatever was cut off or damaged, the rest counts."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from kshell.lesson.progress import Progress
from tests.lesson.school import ASK, HEAD, LOAD, READ, Student, lesson_of

TEXT = HEAD + READ + ASK + LOAD


def test_a_log_that_was_cut_anywhere_gives_back_all_whole_events_before(tmp_path: Path) -> None:
    lesson = lesson_of(tmp_path, TEXT)
    path = tmp_path / "p.jsonl"
    Student(lesson, Progress(str(path))).says("next", "-1", "next", "modprobe syscallModule", "syscall test_call 42")
    whole = path.read_bytes()
    order = ["read", "ask", "load"]
    before = 0
    for size in sorted(random.Random(1).sample(range(len(whole)), 100)):
        path.write_bytes(whole[:size])
        state = Progress(str(path)).state(lesson)
        step = order.index(state.step) if state.is_open else 0
        assert step >= before
        assert len(state.done) == step or state.step == "load" or len(state.done) == step + 1
        before = step
    assert before == 2


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[]",
        b'{"format": 2}',
        b"[" * 5000,
        json.dumps({"format": 1, "lesson": "tried", "hash": 3, "event": "step", "step": "load"}).encode(),
        json.dumps({"format": 1, "lesson": "tried", "hash": "H", "event": "command", "step": "load"}).encode(),
        json.dumps(
            {"format": 1, "lesson": "tried", "hash": "H", "event": "step", "step": "x", "commands": []}
        ).encode(),
    ],
)
def test_a_damaged_line_is_passed_over(tmp_path: Path, line: bytes) -> None:
    lesson = lesson_of(tmp_path, TEXT)
    path = tmp_path / "p.jsonl"
    Student(lesson, Progress(str(path))).says("next")
    path.write_bytes(line.replace(b'"H"', json.dumps(lesson.hash).encode()) + b"\n" + path.read_bytes() + line)
    assert Progress(str(path)).state(lesson).step == "ask"


def test_a_lesson_that_was_changed_begins_anew(tmp_path: Path) -> None:
    path = str(tmp_path / "p.jsonl")
    lesson = lesson_of(tmp_path / "a", TEXT)
    Student(lesson, Progress(path)).says("next")
    changed = lesson_of(tmp_path / "b", TEXT.replace('title = "T"', 'title = "U"'))
    assert not Progress(path).state(changed).is_open
    assert Progress(path).was_changed(changed)
    assert not Progress(path).was_changed(lesson)
    told = Student(changed, Progress(path)).first["notes"]
    assert told == ["this lesson has changed since you began it: it begins anew"]
    assert not Progress(path).was_changed(changed)
    assert Progress(path).state(lesson).step == "ask"


def test_where_nothing_can_be_written_the_lesson_goes_on_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lesson = lesson_of(tmp_path, TEXT)
    student = Student(lesson, Progress(str(tmp_path / "file" / "p.jsonl")))
    assert "your progress is not kept" in student.first["notes"][0]
    assert student.last("next")["step"] == "ask"
