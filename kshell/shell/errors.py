"""What a command says when it cannot do what it was asked: what happened, because of what, and what to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from kshell.abi.problem import Problem, ProblemError

BUG, INTERRUPTED = 3, 130  # exit statuses: kshell itself is to blame, and Ctrl-C


class CommandError(ProblemError):
    """A command failed.  Every part is a sentence for the person at the shell; an empty part is left out.

    `status` is the exit status a script ends with: 1, or 3 where kshell itself is to blame, or 130 for Ctrl-C.
    `details` are lines to show under the sentences: a source line with a caret, more of the same kind.
    `more` are further errors of the same command: the other mistakes of a source.  `after` are lines for the very end.
    `facts` are what --json has beside the sentences.
    """

    def __init__(
        self,
        what: str,
        because: str = "",
        try_: str = "",
        status: int = 1,
        details: Sequence[str] = (),
        more: Sequence[CommandError] = (),
        after: Sequence[str] = (),
        facts: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        super().__init__(what, because, try_)
        self.problem = Problem(what, because, try_, excerpt=tuple(details))
        self.status, self.more, self.after, self.facts = status, list(more), list(after), facts

    @property
    def details(self) -> list[str]:
        """The lines under the sentences."""
        return list(self.problem.excerpt)

    def reword(self, because: str, try_: str, what: str = "") -> None:
        """Say it in better words, where more is known than where it was raised."""
        self.problem = self.problem._replace(what=what or self.what, because=because, try_=try_)

    def json(self) -> dict[str, Any]:
        """The `error` object of --json: at least what, because and try."""
        return {"what": self.what, "because": self.because, "try": self.try_, **self.facts}
