"""A lesson as the guide of a session: which lines are meant for it, and what it has to say to the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kshell.lesson.answers import is_answer
from kshell.lesson.lesson import Lesson
from kshell.lesson.progress import Progress
from kshell.lesson.words import WITH_MORE, WORDS, Lead
from kshell.shell.commands.registry import is_command, own_name
from kshell.shell.debugger.allowed import LOOKS
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word
from kshell.shell.session import Session
from kshell.shell.state.guide import Guide
from kshell.shell.views.output import Result
from kshell.shell.views.view import View, show

OF_THE_SESSION = ("lesson", "export", "transcript", "theme", "clear")  # no part of what is done in a lesson
MAY_LOOK = {*LOOKS, *OF_THE_SESSION, "help", "man", "lsmod", "table", "history", "exit", "modinfo", "cat", "ls"}


class LessonGuide(Lead, Guide):
    """Leads a session through a lesson."""

    def __init__(self, session: Session, lesson: Lesson, progress: Progress, on_end: Callable[[Lead], View]) -> None:
        super().__init__(session, lesson, progress)
        self.on_end = on_end

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

    def words(self) -> dict[str, str]:
        return {name: (verb.__doc__ or "").partition("\n")[0] for name, verb in WORDS.items()}

    def takes(self, words: list[Word]) -> bool:
        return self._meaning([word.text for word in words]) is not None

    def answer(self, words: list[Word]) -> View:
        meaning = self._meaning([word.text for word in words])
        assert meaning is not None  # the session has asked
        return meaning()

    def _meaning(self, texts: list[str]) -> Callable[[], View] | None:
        """What a line asks of the guide: one of its words, an answer, what must wait for one.  None: a command."""
        name, rest = texts[0], texts[1:]
        if name in WORDS and (not rest or name in WITH_MORE):
            return partial(WORDS[name], self, rest)
        if self.sandbox or self.is_done or not self.step.asks:
            return None
        if is_answer(self.step, texts):
            return partial(self.answered, texts)
        shows_it = self.step.kind == "predict" and is_command(name) and own_name(name) not in MAY_LOOK
        return partial(self._must_wait, name) if shows_it else None

    def _must_wait(self, name: str) -> View:
        """A command would show what is to be predicted."""
        because = "what you say before you see it is kept, and compared with what happens"
        try_ = "a  (or another letter" if self.step.choices else "-1  (or another value"
        raise CommandError(
            f"{show(name)}: this step asks first", because, f"{try_}; skip shows the answer, play is a sandbox)"
        )

    def on_empty(self) -> View | None:
        return self.next_([]) if self.is_done and not self.sandbox else None

    def heard(self, result: Result) -> View | None:
        if self.sandbox or own_name(result.text.partition(" ")[0]) in OF_THE_SESSION:
            return None
        self.note_command(result)
        if self.session.stands_still or self.session.has_given_up_call or self.is_done or self.step.asks:
            return None
        return self.judged(result)
