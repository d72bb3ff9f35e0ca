"""The words of a lesson: next, hint, check, skip and the others, each with what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kshell.lesson.answers import is_answer
from kshell.lesson.checks import look_all
from kshell.lesson.doing import Doing
from kshell.lesson.progress import END, FORGET
from kshell.lesson.starters import lay_out, solve, told
from kshell.lesson.views import GO_ON, CheckView, Feedback, InfoView, ReviewView, StepView
from kshell.shell.commands import registry
from kshell.shell.commands.numbers import count
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import plain
from kshell.shell.views.view import Text, View, marked, show


class Lead(Doing):
    """A lesson with its words.  `on_end` says what is shown when it is done."""

    on_end: Callable[[Lead], View]

    def next_(self, words: list[str]) -> View:
        """Go on, once the step is done."""
        self._may_go_on(words)
        if self.sandbox:
            return self.come_back()
        self.mark_done()
        if self.at + 1 < len(self.lesson.steps):
            return self.go_on()
        self.progress.note(self.lesson, END)
        self.session.guide = None
        return self.on_end(self)

    def _may_go_on(self, words: list[str]) -> None:
        if not self.sandbox and not self.is_done:
            what = "next: this step is not done yet"
            because = "it waits for your answer" if self.step.asks else "`check` says what is missing"
            raise CommandError(what, because, "hint  (or skip: it shows the solution)")

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
        if all(each.passed for each in found):
            return self.finished(self.step.then or "That is it.")
        self.failures += 1
        return CheckView(found, "help: `hint`" if self.step.hints else "the solution: `skip`")

    def skip(self, words: list[str]) -> View:
        """Show how it is done, and do it."""
        step = self.step
        if self.is_done:
            return self.next_(words)
        self._may_skip(words)
        if step.kind == "parsons":
            self.mark_done()
            return Text([*([("    ", ""), (line, "hint")] for line in step.lines)], {"lines": list(step.lines)})
        solve(self.lesson, step)
        if step.edit and not self.session.output.collects:
            for line in told(step.edit):
                self.session.output.line(line)
        self.run_shown((*step.run, *step.solution))
        answer = f"The answer is {step.right}. " if step.right else ""
        return self.finished(answer + step.then, skipped=True)

    def _may_skip(self, words: list[str]) -> None:
        if not self.is_done and self.lesson.skip == "never":
            raise CommandError("skip: not in this lesson", "whoever wrote it wants each step done", "hint")

    def play(self, words: list[str]) -> View:
        """A sandbox: try anything; `resume` brings the lesson's machine back."""
        if not self.sandbox:
            self.track.leave()
        self.sandbox = True
        return Text([marked("Try anything: `resume` brings the machine back to where the lesson was.")], {"play": True})

    def resume(self, words: list[str]) -> View:
        """Out of the sandbox."""
        self._may_resume(words)
        return self.come_back()

    def _may_resume(self, words: list[str]) -> None:
        if not self.sandbox:
            raise CommandError("resume: the lesson goes on already", "there is no sandbox to leave", "play")

    def back(self, words: list[str]) -> View:
        """The step before this one, with its machine."""
        return self.go_to(self._before(words))

    def _before(self, words: list[str]) -> int:
        if self.at == 0:
            raise CommandError("back: this is the first step", "there is nothing before it", "reset step")
        return self.at - 1

    def goto(self, words: list[str]) -> View:
        """Another step, with its machine."""
        return self.go_to(self._named(words))

    def _named(self, words: list[str]) -> int:
        at = self.lesson.index_of(words[0]) if len(words) == 1 else None
        if at is None:
            what = f"goto: no step {show(' '.join(words))}" if words else "goto: which step?"
            raise CommandError(what, f"steps have numbers, 1 to {len(self.lesson.steps)}", "review  (lists them)")
        return at

    def ask_before(self, name: str, words: list[str]) -> None:
        """CommandError if a word cannot be followed as things are; nothing is done."""
        asked = {
            "next": self._may_go_on,
            "skip": self._may_skip,
            "resume": self._may_resume,
            "back": self._before,
            "goto": self._named,
        }.get(name)
        if asked is not None:
            asked(words)

    def undo(self, words: list[str]) -> View:
        """Take back the last command of this step, or the last N; the machine is as it was before."""
        wanted = count("undo", plain(words[0])) if words else 1
        target = self.session.journal.before(wanted)
        if target is None or target < self.track.floor:
            because = f"undo takes back what was done in this {'sandbox' if self.sandbox else 'step'}"
            raise CommandError("undo: there is no more to take back", because, "resume" if self.sandbox else "back")
        return self._moved("back", words)

    def redo(self, words: list[str]) -> View:
        """Do again what undo took back."""
        return self._moved("forward", words)

    def _moved(self, name: str, words: list[str]) -> View:
        command = registry.find(name)
        assert command is not None
        view = command.run(self.session, [plain(word) for word in words])
        if not self.sandbox:
            self.track.follow(self.step.id)
        return view

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
            return self.begin()
        if what == "all":
            self.progress.note(self.lesson, FORGET)
            self.track.tape.begin()
            self.session.guide = None
            return Text([marked("Forgotten. `lesson` lists the lessons.")], {"reset": "all"})
        raise CommandError("reset: what?", "reset step, reset lesson, or reset all", "reset step")

    def info(self, words: list[str]) -> View:
        """What the lesson is about."""
        return InfoView(self.lesson, f"You are at step {self.at + 1} of {len(self.lesson.steps)}.")

    def bye(self, words: list[str]) -> View:
        """Leave the lesson; the place is kept."""
        self.session.guide = None
        name = self.lesson.number or self.lesson.slug
        text = f"Your place is kept: `lesson resume {name}` comes back to it."
        return Text([marked(text)], {"lesson": self.lesson.slug, "step": self.step.id})

    def show_step(self, words: list[str]) -> View:
        """The step again."""
        return StepView(self.lesson, self.at, [], self.is_done)

    def answer_word(self, words: list[str]) -> View:
        """`answer X`, where X alone could be taken for something else."""
        if not self.step.asks or self.is_done:
            raise CommandError("answer: nothing was asked", "this step is done by commands", "check")
        if not is_answer(self.step, words):
            what = f"answer: {show(' '.join(words))}: no answer to this question"
            raise CommandError(what, "", "step  (shows it again)")
        return self.answered(words)


class Hint(Feedback):
    """One hint."""

    def __init__(self, text: str, number: int, goes_on: str) -> None:
        super().__init__(False, text, {"hint": number}, goes_on)
        self.mark = f"hint {number}:"

    def json(self) -> dict[str, Any]:
        return {"say": self.said, **self.more}


Verb = Callable[[Lead, list[str]], View]
WORDS: dict[str, Verb] = {
    "next": Lead.next_,
    "hint": Lead.hint,
    "check": Lead.check,
    "skip": Lead.skip,
    "play": Lead.play,
    "resume": Lead.resume,
    "back": Lead.back,
    "goto": Lead.goto,
    "undo": Lead.undo,
    "redo": Lead.redo,
    "forward": Lead.redo,
    "review": Lead.review,
    "reset": Lead.reset,
    "info": Lead.info,
    "bye": Lead.bye,
    "step": Lead.show_step,
    "answer": Lead.answer_word,
}
WITH_MORE = frozenset(("goto", "undo", "redo", "forward", "reset", "answer"))  # words that are followed by others
