"""Every lesson on slides: given from its start to its end, and each step's check holds there, too."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kshell.lesson.checks import hold
from kshell.lesson.lesson import Lesson
from kshell.lesson.read import LessonError
from kshell.lesson.shelf import Shelf
from kshell.lesson.slides import lesson_deck
from kshell.lesson.world import Heard, World
from kshell.shell.lines.words import TypedCommand
from kshell.shell.present.deck import Ask, Run, Tell
from kshell.shell.present.face import BACK, FORWARD
from kshell.shell.views.output import PlainOutput, Result
from tests.lesson.school import ASK, CHOOSE, EXPLORE, HEAD, ORDER, READ, lesson_of
from tests.shell.present.speaker import Speaker, interactive

SHELF = Shelf()


class Class:
    """A lesson given to a class: `proved` are the steps whose checks held at the end of their slides."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson, self.session = lesson, interactive()
        self.session.output = PlainOutput(io.StringIO(), io.StringIO())
        self.speaker = Speaker(self.session, at_key=self._look)
        self.world = World(self.session)
        self.proved: list[str] = []
        run = self.session._run

        def heard(part: TypedCommand) -> Result:
            kernel = self.session.kernel
            result = run(part)
            boots = self.session.kernel is not kernel
            self.world.hear(Heard(result.json(), boots, self.world.take_written()))
            return result

        self.session._run = heard  # type: ignore[method-assign]

    def _look(self) -> None:
        """A slide was come to, or is at its end."""
        assert self.session.giving is not None
        presentation = self.session.giving.presentation
        number = presentation.at - 1
        if not 0 <= number < len(self.lesson.steps):
            return
        if presentation.place[1] == 0:
            self.world.begin()
        elif presentation.beat is None and hold(self.world, self.lesson.steps[number].check):
            self.proved.append(self.lesson.steps[number].id)


@pytest.mark.parametrize("slug", list(SHELF.lessons))
def test_a_lesson_is_given_from_start_to_end(slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = Class(SHELF.lessons[slug])
    deck = lesson_deck(given.lesson)
    keys = sum(1 + len(slide.beats) for slide in deck.slides) - 1
    last = given.speaker.presents(f"present {slug}", *[FORWARD] * keys)
    checked = [step.id for step in given.lesson.steps if step.check]
    assert [step for step in given.proved if step in checked] == checked
    assert "the end" in last
    assert "Remember" in last
    assert list(tmp_path.iterdir()) == []
    given.session.giving.close()  # type: ignore[union-attr]
    assert Path.cwd() == tmp_path


def test_files_of_a_lesson_come_and_go_with_its_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = Class(SHELF.lessons["your-first-module"])
    slide = next(at for at, step in enumerate(given.lesson.steps, 1) if step.kind == "fill")
    beats = lesson_deck(given.lesson).slides
    keys = sum(1 + len(each.beats) for each in beats[:slide])
    given.speaker.presents("present 7", *[FORWARD] * keys)
    starter = Path("first.py").read_bytes()  # it is left there: the folder is the lesson's
    assert starter == given.lesson.files["first.py"]
    given.speaker.presents("present", FORWARD, FORWARD)  # the solution is shown, insmod is run
    assert Path("first.py").read_bytes() == given.lesson.files["first_solved.py"]
    assert "first" in given.session.kernel.modules
    given.speaker.presents("present", BACK)
    assert Path("first.py").read_bytes() == starter
    assert "first" not in given.session.kernel.modules
    given.session.giving.close()  # type: ignore[union-attr]
    assert Path.cwd() == tmp_path


def test_a_value_is_chosen_among_those_that_the_lesson_knows(tmp_path: Path) -> None:
    slide = lesson_deck(lesson_of(tmp_path, HEAD + ASK)).slides[1]
    assert isinstance(slide.beats[0], Ask)
    assert slide.beats[0].choices == ("-1", "-38", "another value")
    assert slide.beats[0].right == 1
    assert isinstance(slide.beats[2], Tell)
    assert slide.beats[2].wrong[0].text() == "That is the library's."
    assert slide.notes == ("Right: -38", "Hint 1: nobody is there", "Who says -1 (m): That is the library's.")


def test_a_value_that_only_one_is_known_of_is_said_aloud(tmp_path: Path) -> None:
    slide = lesson_deck(lesson_of(tmp_path, HEAD + ASK.partition("[[step.wrong]]")[0])).slides[1]
    assert isinstance(slide.beats[0], Ask)
    assert slide.beats[0].choices == ()


def test_each_kind_of_step_has_its_beats(tmp_path: Path) -> None:
    slides = lesson_deck(lesson_of(tmp_path, HEAD + READ + CHOOSE + ORDER + EXPLORE)).slides
    kinds = [[type(beat) for beat in slide.beats] for slide in slides]
    assert kinds == [[], [], [Ask, Tell], [Tell], [Tell, Run]]
    told = slides[3].beats[0]
    assert isinstance(told, Tell)
    assert [line.split() for line in told.text.text().splitlines()[2:]] == [
        *(["1", "one"], ["2", "two"], ["3", "three"], ["4", "four"])
    ]


def test_the_notes_of_a_step_come_first_and_are_text(tmp_path: Path) -> None:
    slide = lesson_deck(lesson_of(tmp_path, HEAD + READ + 'notes = "Draw it.\\n\\nWait."\n')).slides[1]
    assert slide.notes == ("Draw it.", "Wait.")
    with pytest.raises(LessonError, match="notes of a text step is a text"):
        lesson_of(tmp_path / "other", HEAD + READ + "notes = 3\n")
