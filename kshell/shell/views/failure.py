"""What went wrong, as a view: a command that could not do what it was asked, and a bug of kshell's own."""

from __future__ import annotations

import os

from kshell.abi.problem import ProblemError
from kshell.shell.errors import BUG, CommandError
from kshell.shell.views.view import Line, View, labelled, show, show_lines, span


class Failure(View):
    """A CommandError as lines: what, because, try, and the details between; then those that came with it."""

    def __init__(self, error: CommandError) -> None:
        self.error, self.status = error, error.status

    def lines(self, width: int | None = None) -> list[Line]:
        error = self.error
        lines: list[Line] = [span(line, "error") for line in show_lines(error.what)]
        lines += [[("    ", ""), (line, "caret" if set(line) <= set(" ^~|") else "")] for line in error.details]
        lines += labelled("because", error.because) + labelled("try", error.try_)
        for other in error.more:
            lines += Failure(other).lines(width)
        if error.more:
            lines.append(span(f"{len(error.more) + 1} mistakes", "error"))
        return [*lines, *[span(show(line), "error") for line in error.after]]


def retold(told: ProblemError, command: str = "") -> CommandError:
    """What another room refused, as the answer of a command; its name stands before it where it is given."""
    what, because, try_ = ("\n".join(show_lines(text)) for text in (told.what, told.because, told.try_))
    return CommandError(f"{command}: {what}" if command else what, because, try_)


_PACKAGES = {
    "unicorn": "it is the CPU; there is no wheel of it for Windows on Arm, where a Python for x64 can have one",
    "capstone": "it is the disassembler",
    "elftools": "it reads object files",
    "rich": "it shows results on a terminal",
    "prompt_toolkit": "it is the prompt",
}


def _missing(package: str) -> CommandError:
    """A package that kshell stands on is not there, or does not load."""
    name = {"elftools": "pyelftools"}.get(package, package)
    because = f"kshell needs it: {_PACKAGES[package]}"
    return CommandError(f"kshell: the package {name} is not installed here", because, f"pip install {name}")


def bug_report(bug: BaseException) -> CommandError:
    """One line about a bug of kshell's own; the traceback only for those who ask for it."""
    if os.environ.get("KSHELL_DEBUG"):
        import traceback

        traceback.print_exception(bug)
    if isinstance(bug, ImportError) and (bug.name or "").partition(".")[0] in _PACKAGES:
        return _missing((bug.name or "").partition(".")[0])
    text = show(" ".join(str(bug).split()))[:200]
    from kshell.kernel.core.sections import DeclarationError

    if isinstance(bug, DeclarationError):  # somebody is adding a system call to kshell
        because = "a declaration in kshell's own source does not fit what it declares"
        return CommandError(f"kshell: {text}", because, "correct it there  (CONTRIBUTING.md)", status=BUG)
    return CommandError(
        f"kshell: internal error: {type(bug).__name__}: {text}",
        "this is a bug in kshell, not in what you typed",
        "KSHELL_DEBUG=1 kshell  (shows where: please report that, and the command)",
        status=BUG,
    )
