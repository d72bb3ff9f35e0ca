"""One lesson being done: which step it is at, what its words do, what the student's commands come to.

The machine of a step is a fresh boot and the commands before it, run again: so a student can go back, try anything
and return, or go on another day.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kshell.lesson.answers import Answered, answered, is_answer
from kshell.lesson.checks import hold, look_all
from kshell.lesson.lesson import Lesson, Step
from kshell.lesson.progress import ANSWER, COMMAND, DONE, END, FORGET, START, STEP, Progress
from kshell.lesson.starters import lay_out, solve, told
from kshell.lesson.views import CheckView, Feedback, InfoView, ReviewView, StepView
from kshell.lesson.world import World
from kshell.shell.commands.registry import is_command, own_name
from kshell.shell.debugger.allowed import LOOKS
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word
from kshell.shell.session import Session
from kshell.shell.state.guide import Guide
from kshell.shell.views.output import Result
from kshell.shell.views.view import Text, View, marked, show

GO_ON = "to go on: Enter, or `next`"
OFFERS_AFTER = 3  # failed tries, before a step offers its best hint by itself
WITH_WORDS = ("goto", "reset", "answer")  # the words that are followed by others
MAY_LOOK = frozenset((*LOOKS, "help", "man", "lsmod", "table", "history", "lesson", "exit", "modinfo", "cat", "ls"))


class LessonGuide(Guide):
    """Leads a session through a lesson.  `on_end` is called with the lesson when it is done."""

    def __init__(
        self, session: Session, lesson: Lesson, progress: Progress, on_end: Callable[[LessonGuide], View]
    ) -> None:
        self.session, self.lesson, self.progress, self._on_end = session, lesson, progress, on_end
        self.at = 0
        self.commands: list[tuple[str, str]] = []
        self.done: list[str] = []
        self.sandbox = False
        self.world: World
        self._enter_step()

    def _enter_step(self) -> None:
        self.hints = self.failures = 0
        self.last_wrong = -1

    @property
    def step(self) -> Step:
        """The step that it is at."""
        return self.lesson.steps[self.at]

    @property
    def is_done(self) -> bool:
        """Whether the present step is."""
        return self.step.id in self.done or self.step.kind == "text"

    @property
    def place(self) -> str:  # type: ignore[override]  # an attribute that changes
        """For the prompt: lesson and step."""
        name = self.lesson.number or self.lesson.slug
        return f"{name}: play" if self.sandbox else f"{name}: {self.at + 1}/{len(self.lesson.steps)}"

    @property
    def bar(self) -> str:  # type: ignore[override]
        """For the bottom line."""
        what = "sandbox: resume goes back to the lesson" if self.sandbox else self.step.title or self.lesson.title
        keys = "Enter: next step" if self.is_done else "hint  check  skip  play  back  bye"
        return f"{what} │ {keys}"

    # Beginning and moving.

    def begin(self) -> View:
        """The first step, on a fresh machine."""
        self.progress.note(self.lesson, START, self.step.id)
        self._boot()
        self.world = World(self.session)
        return self._show()

    def take_up(self) -> View:
        """Where it was left, on the machine that it was left with."""
        state = self.progress.state(self.lesson)
        self.commands, self.done = state.commands[:], state.done[:]
        self.at = self.lesson.index_of(state.step) or 0
        self.world = World(self.session)
        self.world.answers = dict(state.answers)
        self._come_back()
        return self._show()

    def _boot(self) -> None:
        if self.session.debugging is not None:  # breakpoints are the session's, and would outlive the machine
            self.session.debugging.debugger.breakpoints.clear()
        self.session.boot(self.lesson.kernel, self.lesson.cmdline)

    def _come_back(self) -> None:
        """The machine as the commands so far have left it; those of the present step count for its checks."""
        before = self._count_before(self.at)
        self._boot()
        self._replay(self.commands[:before])
        self.world.begin()
        self._replay(self.commands[before:])

    def _replay(self, commands: list[tuple[str, str]]) -> None:
        """Run commands again that were run before, without showing them."""
        self.session.run_quietly((line for _, line in commands), Listener(self.world.heard))

    def _count_before(self, at: int) -> int:
        """How many commands were run before a step."""
        later = {step.id for step in self.lesson.steps[at:]}
        return next((n for n, (step, _) in enumerate(self.commands) if step in later), len(self.commands))

    def go_to(self, at: int) -> View:
        """Another step, and the machine as it was when that began; ahead, what lies between is done for the student."""
        self.sandbox = False
        for step in self.lesson.steps[self.at : at]:
            if step.id not in self.done:
                lay_out(self.lesson, step)
                solve(self.lesson, step)
                self.commands += [(step.id, line) for line in (*step.run, *step.solution)]
        self.commands = self.commands[: self._count_before(at)]
        self.at = at
        self._boot()
        self._replay(self.commands)
        return self._arrived()

    def _arrived(self) -> View:
        kept = {step.id for step in self.lesson.steps[: self.at]}
        self.done = [step for step in self.done if step in kept]
        self.progress.note(self.lesson, STEP, self.step.id, commands=len(self.commands))
        self.world.begin()
        self._enter_step()
        return self._show()

    def _show(self) -> View:
        notes = lay_out(self.lesson, self.step)
        if self.progress.problem:
            notes.append(self.progress.problem)
            self.progress.problem = ""
        return StepView(self.lesson, self.at, notes)

    # What the session asks.

    def words(self) -> dict[str, str]:
        return {name: (verb.__doc__ or "").partition("\n")[0] for name, verb in WORDS.items()}

    def takes(self, words: list[Word]) -> bool:
        name = words[0].text
        if name in WORDS and (len(words) == 1 or name in WITH_WORDS):
            return True
        if self.sandbox or self.is_done or not self.step.asks:
            return False
        return is_answer(self.step, [word.text for word in words]) or self._must_wait(name)

    def _must_wait(self, name: str) -> bool:
        """Whether a command would show what is to be predicted."""
        return self.step.kind == "predict" and is_command(name) and own_name(name) not in MAY_LOOK

    def answer(self, words: list[Word]) -> View:
        name, rest = words[0].text, [word.text for word in words[1:]]
        if name in WORDS and (not rest or name in WITH_WORDS):
            return WORDS[name](self, rest)
        if self._must_wait(name) and not is_answer(self.step, [word.text for word in words]):
            because = "what you say before you see it is kept, and compared with what happens"
            try_ = "a  (or another letter" if self.step.choices else "-1  (or another value"
            what = f"{show(name)}: this step asks first"
            raise CommandError(what, because, f"{try_}; skip shows the answer, play is a sandbox)")
        return self._answered([name, *rest])

    def on_empty(self) -> View | None:
        return self.next_([]) if self.is_done and not self.sandbox else None

    def heard(self, result: Result) -> View | None:
        name = result.text.split()[0] if result.text.split() else ""
        if name == "lesson" or self.sandbox:
            return None
        self._note_command(result)
        if self.session.stands_still:
            return None
        return None if self.is_done or self.step.asks else self._judged(result)

    def _note_command(self, result: Result) -> None:
        self.world.heard(result)
        if self.session.stands_still:  # it belongs to the call that is under way
            return
        self.commands.append((self.step.id, result.text))
        self.progress.note(self.lesson, COMMAND, self.step.id, line=result.text)

    def _judged(self, result: Result) -> View | None:
        """What a command has come to, in a step that is to be done."""
        if hold(self.world, self.step.check):
            return self._finished(self.step.then or "That is it.")
        for at, wrong in enumerate(self.step.wrong):
            if hold(self.world, wrong.check):
                if at == self.last_wrong:
                    return None
                self.last_wrong = at
                return self._failed(wrong.say, wrong.goto, wrong.misconception)
        if result.error is not None:
            self.failures += 1
            return self._offer()
        return None

    def _mark_done(self) -> None:
        if self.step.id not in self.done:
            self.done.append(self.step.id)
            self.progress.note(self.lesson, DONE, self.step.id)

    def _finished(self, text: str, **more: Any) -> Feedback:
        self._mark_done()
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

    # Answers.

    def _answered(self, words: list[str]) -> View:
        step = self.step
        given = answered(self.lesson, step, words)
        self._keep(given)
        if step.kind != "predict":
            if given.right:
                return self._finished(given.feedback or step.then or "Right.")
            return self._failed(given.feedback, given.goto, given.misconception)
        self.run_shown(step.run)
        given = given.compared(self.world)
        self._keep(given)
        text = "\n\n".join(filter(None, (given.feedback, step.then)))
        more = {"answer": given.text, "right": given.right, "misconception": given.misconception or None}
        view = self._finished(text, **more)
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

    def run_shown(self, lines: tuple[str, ...]) -> None:
        """Run commands of the lesson's own, each shown before its result; they belong to the step as others do."""
        for line in lines:
            self.session.run_shown(line, Listener(self._note_command))

    # Its words.

    def next_(self, words: list[str]) -> View:
        """Go on, once the step is done."""
        if self.sandbox:
            return self.resume(words)
        if not self.is_done:
            what = "next: this step is not done yet"
            because = "it waits for your answer" if self.step.asks else "`check` says what is missing"
            raise CommandError(what, because, "hint  (or skip: it shows the solution)")
        self._mark_done()
        if self.at + 1 == len(self.lesson.steps):
            self.progress.note(self.lesson, END)
            self.session.guide = None
            return self._on_end(self)
        self.at += 1
        return self._arrived()

    def hint(self, words: list[str]) -> View:
        """The next hint, from a nudge to a step half done."""
        hints = self.step.hints
        if not hints:
            text = GO_ON if self.is_done else "the solution: `skip`"
            return Text([marked(f"this step has no hint; {text}")], {"hint": None})
        self.hints = min(self.hints + 1, len(hints))
        left = len(hints) - self.hints
        goes_on = f"{left} more: `hint`" if left else "the solution: `skip`"
        return Hint(hints[self.hints - 1], self.hints, goes_on)

    def check(self, words: list[str]) -> View:
        """What each check of the step looked at, wanted and found."""
        if self.is_done:
            return Feedback(True, "This step is done.", {"step": self.step.id}, GO_ON)
        if self.step.asks:
            raise CommandError("check: this step waits for an answer", "it asks, and looks at nothing yet", "hint")
        found = look_all(self.world, self.step.check)
        self.failures += 1
        if all(each.passed for each in found):
            return self._finished(self.step.then or "That is it.")
        return CheckView(found, "help: `hint`" if self.step.hints else "the solution: `skip`")

    def skip(self, words: list[str]) -> View:
        """Show how it is done, and do it."""
        step = self.step
        if self.is_done:
            return self.next_(words)
        if self.lesson.skip == "never":
            raise CommandError("skip: not in this lesson", "whoever wrote it wants each step done", "hint")
        if step.kind == "parsons":
            self._mark_done()
            return Text([*([("    ", ""), (line, "hint")] for line in step.lines)], {"lines": list(step.lines)})
        solve(self.lesson, step)
        if step.edit and not self.session.output.collects:
            for line in told(step.edit):
                self.session.output.line(line)
        self.run_shown((*step.run, *step.solution))
        answer = f"The answer is {step.right}. " if step.right else ""
        self._mark_done()
        return Feedback(True, answer + step.then, {"step": step.id, "skipped": True}, GO_ON)

    def play(self, words: list[str]) -> View:
        """A sandbox: try anything; `resume` brings the lesson's machine back."""
        self.sandbox = True
        return Text([marked("Try anything: `resume` brings the machine back to where the lesson was.")], {"play": True})

    def resume(self, words: list[str]) -> View:
        """Out of the sandbox."""
        if not self.sandbox:
            raise CommandError("resume: the lesson goes on already", "there is no sandbox to leave", "play")
        self.sandbox = False
        self._come_back()
        return StepView(self.lesson, self.at, [])

    def back(self, words: list[str]) -> View:
        """The step before this one, with its machine."""
        if self.at == 0:
            raise CommandError("back: this is the first step", "there is nothing before it", "reset step")
        return self.go_to(self.at - 1)

    def goto(self, words: list[str]) -> View:
        """Another step, with its machine."""
        at = self.lesson.index_of(words[0]) if len(words) == 1 else None
        if at is None:
            what = f"goto: no step {show(' '.join(words))}" if words else "goto: which step?"
            raise CommandError(what, f"steps have numbers, 1 to {len(self.lesson.steps)}", "review  (lists them)")
        return self.go_to(at)

    def review(self, words: list[str]) -> View:
        """The steps so far, and what was answered."""
        return ReviewView(self.lesson, self.done, self.world.answers)

    def reset(self, words: list[str]) -> View:
        """Begin again: this step, the lesson, or forget all about it."""
        what = words[0] if len(words) == 1 else ""
        if what == "step":
            lay_out(self.lesson, self.step, anew=True)
            return self.go_to(self.at)
        if what == "lesson":
            for step in self.lesson.steps:
                lay_out(self.lesson, step, anew=True)
            self.at, self.commands, self.done, self.sandbox = 0, [], [], False
            self._enter_step()
            return self.begin()
        if what == "all":
            self.progress.note(self.lesson, FORGET)
            self.session.guide = None
            return Text([marked("Forgotten. `lesson` lists the lessons.")], {"reset": "all"})
        raise CommandError("reset: what?", "reset step, reset lesson, or reset all", "reset step")

    def info(self, words: list[str]) -> View:
        """What the lesson is about."""
        return InfoView(self.lesson, f"You are at step {self.at + 1} of {len(self.lesson.steps)}.")

    def bye(self, words: list[str]) -> View:
        """Leave the lesson; the place is kept."""
        self.session.guide = None
        text = f"Your place is kept: `lesson resume {self.lesson.number or self.lesson.slug}` comes back to it."
        return Text([marked(text)], {"place": self.place})

    def show_step(self, words: list[str]) -> View:
        """The step again."""
        return StepView(self.lesson, self.at, [])

    def answer_word(self, words: list[str]) -> View:
        """`answer X`, where X alone could be taken for something else."""
        if not self.step.asks or self.is_done:
            raise CommandError("answer: nothing was asked", "this step is done by commands", "check")
        if not is_answer(self.step, words):
            raise CommandError(
                f"answer: {show(' '.join(words))}: no answer to this question", "", "step  (shows it again)"
            )
        return self._answered(words)


class Listener(Guide):
    """Only listens."""

    def __init__(self, hear: Callable[[Result], None]) -> None:
        self._hear = hear

    def takes(self, words: list[Word]) -> bool:
        return False

    def heard(self, result: Result) -> View | None:
        self._hear(result)
        return None


class Hint(Feedback):
    """One hint."""

    def __init__(self, text: str, number: int, goes_on: str) -> None:
        super().__init__(False, text, {"hint": number}, goes_on)
        self.mark = f"hint {number}:"

    def json(self) -> dict[str, Any]:
        return {"say": self.said, **self.more}


Verb = Callable[[LessonGuide, list[str]], View]
WORDS: dict[str, Verb] = {
    "next": LessonGuide.next_,
    "hint": LessonGuide.hint,
    "check": LessonGuide.check,
    "skip": LessonGuide.skip,
    "play": LessonGuide.play,
    "resume": LessonGuide.resume,
    "back": LessonGuide.back,
    "goto": LessonGuide.goto,
    "review": LessonGuide.review,
    "reset": LessonGuide.reset,
    "info": LessonGuide.info,
    "bye": LessonGuide.bye,
    "step": LessonGuide.show_step,
    "answer": LessonGuide.answer_word,
}
