"""Every lesson runs to its end, and shows what it speaks of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.lab import screen

LESSONS = sorted((Path(__file__).parent.parent / "lessons").glob("*/lesson.ksh"))


def test_there_are_lessons() -> None:
    assert LESSONS


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.parent.name)
def test_a_lesson_runs_to_its_end(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, errors, status = screen(*path.read_text(encoding="utf-8").splitlines(), keep_going=False)
    assert (errors, status) == ("", 0)


def test_the_first_lesson_shows_the_call_without_with_and_without_its_module() -> None:
    text, _, _ = screen(*LESSONS[0].read_text(encoding="utf-8").splitlines())
    answers = [line.split("=")[-1].strip() for line in text.splitlines() if line.startswith("test_call(42)")]
    assert answers == ["-1 ENOSYS (Function not implemented)", "42", "42", "-1 ENOSYS (Function not implemented)"]


def test_the_second_lesson_shows_code_its_call_and_an_oops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, _, _ = screen(*LESSONS[1].read_text(encoding="utf-8").splitlines())
    answers = [line.split("=")[-1].strip() for line in text.splitlines() if line.startswith("test_call(42)")]
    assert answers == ["42", "-1 ENOSYS (Function not implemented)", "?"]
    assert "call printk\n" in text
    address = text.partition("still points into it: ")[2].partition(",")[0]
    assert address.startswith("0xffffffffc0")
    assert f"RIP: 0010:{address}\n" in text


def test_the_third_lesson_stops_steps_and_comes_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, _, _ = screen(*LESSONS[2].read_text(encoding="utf-8").splitlines())
    assert "Breakpoint 1, my_test_call (test=42) at stepped.py:22\n" in text
    assert "entry_SYSCALL_64 ()\n" in text
    assert "Value returned is $3 = 42\n" in text
    assert text.count("test_call(42)                           = 42\n") == 2
    assert "instructions:k\n" in text


def test_the_lessons_can_be_done_one_after_the_other_in_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in LESSONS:
        _, errors, status = screen(*path.read_text(encoding="utf-8").splitlines(), keep_going=False)
        assert (errors, status) == ("", 0)
