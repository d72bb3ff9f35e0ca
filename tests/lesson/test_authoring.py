"""What an author does: begin a lesson, prove it, look at it, print it, play it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lesson.school import HEAD, READ, write
from tests.shell.lab import Lab, screen


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Lab()


def test_a_new_lesson_works_at_once(lab: Lab) -> None:
    lab.text("lesson new 20-mine")
    assert lab.text("lesson lint 20-mine") == "mine: 3 steps and 1 wrong answers, each proved by a run"
    assert lab.json("lesson test 20-mine") == {"lessons": ["mine"], "findings": []}
    assert "already" in lab.error("lesson new 20-mine")["what"] or "exists" in lab.error("lesson new 20-mine")["what"]
    assert lab.error("lesson new 'My Lesson'")["try"] == "lesson new 20-my-lesson  (makes one)"


def test_a_mistake_comes_with_file_and_line(lab: Lab) -> None:
    write(Path("20-mine"), HEAD + READ + "hint = 3\n")
    assert lab.error("lesson lint 20-mine")["what"].startswith("20-mine/lesson.toml:10: a text step has no key hint")


def test_a_folder_of_lessons_is_looked_at_whole(lab: Lab) -> None:
    write(Path("all/01-one"), HEAD + READ)
    write(Path("all/02-two"), HEAD)
    result = lab.result("lesson lint all")
    assert result.status == 1
    assert "02-two/lesson.toml:1: a lesson needs step" in result.view.text()


def test_a_page_is_one_file_with_nothing_from_the_net(lab: Lab) -> None:
    write(Path("20-mine"), HEAD + READ.replace("Read `this`.", "a <b> & [x](http://x.y)"))
    lab.text("lesson render 20-mine page.html")
    page = Path("page.html").read_text()
    assert "<b>" not in page
    assert "a &lt;b&gt; &amp;" in page
    assert not [word for word in ("src=", "<link", "@import", "url(") if word in page]


def test_a_program_that_a_lesson_brings_stands_on_its_page_as_bytes(lab: Lab, tmp_path: Path) -> None:
    lab.text("lesson render 18 page.html")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "<pre>6a 00 48 8d" in page
    assert "# Catches SIGSEGV" in page


def test_a_preview_shows_every_step_and_runs_none(lab: Lab) -> None:
    shown = lab.json("lesson preview 1")["steps"]
    assert [step["number"] for step in shown] == [*range(1, len(shown) + 1)]
    assert not lab.session.kernel.modules


def test_a_lesson_is_played_by_its_solutions_and_progress_stays(lab: Lab, tmp_path: Path) -> None:
    text, errors, status = screen("lesson run 1 --solutions", keep_going=False)
    assert (errors, status) == ("", 0)
    assert "Remember:" in text
    assert not (tmp_path / "state").exists()


def test_lessons_speak_json_in_a_pipe(lab: Lab) -> None:
    lab.session.execute("lesson new 20-mine")
    lab.session.lesson_places = ["20-mine"]
    assert lab.json("lesson start mine")["question"] == "What does the kernel itself leave in rax?"
    assert lab.json("-1")["misconception"] == "the-kernel-sets-errno"
    assert lab.json("lesson")["lessons"][-1]["progress"] == "step 1 of 3"
    assert lab.json("lesson info mine")["minutes"] == 10
    lab.json("bye")
    assert lab.json("lesson resume")["step"] == "ask-first"
