"""What a compiler says about a source: its words with file, line and column, the line, and a caret under the place."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.errno import ENOEXEC
from kshell.abi.problem import Problem, ProblemError, excerpt
from kshell.cc.finding import ERROR, Finding


class SourceError(ProblemError):
    """A module that cannot be read or compiled.  `what` is worded as a compiler does (file:line:column: error: ...),
    and the problem's excerpt is the line and a caret under the place.

    `errno` is what insmod answers.  `text`, `line` and `column` (from 1, 0 where there is none) are the parts of
    `what`, for whoever words it anew.  `others` are what else was found in `source`, and `findings` is all of it.
    """

    def __init__(self, errno: int, problem: Problem, *, text: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(problem.what, problem.because, problem.try_)
        self.errno, self.problem = errno, problem
        self.text, self.line, self.column = text or problem.what, line, column
        self.source = ""
        self.findings: list[Finding] = []
        self.others: list[Finding] = []

    @property
    def excerpt(self) -> tuple[str, ...]:
        """The lines to show under it."""
        return self.problem.excerpt


def at_place(
    path: str, text: str, line: int, column: int, what: str, because: str, try_: str, shown: tuple[str, ...] = ()
) -> SourceError:
    """An error at a place of `text`, which is the file `path`; `shown` in place of its line and caret."""
    place = f"{path}:{line}:{column}" if column else f"{path}:{line}"
    lines = shown or excerpt(text, line, column)
    problem = Problem(f"{place}: error: {what}", because, try_, place, lines)
    return SourceError(ENOEXEC, problem, text=what, line=line, column=column)


def too_large(path: str, most: int) -> SourceError:
    """A source of more than `most` bytes: no compiler is given that."""
    problem = Problem(f"{path}: error: too large", f"a source may have {most >> 10} KiB", "is it the right file?")
    return SourceError(ENOEXEC, problem)


def of_findings(path: str, text: str, findings: Sequence[Finding]) -> SourceError:
    """The first error among what was found in `text`, and the rest with it."""
    first = next(each for each in findings if each.kind == ERROR)
    shown = excerpt(text, first.line, first.column, first.width) if first.column > 0 else ()
    error = at_place(path, text, first.line, first.column, first.text, first.because, first.try_, shown)
    error.source, error.findings = text, list(findings)
    error.others = [each for each in findings if each is not first]
    return error
