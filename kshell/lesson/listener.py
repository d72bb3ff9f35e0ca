"""A guide that leads nobody."""

from __future__ import annotations

from collections.abc import Callable

from kshell.shell.lines.words import Word
from kshell.shell.state.guide import Guide
from kshell.shell.views.output import Result
from kshell.shell.views.view import View


class Listener(Guide):
    """Only listens."""

    def __init__(self, hear: Callable[[Result], None]) -> None:
        self._hear = hear

    def takes(self, words: list[Word]) -> bool:
        return False

    def heard(self, result: Result) -> View | None:
        self._hear(result)
        return None
