"""The machine of a step comes back as it was, whatever has become of the files that its commands read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.lesson import tape
from kshell.lesson.lesson import Lesson
from kshell.lesson.progress import Progress
from tests.lesson.school import ASK, EXPLORE, HEAD, READ, Student, lesson_of

TIMES = """from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
def times(k: Kernel, n: int) -> Long:
    return n * 2
def start(k: Kernel) -> int:
    k[STUB_test_call] = times
    return 0
module_init(start)
"""
LINES = ["insmod times.py", "syscall test_call 21", "syscall getpid"]
USE = """
[[step]]
id = "use"
kind = "command"
check = [{ call = "test_call", args = [21], ret = 42 }, { oops = 0, still = true }]
files = ["times.py"]
solution = ["insmod times.py", "syscall test_call 21"]
"""
TREE = """
[[step]]
id = "lay-out"
kind = "command"
check = [{ host_file = "own/note" }]
solution = ["tree new own"]
[[step.edit]]
file = "own/note"
text = "mine"
[[step]]
id = "add"
kind = "command"
check = [{ host_file = "own/note", holds = "ours" }, { ran = "lsmod" }]
solution = ["lsmod"]
[[step.edit]]
file = "own/note"
find = "mine"
text = "ours"
"""


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return lesson_of(tmp_path, HEAD + READ + USE + EXPLORE, times__py=TIMES)


@pytest.fixture
def student(lesson: Lesson, tmp_path: Path) -> Student:
    return Student(lesson, Progress(str(tmp_path / "state" / "progress.jsonl")))


def again(student: Student) -> Student:
    """The same student on another day."""
    return Student(student.lesson, Progress(student.progress.path), goes_on=True)


def called(student: Student) -> int:
    result: int = student.says("syscall test_call 100")[0]["result"]["calls"][0]["ret"]
    return result


@pytest.mark.parametrize("change", ["edited", "gone"])
def test_a_module_is_the_one_that_was_loaded_then(student: Student, change: str) -> None:
    student.says("next", "insmod times.py", "bye")
    if change == "edited":
        Path("times.py").write_text(TIMES.replace("n * 2", "n * 3"))
    else:
        Path("times.py").unlink()
    assert called(again(student)) == 200


def test_a_command_that_failed_then_has_failed_still(student: Student) -> None:
    Path("times.py").write_text(TIMES.replace("return n", "retrun n"))
    student.says("next", "insmod times.py")
    Path("times.py").write_text(TIMES)
    student.says("insmod times.py", "bye")
    later = again(student)
    assert [each["status"] for each in later.guide.world.results] == [1, 0]
    assert called(later) == 200


def test_what_was_called_before_the_step_was_left_still_counts(student: Student) -> None:
    student.says("next", "insmod times.py", "syscall test_call 21", "goto use", "insmod times.py", "bye")
    later = again(student)
    assert not later.guide.is_done  # it was, before the student went back to its beginning
    assert later.last("syscall test_call 21")["passed"] is True


def test_a_step_that_was_done_is_shown_as_done_on_another_day(student: Student) -> None:
    student.says("next", "insmod times.py", "syscall test_call 21", "bye")
    later = again(student)
    assert later.guide.is_done
    assert "this step is done" in later.guide.show().text()


def test_a_tape_of_another_version_is_not_played_and_the_lines_are_run_again(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    student.says("next", "insmod times.py", "bye")
    monkeypatch.setattr(tape, "__version__", "0.0.0")
    Path("times.py").write_text(TIMES.replace("n * 2", "n * 3"))
    later = again(student)
    assert called(later) == 300
    later.says("bye")
    Path("times.py").unlink()
    assert called(again(student)) == 300  # now there is a tape of this version


def test_a_machine_that_comes_out_otherwise_is_made_by_the_lines(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    student.says("next", "insmod times.py", "bye")
    whole = Path(student.guide.track.tape.path)
    whole.write_text(whole.read_text().replace('"digest":[', '"digest":[1,'))
    assert called(again(student)) == 200


@pytest.mark.parametrize("lost", [1, 40, 400])
def test_what_was_cut_off_is_run_again_by_its_line(student: Student, lost: int) -> None:
    student.says("next", "insmod times.py", "syscall test_call 21", "bye")
    whole = Path(student.guide.track.tape.path)
    whole.write_bytes(whole.read_bytes()[:-lost])
    later = again(student)
    assert (later.at, called(later)) == ("use", 200)
    later.says("bye")
    assert called(again(student)) == 200


def test_undo_ends_where_the_step_began_and_what_was_undone_does_not_count(student: Student) -> None:
    student.says("next", "insmod times.py")
    assert student.last("undo 2")["what"] == "undo: there is no more to take back"
    student.says("undo")
    assert not student.session.kernel.modules
    assert student.last("undo")["try"] == "back"
    student.says("redo")
    assert [*student.session.kernel.modules] == ["times"]
    student.says("syscall test_call 21", "undo", "bye")
    later = again(student)
    assert [each.line for each in later.guide.track.commands] == ["insmod times.py"]
    assert later.guide.world.calls() == []


def test_what_was_redone_is_there_on_another_day(student: Student) -> None:
    student.says("next", "insmod times.py", "undo", "redo", "bye")
    assert called(again(student)) == 200


def test_the_sandbox_cannot_take_back_what_the_lesson_did(student: Student) -> None:
    student.says("next", "insmod times.py", "play", "rmmod times", "undo")
    assert [*student.session.kernel.modules] == ["times"]
    assert student.last("undo")["try"] == "resume"
    student.says("boot 6.19", "resume")
    assert called(student) == 200


def test_a_step_far_ahead_is_reached_by_doing_each_between_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    lesson = lesson_of(tmp_path, HEAD + TREE + EXPLORE)
    student = Student(lesson, Progress(""))
    assert student.last("goto 3")["step"] == "look"
    assert Path("own/note").read_text() == "ours"


def test_breakpoints_are_set_again_on_another_day_and_gone_before_they_were_set(student: Student) -> None:
    student.says("next", "break __do_sys_test_call", "bye")
    later = again(student)
    debugging = later.session.debugging
    assert debugging is not None
    assert len(debugging.debugger.breakpoints) == 1
    later.says("goto 1")
    assert not debugging.debugger.breakpoints


def test_a_prediction_that_was_cut_off_in_the_middle_of_its_run_begins_again(lesson: Lesson, tmp_path: Path) -> None:
    ask = ASK.replace('run = ["syscall', 'run = ["modprobe hello", "syscall')
    lesson = lesson_of(tmp_path / "other", HEAD + ask + EXPLORE)
    student = Student(lesson, Progress(str(tmp_path / "state" / "progress.jsonl")))
    student.says("-38")
    path = Path(student.progress.path)
    events = path.read_text().splitlines(keepends=True)
    path.write_text("".join(events[: next(n for n, line in enumerate(events) if "modprobe" in line) + 1]))
    later = again(student)
    assert not later.session.kernel.modules
    assert [each["status"] for each in later.says("-38")] == [0, 0, 0]
    assert [*again(later).session.kernel.modules] == ["hello"]


def test_where_a_session_has_become_too_long_to_go_back_that_is_said(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    student.says("next", *LINES[:2], "next")
    monkeypatch.setattr("kshell.shell.replay.journal.MOST_BYTES", 0)
    student.says(LINES[2])
    told = student.last("back")
    assert told["what"] == "lesson: there is no way to that state"
    assert told["because"] == "the session is so long that its first commands are not kept any more"
    assert [each.line for each in again(student).guide.track.commands] == LINES
    assert student.last("reset lesson")["step"] == "read"
