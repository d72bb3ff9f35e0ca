"""A lesson proved by running it: a check fails before its step and holds after it, a wrong answer gets its feedback."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from kshell.abi.problem import ProblemError
from kshell.lesson.checks import hold, kind_of, look
from kshell.lesson.guide import LessonGuide
from kshell.lesson.lesson import STILL, Lesson, Step, Wrong
from kshell.lesson.progress import Progress
from kshell.lesson.starters import change, lay_out, put, read_own, solve
from kshell.lesson.views import EndView, Feedback, shuffled
from kshell.shell.session import Session
from kshell.shell.views.output import Output, Result
from kshell.shell.views.view import View

PREDICTIONS = 2
REMEMBERED = 3
LETTERS = 3  # questions that are answered by a letter, from which on they should not all have the same


class Finding(NamedTuple):
    """Something about a lesson; an `is_error` makes it unfit, another is advice."""

    where: str
    text: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {'' if self.is_error else 'advice: '}{self.text}"


class Listener(Output):
    """Hears what a session shows."""

    def __init__(self) -> None:
        self.views: list[View] = []

    def show(self, result: Result) -> None:
        self.views.append(result.view)


def lint(lesson: Lesson) -> list[Finding]:
    """All that is wrong with a lesson, and advice."""
    with _elsewhere():
        return [*_at_rest(lesson), *Proof(lesson).findings()]


@contextmanager
def _elsewhere() -> Iterator[None]:
    """A folder of its own, for the files of the lesson."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)


# What can be seen without running it.


def _at_rest(lesson: Lesson) -> Iterator[Finding]:
    edits = [edit for step in lesson.steps for edit in (*step.edit, *(e for wrong in step.wrong for e in wrong.edit))]
    named = {name for step in lesson.steps for name in (*step.starters, step.solved)} | {edit.source for edit in edits}
    for name in lesson.files:
        if name not in named:
            yield Finding(lesson.where, f"no step names the file {name}")
    met = {wrong.misconception for step in lesson.steps for wrong in step.wrong}
    for name in lesson.misconceptions:
        if name not in met:
            yield Finding(lesson.where, f"no wrong answer belongs to the misconception {name}")
    if sum(step.kind == "predict" for step in lesson.steps) < PREDICTIONS:
        yield Finding(lesson.where, f"fewer than {PREDICTIONS} predictions: who only watches learns little", False)
    if lesson.steps[-1].kind != "explore":
        yield Finding(lesson.where, "it does not end with an explore step", False)
    letters = [step.right for step in lesson.steps if step.choices]
    if len(letters) >= LETTERS and len(set(letters)) == 1:
        yield Finding(lesson.where, f"the right letter is always {letters[0]}: students will notice", False)
    if len(lesson.remember) != REMEMBERED:
        yield Finding(lesson.where, f"remember has {len(lesson.remember)} lines, and {REMEMBERED} stay", False)
    for step in lesson.steps:
        for check in (*step.check, *(check for wrong in step.wrong for check in wrong.check)):
            kind = kind_of(check)
            if kind is not None and kind.name == "typed":
                yield _of(lesson, step, "typed looks at the text of a command: other right ways fail it", False)


def _of(lesson: Lesson, step: Step, text: str, is_error: bool = True) -> Finding:
    return Finding(f"{lesson.where}:{step.line}", f"step {step.id}: {text}", is_error)


def circles(lessons: Sequence[Lesson]) -> list[Finding]:
    """Lessons that need each other, or one that is not there."""
    needs = {each.slug: each.needs for each in lessons}
    found = []
    for each in lessons:
        unknown = next((name for name in each.needs if name not in needs), None)
        if unknown is not None:
            found.append(Finding(each.where, f"needs: there is no lesson {unknown}"))
        reached, todo = set(), list(each.needs)
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo += needs.get(name, ())
        if each.slug in reached:
            found.append(Finding(each.where, "needs: it needs itself, by way of others"))
    return found


# What only a run shows.


class Proof:
    """Goes through a lesson as students do: wrong first, then right."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.heard = Listener()
        self.session = Session(lesson.kernel, keep_going=True, output=self.heard)
        self.guide = LessonGuide(self.session, lesson, Progress(""), lambda guide: EndView(lesson, {}, None))

    def findings(self) -> list[Finding]:
        """What is wrong, step by step; nothing is known of those behind a step that cannot be done."""
        self.guide.begin()
        self.session.guide = self.guide
        found: list[Finding] = []
        for step in self.lesson.steps:
            try:
                found += [_of(self.lesson, step, text) for text in self._step(step)]
            except ProblemError as error:
                found.append(_of(self.lesson, step, error.what))
            if not self.guide.is_done:
                return [*found, _of(self.lesson, step, "its solution does not do it: later steps were not tried")]
            self._type("next")
        return found

    def _type(self, line: str) -> View:
        """Give the session a line, as a student would; the last thing that is shown."""
        self.session.execute(line)
        return self.heard.views[-1]

    def _step(self, step: Step) -> Iterator[str]:
        yield from self._untouched(step)
        kept = {edit.file: read_own(edit.file) for wrong in step.wrong for edit in wrong.edit}
        for at, wrong in enumerate(step.wrong, 1):
            yield from self._wrong(step, wrong, at)
            lay_out(self.lesson, step, anew=True)
            self._unedit(kept)
            self.guide.go_to(self.guide.at)
        if step.kind == "parsons":
            shown = shuffled(self.lesson, step)
            self._type(" ".join(str(shown.index(line) + 1) for line in step.lines))
        elif step.asks:
            yield from self._right(step)
        else:
            solve(self.lesson, step)
            for line in step.solution:
                self._type(line)

    def _unedit(self, kept: dict[str, bytes | None]) -> None:
        """Files as they were before a wrong answer changed them."""
        for name, data in kept.items():
            if data is not None:
                put(name, data)
            elif os.path.exists(name):
                os.remove(name)

    def _untouched(self, step: Step) -> Iterator[str]:
        """Before anything is done, no check of the step holds, but for those that are still to hold after it."""
        if step.asks:
            return
        for check in step.check:
            found = look(self.guide.world, check)
            if found.passed != bool(check.get(STILL)):
                tail = "does not hold before the step" if check.get(STILL) else "holds before anything is done"
                yield f"the check {dict(check)} {tail} (found: {found.found})"
        for at, wrong in enumerate(step.wrong, 1):
            if hold(self.guide.world, wrong.check):
                yield f"wrong answer {at} holds before anything is done"

    def _wrong(self, step: Step, wrong: Wrong, at: int) -> Iterator[str]:
        before = len(self.heard.views)
        if wrong.answer and step.kind == "parsons":
            yield from self._wrong_order(step, wrong)
        change(self.lesson, wrong.edit)
        for line in [wrong.answer] if wrong.answer else wrong.solution:
            if line and step.kind != "parsons":
                self._type(line)
        told = [view for view in self.heard.views[before:] if isinstance(view, Feedback)]
        if not any(wrong.say.strip() in view.said for view in told):
            yield f"wrong answer {at} does not come to its feedback"
        elif step.kind != "predict" and self.guide.is_done:
            yield f"wrong answer {at} does the step"

    def _wrong_order(self, step: Step, wrong: Wrong) -> Iterator[str]:
        shown, lines = shuffled(self.lesson, step), [*step.lines, *step.extra]
        numbers = [int(text) for text in wrong.answer.split() if text.isdecimal()]
        if not numbers or not all(0 < each <= len(lines) for each in numbers):
            yield f"{wrong.answer!r} are no numbers of its lines"
        else:
            self._type(" ".join(str(shown.index(lines[each - 1]) + 1) for each in numbers))

    def _right(self, step: Step) -> Iterator[str]:
        self._type(step.right)
        if step.kind != "predict" or not self.guide.is_done:
            return
        if step.choices and not hold(self.guide.world, step.check):
            found = next(each for each in (look(self.guide.world, check) for check in step.check) if not each.passed)
            yield f"what happens does not prove {step.right}: wanted {found.wanted}, found {found.found}"
        if not step.choices and self.heard.views and getattr(self.heard.views[-1], "mark", "") == "[it differs]":
            yield f"what happens is not {step.right}"


def answers_of(lesson: Lesson, step: Step) -> list[str]:
    """What is typed to do a step as its author does: an answer, or the commands of its solution."""
    if step.kind == "parsons":
        shown = shuffled(lesson, step)
        return [" ".join(str(shown.index(line) + 1) for line in step.lines)]
    return [step.right] if step.asks else [*step.solution]
