"""Somebody who leads the person through the session: a lesson.  The session asks it, and knows nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kshell.shell.lines.words import Word
    from kshell.shell.views.output import Result
    from kshell.shell.views.view import View


class Guide:
    """`place` is where the person is, for the prompt; `bar` the same for the bottom line."""

    place = ""
    bar = ""

    def words(self) -> dict[str, str]:
        """The commands that are its own, each with what it does."""
        return {}

    def takes(self, words: list[Word]) -> bool:
        """Whether a command is meant for the guide: one of its own words, or an answer to what it has asked."""
        raise NotImplementedError

    def answer(self, words: list[Word]) -> View:
        """What the guide says to such a command.  CommandError if it cannot be done."""
        raise NotImplementedError

    def on_empty(self) -> View | None:
        """What an empty line does; None for nothing."""
        return None

    def heard(self, result: Result) -> View | None:
        """A command is over that was not the guide's: what it has to say to that, None for nothing."""
        raise NotImplementedError
