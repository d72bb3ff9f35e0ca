"""Lint finds each kind of lesson that does not hold what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.lesson.lint import circles, lint
from tests.lesson.school import ASK, CHOOSE, EXPLORE, HEAD, LOAD, ORDER, READ, lesson_of

AGAIN = ASK.replace('"ask"', '"again"').replace("test_call 42", "9999")
WHOLE = HEAD + 'remember = ["1", "2", "3"]\n' + ASK + LOAD + CHOOSE + ORDER + AGAIN + EXPLORE


def findings(tmp_path: Path, text: str, **files: str) -> list[str]:
    return [each.text for each in lint(lesson_of(tmp_path, text, **files)) if each.is_error]


def test_a_good_lesson_has_no_findings_and_no_advice(tmp_path: Path) -> None:
    assert lint(lesson_of(tmp_path, WHOLE)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '{ module = "syscallModule" }',
            "{ oops = 0 }",
            "step load: the check {'oops': 0} holds before anything is done",
        ),
        (
            '{ module = "syscallModule" }',
            '{ module = "syscallModule", still = true }',
            "step load: the check {'module': 'syscallModule', 'still': True} does not hold before the step",
        ),
        ('"syscall test_call 42"]\nthen', '"syscall test_call 41"]\nthen', "step load: its solution does not do it"),
        ('"modprobe syscallModule", "s', '"modprobe nonsense", "s', "step load: its solution does not do it"),
        (
            'check = [{ call = "test_call", ret = -38 }]',
            "check = [{ oops = 3 }]",
            "step load: wrong answer 1 does not come",
        ),
        ('right = "-38"', 'right = "-37"', "step ask: what happens is not -37"),
        ('misconceptions = ["m"]', 'misconceptions = ["m", "n"]', "no wrong answer belongs to the misconception n"),
        (
            'solution = ["syscall test_call 42"]\nsay',
            'solution = ["lsmod"]\nsay',
            "step load: wrong answer 1 does not come",
        ),
    ],
)
def test_what_does_not_hold_is_named_with_its_step(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WHOLE
    assert any(text.startswith(said) for text in findings(tmp_path, WHOLE.replace(old, new, 1)))


def test_a_choice_that_is_predicted_must_be_proved(tmp_path: Path) -> None:
    step = CHOOSE.replace('"choice"', '"predict"') + ""
    step = step.replace(
        "[[step.wrong]]", 'run = ["syscall getpid"]\ncheck = [{ call = "getpid", ret = 1 }]\n[[step.wrong]]'
    )
    said = findings(tmp_path, HEAD + step + ASK)
    assert said == ["step choose: what happens does not prove b: wanted getpid(...) = 1, found getpid() = 77"]


def test_a_stray_file_is_named(tmp_path: Path) -> None:
    assert findings(tmp_path, WHOLE, stray__py="") == ["no step names the file stray.py"]


def test_advice_does_not_fail_a_lesson(tmp_path: Path) -> None:
    text = HEAD + 'remember = ["1"]\n' + ASK + EXPLORE.replace('{ call = "getpid" }', '{ typed = "getpid" }') + READ
    said = lint(lesson_of(tmp_path, text))
    assert [each.is_error for each in said] == [False] * 4
    assert "typed looks at the text" in said[-1].text


def test_lessons_that_need_each_other_are_told(tmp_path: Path) -> None:
    one = lesson_of(tmp_path / "a", HEAD + 'needs = ["tried"]\n' + READ)
    other = lesson_of(tmp_path / "b", HEAD + 'needs = ["missing"]\n' + READ)
    assert [each.text for each in circles([one])] == ["needs: it needs itself, by way of others"]
    assert [each.text for each in circles([other])] == ["needs: there is no lesson missing"]


def test_lint_leaves_no_file_and_no_progress_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "here"))
    lint(lesson_of(tmp_path, WHOLE))
    assert list((tmp_path / "here").iterdir()) == []


def test_a_wrong_state_that_is_there_from_the_start_is_named(tmp_path: Path) -> None:
    text = WHOLE.replace('check = [{ call = "test_call", ret = -38 }]', "check = [{ oops = 0 }]")
    assert "step load: wrong answer 1 holds before anything is done" in findings(tmp_path, text)


def test_a_right_letter_that_is_always_the_same_is_told(tmp_path: Path) -> None:
    asked = "".join(CHOOSE.replace('"choose"', f'"choose-{number}"') for number in range(3))
    told = "the right letter is always b: students will notice"
    assert told in [each.text for each in lint(lesson_of(tmp_path / "a", HEAD + asked + EXPLORE))]
    other = asked.replace('right = "b"', 'right = "a"', 1).replace('answer = "a"', 'answer = "b"', 1)
    assert told not in [each.text for each in lint(lesson_of(tmp_path / "b", HEAD + other + EXPLORE))]
