"""What a build says: a tool's own words with their place, and kshell's because and try under them."""

from __future__ import annotations

from collections.abc import Sequence

ERROR, WARNING, NOTE = "error", "warning", "note"
KINDS = (ERROR, WARNING, NOTE)


class BuildMessage:
    """One message of a build step.

    `kind` is "error" (the step fails), "warning" or "note" (it goes on; a note is kshell's own where `because` is
    set).  `text` is what the tool says, in its own words, without place and kind; where the tool prints neither (a
    shell script, make, ld), `verbatim` is true and `text` is its whole line.  `file` is relative to the tree; `line`
    and `column` count from 1, 0 where there is none.  `excerpt` holds the lines to print under it: the source line
    and its carets, as `excerpt()` makes them.  `because` and `try_` are kshell's, "" where it adds nothing.
    """

    __slots__ = ("because", "column", "excerpt", "file", "kind", "line", "text", "try_", "verbatim")

    def __init__(
        self,
        kind: str,
        text: str,
        file: str = "",
        line: int = 0,
        column: int = 0,
        excerpt: Sequence[str] = (),
        because: str = "",
        try_: str = "",
        verbatim: bool = False,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"no kind of message: {kind!r}")
        self.kind, self.text, self.file, self.line, self.column = kind, text, file, line, column
        self.excerpt, self.because, self.try_, self.verbatim = tuple(excerpt), because, try_, verbatim

    def place(self) -> str:
        """``file:line:column``, as much of it as is known; "" without a file."""
        if not self.file:
            return ""
        numbers = (self.line, self.column if self.line else 0)
        return ":".join([self.file, *(str(number) for number in numbers if number)])

    def head(self) -> str:
        """The first line, as the tool prints it; gcc: ``file:line:column: error: text``."""
        if self.verbatim:
            return self.text
        place = self.place()
        return f"{place}: {self.kind}: {self.text}" if place else f"{self.kind}: {self.text}"

    def __str__(self) -> str:
        lines = [self.head(), *self.excerpt]
        lines += [f"  because: {self.because}"] if self.because else []
        lines += [f"  try: {self.try_}"] if self.try_ else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"BuildMessage({self.head()!r})"
