"""A lesson being done: predicted, run, compared, helped, gone back, left and taken up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kshell.lesson.lesson import Lesson
from kshell.lesson.progress import Progress
from kshell.lesson.views import Feedback, shuffled
from tests.lesson.school import ASK, CHOOSE, EXPLORE, HEAD, LOAD, ORDER, READ, Student, lesson_of

FILL = """
[[step]]
id = "fill"
kind = "fill"
file = "gap.py"
solved = "gap_solved.py"
check = [{ host_file = "gap.py", holds = "return" }]
solution = ["lsmod"]
"""


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lesson:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    texts = HEAD + READ + ASK + LOAD + CHOOSE + ORDER + FILL + EXPLORE
    return lesson_of(tmp_path, texts, gap__py="def f(): ...\n", gap_solved__py="def f(): return 1\n")


@pytest.fixture
def student(lesson: Lesson, tmp_path: Path) -> Student:
    return Student(lesson, Progress(str(tmp_path / "progress.jsonl")))


def test_a_right_prediction_is_run_and_compared(student: Student) -> None:
    shown = student.says("next", "-38")
    assert [each["command"] for each in shown] == ["next", "syscall test_call 42", "-38"]
    assert shown[1]["result"]["calls"][0]["ret"] == -38
    assert shown[2]["result"] | {"answer": "-38", "right": True, "passed": True} == shown[2]["result"]


@pytest.mark.parametrize("same", ["-0x26", "-38"])
def test_a_number_is_right_however_it_is_written(student: Student, same: str) -> None:
    assert student.last("next", same)["right"] is True


def test_a_wrong_prediction_has_its_own_feedback_and_the_first_one_counts(student: Student) -> None:
    told = student.last("next", "-1")
    assert (told["right"], told["misconception"]) == (False, "m")
    assert told["say"].startswith("You said -1. It came to -38 (-ENOSYS).\n\nThat is the library's.")
    student.says("goto ask", "-38")
    assert student.guide.world.answers == {"ask": ("-1", False)}


def test_a_wrong_prediction_that_nobody_thought_of_is_compared_all_the_same(student: Student) -> None:
    assert student.last("next", "7")["say"] == "You said 7. It came to -38 (-ENOSYS)."


def test_what_is_to_be_predicted_cannot_be_run_before_but_looked_around(student: Student) -> None:
    told = student.last("next", "syscall test_call 42")
    assert told["what"] == "syscall: this step asks first"
    assert student.says("lsmod")[-1]["status"] == 0
    assert [(each.step, each.line) for each in student.guide.track.commands] == [("ask", "lsmod")]


def test_what_is_about_the_session_itself_is_no_part_of_the_lesson(
    student: Student, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    student.says("next")
    for line in ("transcript on log.txt", "theme dark", "export txt out.txt"):
        assert student.says(line)[-1]["status"] == 0
    assert student.guide.track.commands == []


def test_a_step_is_done_in_any_way_that_leads_there(student: Student) -> None:
    student.says("next", "-38", "next")
    told = student.says("modprobe syscallModule", "syscall test_call 41", "syscall test_call 0x2a")
    assert [each["command"] for each in told[-3:]] == ["syscall test_call 41", "syscall test_call 0x2a", "lesson"]
    assert told[-1]["result"] == {"passed": True, "say": "Somebody answers.", "step": "load"}


def test_a_state_that_is_wrong_in_a_known_way_is_told_once(student: Student) -> None:
    told = student.says("goto load", "syscall test_call 1", "syscall test_call 2")
    said = [each["result"] for each in told if each["command"] == "lesson"]
    assert [each["say"] for each in said] == ["Nobody has filled the pointer."]
    assert said[0]["goto"] == "ask"


def test_check_says_what_it_looked_at_what_it_wanted_and_what_it_found(student: Student) -> None:
    shown = student.last("goto load", "modprobe syscallModule", "check")
    assert not shown["passed"]
    loaded, called = shown["checks"]
    assert (loaded["passed"], loaded["looked_at"]) == (True, "lsmod")
    assert called == {
        "passed": False,
        "looked_at": "the calls of test_call in this step",
        "wanted": "test_call(...) = 42",
        "found": "it was not called",
    }


def test_hints_come_one_by_one_and_then_the_solution_is_offered(student: Student) -> None:
    hints = [student.last("goto load", "hint"), student.last("hint"), student.last("hint"), student.last("hint")]
    assert [each["hint"] for each in hints] == [1, 2, 3, 3]


def test_after_three_failed_commands_the_best_hint_offers_itself(student: Student) -> None:
    student.says("goto load")
    told = student.says("modprobe nothing", "modprobe nothing", "modprobe nothing")
    assert told[-1]["result"] == {
        "passed": False,
        "say": "modprobe syscallModule; and the call",
        "step": "load",
        "hint": 3,
    }


def test_next_waits_until_the_step_is_done(student: Student) -> None:
    assert student.last("next", "next")["what"] == "next: this step is not done yet"
    student.says("goto load")
    assert student.last("next")["because"] == "`check` says what is missing"
    assert student.at == "load"


def test_skip_shows_the_solution_and_does_it(student: Student) -> None:
    shown = student.says("goto load", "skip")
    assert [each["command"] for each in shown[1:-1]] == ["modprobe syscallModule", "syscall test_call 42"]
    assert student.guide.is_done
    assert student.last("next")["step"] == "choose"


def test_a_lesson_may_forbid_to_skip(tmp_path: Path) -> None:
    lesson = lesson_of(tmp_path, 'skip = "never"\n' + HEAD + LOAD.replace('goto = "ask"', ""))
    assert Student(lesson, Progress("")).last("skip")["what"] == "skip: not in this lesson"


def test_a_sandbox_leaves_no_trace_in_the_lesson(student: Student) -> None:
    student.says("goto load", "modprobe syscallModule", "play", "rmmod syscallModule", "boot 6.19", "modprobe hello")
    assert student.session.kernel.release.startswith("6.19")
    assert student.last("resume")["step"] == "load"
    assert [*student.session.kernel.modules] == ["syscallModule"]
    assert student.last("syscall test_call 42")["passed"] is True


def test_back_and_goto_take_the_machine_with_them(student: Student) -> None:
    student.says("goto choose")
    assert [*student.session.kernel.modules] == ["syscallModule"]  # what lay between was done for the student
    assert student.last("back")["step"] == "load"
    assert not student.session.kernel.modules
    assert student.last("goto 1")["step"] == "read"
    assert student.last("back")["what"] == "back: this is the first step"
    assert student.last("goto nowhere")["what"] == "goto: no step nowhere"


def test_a_choice_is_asked_until_it_is_right_and_the_first_answer_is_kept(student: Student) -> None:
    student.says("goto choose")
    assert student.last("a")["say"] == "Not this."
    assert student.last("B)")["passed"] is True
    assert student.guide.world.answers["choose"] == ("a", False)


def test_a_letter_that_is_no_choice_is_told_and_is_no_command(student: Student) -> None:
    told = student.last("goto choose", "d")  # alone it would be the debugger's `delete`
    assert (told["what"], told["because"]) == ("d: no such answer", "this question has a and b")
    assert "choose" not in student.guide.world.answers


def test_what_is_said_is_wrapped_with_its_mark_before_it(student: Student) -> None:
    said = Feedback(True, "word " * 40, {}).lines(40)
    assert all(sum(len(text) for text, _ in line) <= 40 for line in said)
    assert ("[ok]", "good") in said[0]


def test_lines_are_put_in_order_by_the_numbers_on_the_screen(student: Student, lesson: Lesson) -> None:
    shown = student.last("goto order")["lines"]
    assert shown == shuffled(lesson, lesson.steps[4]) != ["one", "two", "three", "four", "five"]
    number = {text: str(at) for at, text in enumerate(shown, 1)}

    def says(*texts: str) -> str:
        return str(student.last(" ".join(number[text] for text in texts))["say"])

    assert says("three", "one") == "Something else comes first. What?"
    assert says("one", "two", "four") == "The first 2 are right. What comes next?"
    assert says("one", "two", "three") == "Right so far; 1 more belongs behind it."
    assert says("one", "five").startswith(f"Line {number['five']} belongs nowhere")
    assert says("one", "one").startswith(f"Line {number['one']} stands twice")
    assert student.last("9")["say"] == "There is no line 9."
    assert says("two", "one", "three", "four") == "Right."  # another right order


def test_a_file_is_given_and_what_the_student_wrote_is_kept(student: Student) -> None:
    mine = Path("gap.py")
    assert student.last("goto fill")["kind"] == "fill"
    assert mine.read_text() == "def f(): ...\n"
    mine.write_text("def f(): return 7\n")
    assert student.says("lsmod")[-1]["result"]["passed"] is True
    notes = student.last("goto fill")["notes"]
    assert notes == ["your own gap.py is kept as it is; `reset step` puts the lesson's in its place"]
    student.says("reset step")
    assert mine.read_text() == "def f(): ...\n"
    assert Path("gap.py~").read_text() == "def f(): return 7\n"
    student.says("skip")
    assert mine.read_text() == "def f(): return 1\n"


MAKE = """
[[step]]
id = "make"
kind = "command"
check = [{ none = [{ host_file = "own/gone.py" }] }, { host_file = "own/made.py", holds = "x" }]
solution = ["lsmod"]
[[step.edit]]
file = "own/made.py"
text = "x"
[[step.edit]]
file = "also.py"
text = "x"
"""


def test_what_is_left_over_from_another_time_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path)
    made = lesson_of(tmp_path, HEAD + MAKE)
    progress = Progress(str(tmp_path / "progress.jsonl"))
    assert Student(made, progress).first.get("notes") is None  # a folder alone holds nothing
    Path("own/made.py").write_text("x")
    says = " here already, so steps may be done at once: to begin with none, rename "
    ends = " outside of kshell and type `reset lesson`"
    student = Student(made, progress)
    assert student.first["notes"] == [f"own is{says}it{ends}"]
    assert student.last("lsmod")["passed"] is True
    Path("also.py").write_text("")
    assert student.last("reset lesson")["notes"] == [f"also.py, own are{says}them{ends}"]
    assert Student(made, progress, goes_on=True).first.get("notes") is None  # on the way they are the student's own
    Path("own").rename("old")
    Path("also.py").unlink()
    assert student.last("reset lesson").get("notes") is None


def test_the_lessons_own_files_are_none_that_are_left_over(student: Student) -> None:
    student.says("goto fill")
    assert Path("gap.py").exists()
    assert student.last("reset lesson").get("notes") is None


def test_the_end_says_what_to_remember_and_leaves_the_machine(student: Student) -> None:
    shown = student.last("goto look", "syscall getpid", "next")
    assert shown["done"] is True
    assert student.ended
    assert student.session.guide is None
    assert student.says("lsmod")[-1]["result"]["modules"]


def test_leaving_keeps_the_place_and_another_day_goes_on_there(student: Student, lesson: Lesson) -> None:
    student.says("next", "-1", "next", "modprobe syscallModule", "bye")
    assert student.session.guide is None
    later = Student(lesson, Progress(student.progress.path), goes_on=True)
    assert (later.first["step"], [*later.session.kernel.modules]) == ("load", ["syscallModule"])
    assert later.guide.world.answers == {"ask": ("-1", False)}
    assert later.last("syscall test_call 42")["passed"] is True  # the module of the other day counts
    assert later.last("review")["steps"][1] == {"step": "ask", "done": True, "answer": "-1", "right": False}


def test_what_was_done_after_a_step_is_gone_after_going_back_to_it(student: Student, lesson: Lesson) -> None:
    student.says("goto load", "modprobe syscallModule", "back", "bye")
    later = Student(lesson, Progress(student.progress.path), goes_on=True)
    assert (later.at, later.guide.track.commands, [*later.session.kernel.modules]) == ("ask", [], [])


def test_reset_begins_the_lesson_or_forgets_it(student: Student, lesson: Lesson) -> None:
    assert student.last("goto load", "modprobe syscallModule", "reset lesson")["step"] == "read"
    assert not student.session.kernel.modules
    student.says("reset all")
    assert not Progress(student.progress.path).state(lesson).is_open
    assert student.session.guide is None


def test_an_empty_line_goes_on_only_at_the_prompt_and_only_when_the_step_is_done(student: Student) -> None:
    student.says("")
    assert student.at == "read"
    student.session.interactive = True
    student.says("")
    assert student.at == "ask"
    student.says("")
    assert student.at == "ask"


def test_at_the_debuggers_prompt_gdbs_words_win(student: Student) -> None:
    student.says("goto choose", "play", "break my_test_call")
    shown = {each["command"]: each for each in at_gdb(student, "next", "lesson info", "back", "bye", "continue")}
    assert shown["next"]["result"]["stopped"]["line"] == 23
    assert shown["lesson info"]["result"]["place"] == "You are at step 4 of 7."
    assert shown["back"]["error"]["try"] == "lesson back"
    assert shown["bye"]["error"]["try"] == "lesson bye"
    assert student.guide.sandbox


def at_gdb(student: Student, *typed: str) -> list[dict[str, Any]]:
    """Lines typed while a call stands still; it does so no more."""
    student.session.following = iter(enumerate(typed, 1))
    found = student.says("syscall test_call 42")
    student.session.following = None
    assert not student.session.stands_still
    return found


def test_a_lesson_that_moves_at_the_debuggers_prompt_takes_its_machine_along(student: Student) -> None:
    student.says("goto load")
    before = student.session.digest
    student.says("modprobe syscallModule; break my_test_call")
    shown = at_gdb(student, "bt", "lesson back")
    call, back = "syscall test_call 42", "lesson back"
    assert [each["command"] for each in shown] == [call, "bt", back, call, back]
    assert shown[2]["result"] == {"stopped": None}
    assert student.at == "ask"
    assert "load" not in student.guide.done
    assert list(student.session.kernel.modules) == []
    assert student.session.debugging is not None
    assert not student.session.debugging.debugger.breakpoints
    assert student.last("-38")["right"] is True
    student.says("next")
    assert student.session.digest == before
    assert student.last("hint")["say"] == "modprobe"


def test_a_call_that_is_given_up_does_not_finish_its_step_and_can_be_undone(student: Student) -> None:
    student.says("goto load", "modprobe syscallModule; break my_test_call")
    before = student.session.digest
    shown = at_gdb(student, "lesson undo")
    assert student.guide.done == []
    assert "error" not in shown[-1]
    assert student.session.digest == before


def test_next_at_the_debuggers_prompt_waits_until_the_step_is_done_and_the_call_stands_meanwhile(
    student: Student,
) -> None:
    student.says("goto load", "modprobe syscallModule; break my_test_call")
    shown = at_gdb(student, "lesson next", "lesson goto nowhere", "lesson check", "next", "continue")
    tries = [each["error"]["try"].split("  ")[0] for each in shown if "error" in each]
    assert tries == ["lesson hint", "lesson review"]
    assert student.guide.is_done  # the call went on as if nothing had been
    at_gdb(student, "lesson next")
    assert student.at == "choose"
    assert list(student.session.kernel.modules) == ["syscallModule"]


def test_skip_play_and_bye_at_the_debuggers_prompt(student: Student) -> None:
    student.says("goto load", "modprobe syscallModule; break my_test_call")
    shown = at_gdb(student, "lesson skip")
    assert shown[-1]["result"]["skipped"] is True
    assert student.at == "load"
    at_gdb(student, "lesson play")
    assert student.guide.sandbox
    at_gdb(student, "lesson resume")
    assert not student.guide.sandbox
    at_gdb(student, "lesson bye")
    assert student.session.guide is None


def test_another_lesson_can_be_started_at_the_debuggers_prompt_and_an_unknown_one_lets_the_call_stand(
    student: Student,
) -> None:
    student.says("goto load", "modprobe syscallModule; break my_test_call")
    shown = at_gdb(student, "lesson start nowhere", "lesson lint x", "print test", "lesson start 2")
    assert [each["command"] for each in shown if "error" in each] == ["lesson start nowhere", "lesson lint x"]
    assert student.session.guide is not student.guide
    assert student.session.guide is not None
    assert student.session.guide.place.startswith("2: 1/")


def test_what_a_step_had_begun_before_it_was_left_ahead_is_forgotten_on_another_day_too(student: Student) -> None:
    student.says("goto load", "modprobe syscallModule", "goto order")
    again = Student(student.lesson, student.progress, goes_on=True)
    assert again.session.digest == student.session.digest
    assert list(again.session.kernel.modules) == ["syscallModule"]


def test_a_place_that_was_gone_to_at_the_debuggers_prompt_is_there_on_another_day(student: Student) -> None:
    student.says("goto load", "modprobe syscallModule; break my_test_call")
    at_gdb(student, "lesson goto order")
    digest = student.session.digest
    again = Student(student.lesson, student.progress, goes_on=True)
    assert again.at == "order"
    assert again.session.digest == digest


def test_words_are_explained_and_completed(student: Student) -> None:
    words = student.guide.words()
    assert words["hint"].startswith("The next hint")
    assert all(words.values())
    assert student.guide.place == "7: 1/7"


def test_the_lessons_words_outside_of_a_lesson_say_where_they_work(tmp_path: Path) -> None:
    from tests.shell.lab import Lab

    assert Lab().error("lesson hint")["what"] == "lesson hint: you are in no lesson"
    assert "lesson start" in Lab().error("lesson strat 1")["try"]
