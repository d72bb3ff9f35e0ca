"""What a command says when it cannot do what it was asked: what happened, because of what, and what to try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

BUG, INTERRUPTED = 3, 130  # exit statuses: kshell itself is to blame, and Ctrl-C


class CommandError(Exception):
    """A command failed.  Every part is a sentence for the person at the shell; an empty part is left out.

    `status` is the exit status a script ends with: 1, or 3 where kshell itself is to blame, or 130 for Ctrl-C.
    `details` are lines to show under the sentences: a source line with a caret, more of the same kind.
    `more` are further errors of the same command: the other mistakes of a source.  `after` are lines for the very end.
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
    ) -> None:
        super().__init__(what)
        self.what, self.because, self.try_, self.status = what, because, try_, status
        self.details, self.more, self.after = list(details), list(more), list(after)

    def json(self) -> dict[str, Any]:
        """The `error` object of --json: at least what, because and try."""
        return {"what": self.what, "because": self.because, "try": self.try_}


def did_you_mean(word: str, known: Iterable[str], count: int = 1) -> list[str]:
    """The known words nearest to `word`, the nearest first; letter case does not count."""
    from difflib import get_close_matches

    by_lower: dict[str, str] = {}
    for name in known:
        by_lower.setdefault(name.lower(), name)
    word = word[:80].lower()
    close = get_close_matches(word, by_lower, n=count, cutoff=0.6)
    if not close and len(word) >= 3:
        close = sorted((name for name in by_lower if name.startswith(word)), key=len)[:count]
    return [by_lower[name] for name in close]
