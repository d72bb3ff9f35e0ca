"""What a compiler says about a source: its words with file, line and column, the line, and a caret under the place."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kshell.abi.errno import ENOEXEC
from kshell.cc.finding import ERROR, Finding


class SourceError(Exception):
    """A module that cannot be read or compiled.  `what` is worded as a compiler does (file:line:column: error: ...);
    `excerpt` is the line and a caret under the place.

    `text`, `line` and `column` (from 1, 0 where there is none) are the parts of `what`, for whoever words it anew.
    `findings` are all that was found, where it is more than this.
    """

    def __init__(
        self,
        errno: int,
        what: str,
        because: str,
        try_: str,
        excerpt: tuple[str, ...] = (),
        *,
        text: str = "",
        line: int = 0,
        column: int = 0,
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(what)
        self.errno, self.what, self.because, self.try_, self.excerpt = errno, what, because, try_, excerpt
        self.text, self.line, self.column = text or what, line, column
        self.findings = list(findings)


def excerpt(text: str, line: int, column: int = 0) -> tuple[str, ...]:
    """Line `line` of a text, and a caret under `column` (both counted from 1; no caret for column 0)."""
    lines = text.splitlines()
    if not 0 < line <= len(lines):
        return ()
    shown = f"{line:5d} | {lines[line - 1].replace(chr(9), ' ')}"
    return (shown, "      | " + " " * (column - 1) + "^") if column else (shown,)


def at_place(
    path: str, text: str, line: int, column: int, what: str, because: str, try_: str, shown: tuple[str, ...] = ()
) -> SourceError:
    """An error at a place of `text`, which is the file `path`; `shown` in place of its line and caret."""
    place = f"{path}:{line}:{column}" if column else f"{path}:{line}"
    lines = shown or excerpt(text, line, column)
    words = f"{place}: error: {what}"
    return SourceError(ENOEXEC, words, because, try_, lines, text=what, line=line, column=column)


def error_at(path: str, text: str, node: ast.stmt | ast.expr, what: str, because: str, try_: str) -> SourceError:
    """An error at a node of the syntax tree of `text`."""
    return at_place(path, text, node.lineno, node.col_offset + 1, what, because, try_)


def of_findings(path: str, text: str, findings: Sequence[Finding]) -> SourceError:
    """The first error among what was found in `text`, and the rest with it."""
    first = next(each for each in findings if each.kind == ERROR)
    error = at_place(path, text, first.line, first.column, first.text, first.because, first.try_)
    error.findings = list(findings)
    return error
