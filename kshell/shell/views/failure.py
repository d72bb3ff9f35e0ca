"""What went wrong, as a view: a command that could not do what it was asked, and a bug of kshell's own."""

from __future__ import annotations

import os
from collections.abc import Sequence

from kshell.shell.errors import BUG, CommandError
from kshell.shell.views.view import Line, View, labelled, show, show_lines, span


class Failure(View):
    """A CommandError as lines: what, because, try, and the details between; then those that came with it."""

    def __init__(
        self,
        what: str,
        because: str,
        try_: str,
        details: Sequence[str],
        status: int,
        more: Sequence[Failure] = (),
        after: Sequence[str] = (),
    ) -> None:
        self.what, self.because, self.try_, self.details, self.status = what, because, try_, details, status
        self.more, self.after = more, after

    def lines(self, width: int | None = None) -> list[Line]:
        lines: list[Line] = [span(line, "error") for line in show_lines(self.what)]
        lines += [[("    ", ""), (line, "caret" if set(line) <= set(" ^~|") else "")] for line in self.details]
        for label, text in (("because", self.because), ("try", self.try_)):
            lines += labelled(label, text)
        for other in self.more:
            lines += other.lines(width)
        if self.more:
            lines.append(span(f"{len(self.more) + 1} mistakes", "error"))
        return [*lines, *[span(show(line), "error") for line in self.after]]


def failure(error: CommandError) -> Failure:
    """The view of an error."""
    more = [failure(other) for other in error.more]
    return Failure(error.what, error.because, error.try_, error.details, error.status, more, error.after)


def bug_report(bug: BaseException) -> CommandError:
    """One line about a bug of kshell's own; the traceback only for those who ask for it."""
    if os.environ.get("KSHELL_DEBUG"):
        import traceback

        traceback.print_exception(bug)
    text = show(" ".join(str(bug).split()))[:200]
    return CommandError(
        f"kshell: internal error: {type(bug).__name__}: {text}",
        "this is a bug in kshell, not in what you typed",
        "please report it with the command and the output of the same with KSHELL_DEBUG=1 set",
        status=BUG,
    )
