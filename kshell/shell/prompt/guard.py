"""What must not fail: a bug in the prompt's own helps is told once, and never ends the shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from kshell.shell.views.failure import Failure, bug_report

T = TypeVar("T")


class Guard:
    """Keeps what broke in the prompt itself, to be told before the next line."""

    def __init__(self) -> None:
        self._bugs: list[str] = []

    def guard(self, feature: Callable[..., T], fallback: T) -> Callable[..., T]:
        """`feature`, but a bug in it is told once and it is off from then on: no key may end the shell."""
        works = True

        def guarded(*args: Any) -> T:
            nonlocal works
            if works:
                try:
                    return feature(*args)
                except Exception as bug:  # the last line of defence, as in Session
                    works = False
                    self.report(bug)
            return fallback

        return guarded

    def report(self, bug: BaseException) -> None:
        """Tell of a bug in kshell before the next prompt."""
        self._bugs.append(Failure(bug_report(bug)).text())

    def tell(self, say: Callable[[str], None]) -> None:
        """Say what broke since the last time."""
        for text in self._bugs:
            say(text)
        self._bugs.clear()
