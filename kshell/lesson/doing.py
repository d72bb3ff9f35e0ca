"""A lesson being done: which step it is at, what an answer or a command comes to, and the way from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kshell.lesson.answers import Answered, answered
from kshell.lesson.checks import hold
from kshell.lesson.lesson import Lesson, Step
from kshell.lesson.listener import Listener
from kshell.lesson.progress import ANSWER, DONE, START, STEP, Progress
from kshell.lesson.starters import lay_out, left_over, solve
from kshell.lesson.track import Track
from kshell.lesson.views import GO_ON, Feedback, StepView
from kshell.lesson.world import World
from kshell.shell.session import Session
from kshell.shell.views.output import Result
from kshell.shell.views.view import View

CHANGED = "this lesson has changed since you began it: it begins anew"
OFFERS_AFTER = 3  # failed tries, before a step offers its best hint by itself


class Doing:
    """A session goes through a lesson.  `at` is the place of its step, `done` has the ids of those that are done,
    `hints` how many of the step's were shown; in the `sandbox` nothing counts."""

    def __init__(self, session: Session, lesson: Lesson, progress: Progress) -> None:
        self.session, self.lesson, self.progress = session, lesson, progress
        self.track = Track(session, lesson, progress)
        self.at = 0
        self.done: list[str] = []
        self.sandbox = False
        self._enter_step()

    def _enter_step(self) -> None:
        self.hints = self.failures = 0
        self._last_wrong = -1

    @property
    def step(self) -> Step:
        """The step that it is at."""
        return self.lesson.steps[self.at]

    @property
    def is_done(self) -> bool:
        """Whether the present step is."""
        return self.step.id in self.done or self.step.kind == "text"

    @property
    def world(self) -> World:
        """What the checks look at."""
        return self.track.world

    # From step to step.

    def begin(self) -> View:
        """The first step, on a fresh machine."""
        self.at, self.done, self.sandbox = 0, [], False
        notes = [*([CHANGED] if self.progress.was_changed(self.lesson) else []), *left_over(self.lesson)]
        self.track.begin()
        self.progress.note(self.lesson, START, self.step.id)
        self._enter_step()
        return self.show(notes)

    def take_up(self) -> View:
        """Where it was left, on the machine that it was left with."""
        state = self.progress.state(self.lesson)
        self.at, self.done = self.lesson.index_of(state.step) or 0, state.done[:]
        later = self._ids_from(self.at)
        commands = state.commands[:]
        before = next((n for n, (step, _) in enumerate(commands) if step in later), len(commands))
        if self.step.kind == "predict" and not self.is_done:  # what it runs was cut off, and will be run again
            del commands[before:]
            self.progress.note(self.lesson, STEP, self.step.id, commands=before)
        self.track.take_up(commands, before)
        self.world.answers = dict(state.answers)
        return self.show()

    def _ids_from(self, at: int) -> set[str]:
        return {step.id for step in self.lesson.steps[at:]}

    def come_back(self) -> View:
        """Out of the sandbox: the machine as the lesson's commands have left it."""
        self.track.come_back(self.track.before(self._ids_from(self.at)))
        self.sandbox = False
        return self.show()

    def go_to(self, at: int) -> View:
        """Another step, and the machine as it was when that began; ahead, what lies between is done for the student."""
        if at > self.at and (self.sandbox or not self.is_done):
            self._go_back(self.at)
        if at <= self.at:
            self._go_back(at)
        try:
            while self.at < at:
                self._do_it()
                self.at += 1
        finally:
            view = self.arrived()
        return view

    def _go_back(self, at: int) -> None:
        before = self.track.before(self._ids_from(at))
        self.track.back_to(before)
        self.at, self.sandbox = at, False
        self.progress.note(self.lesson, STEP, self.step.id, commands=before)

    def _do_it(self) -> None:
        """Do the present step for the student."""
        if self.step.id in self.done:
            return
        lay_out(self.lesson, self.step)
        solve(self.lesson, self.step)
        self.session.run_quietly((*self.step.run, *self.step.solution), Listener(self.note_command))

    def go_on(self) -> View:
        """The step behind this one."""
        self.at += 1
        return self.arrived()

    def arrived(self) -> View:
        """A step begins."""
        kept = {step.id for step in self.lesson.steps[: self.at]}
        self.done = [step for step in self.done if step in kept]
        commands = len(self.track.commands)
        self.progress.note(self.lesson, STEP, self.step.id, commands=commands, done=self.done)
        self.track.begin_step()
        self._enter_step()
        return self.show()

    def show(self, notes: Sequence[str] = ()) -> View:
        """The step, with its files where the student works."""
        notes = [*notes, *lay_out(self.lesson, self.step)]
        if self.progress.problem:
            notes.append(self.progress.problem)
            self.progress.problem = ""
        return StepView(self.lesson, self.at, notes, self.is_done)

    # What a command comes to.

    def note_command(self, result: Result) -> None:
        """A command of this step is over."""
        self.track.hear(self.step.id, result)

    def judged(self, result: Result) -> View | None:
        """What a command has come to, in a step that is to be done."""
        if hold(self.world, self.step.check):
            return self.finished(self.step.then or "That is it.")
        for at, wrong in enumerate(self.step.wrong):
            if hold(self.world, wrong.check):
                if at == self._last_wrong:
                    return None
                self._last_wrong = at
                return self._failed(wrong.say, wrong.goto, wrong.misconception)
        if result.error is not None:
            self.failures += 1
            return self._offer()
        return None

    def mark_done(self) -> None:
        """The present step is done."""
        if self.step.id not in self.done:
            self.done.append(self.step.id)
            self.progress.note(self.lesson, DONE, self.step.id)

    def finished(self, text: str, **more: Any) -> Feedback:
        """It is done, and something is said to that."""
        self.mark_done()
        return Feedback(True, text, {"step": self.step.id, **more}, GO_ON)

    def _failed(self, text: str, goto: str = "", misconception: str = "") -> View:
        self.failures += 1
        more = {"step": self.step.id, "misconception": misconception or None, "goto": goto or None}
        goes_on = f"to look at that again: `goto {goto}`" if goto else self._offer_text()
        return Feedback(False, text, more, goes_on)

    def _offer_text(self) -> str:
        return "half done: `hint`" if self.failures >= OFFERS_AFTER and self.step.hints else ""

    def _offer(self) -> View | None:
        """After some failed tries the step offers its best hint by itself."""
        if self.failures != OFFERS_AFTER or not self.step.hints:
            return None
        self.hints = len(self.step.hints)
        return Feedback(False, self.step.hints[-1], {"step": self.step.id, "hint": self.hints})

    # What an answer comes to.

    def answered(self, words: list[str]) -> View:
        """An answer to what the step asks."""
        step = self.step
        given = answered(self.lesson, step, words)
        self._keep(given)
        if step.kind != "predict":
            if given.right:
                return self.finished(given.feedback or step.then or "Right.")
            return self._failed(given.feedback, given.goto, given.misconception)
        self.run_shown(step.run)
        given = given.compared(self.world)
        self._keep(given)
        text = "\n\n".join(filter(None, (given.feedback, step.then)))
        more = {"answer": given.text, "right": given.right, "misconception": given.misconception or None}
        view = self.finished(text, **more)
        view.mark = "[as you said]" if given.right else "[it differs]"
        if given.goto:
            view.goes_on += f"; to look at that again: `goto {given.goto}`"
        return view

    def _keep(self, given: Answered) -> None:
        """The first answer counts; of a prediction, once it is compared."""
        if self.step.kind == "predict" and given.right is None:
            return
        if self.step.id not in self.world.answers:
            self.world.answers[self.step.id] = given.text, bool(given.right)
            self.progress.note(self.lesson, ANSWER, self.step.id, answer=given.text, right=bool(given.right))

    def run_shown(self, lines: Sequence[str]) -> None:
        """Run commands of the lesson's own, each shown before its result; they belong to the step as others do."""
        for line in lines:
            self.session.run_shown(line, Listener(self.note_command))
