"""Results kept as lines, to be drawn on a slide."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.shell.views.output import Output, Result
from kshell.shell.views.record import Record
from kshell.shell.views.view import Line, span


class Recorder(Output):
    """Keeps what results look like in `lines`; what is still at work shows itself on `screen`, too."""

    def __init__(self, screen: Output, lines: list[Line]) -> None:
        self._screen, self._lines = screen, lines
        self._begun = False  # whether a program has left the last line open

    @property
    def width(self) -> int | None:
        """Columns of the terminal."""
        return self._screen.width

    @property
    def theme(self) -> str:
        """The screen's."""
        return self._screen.theme

    @theme.setter
    def theme(self, name: str) -> None:
        self._screen.theme = name

    @property
    def record(self) -> Record:
        """The screen's."""
        return self._screen.record

    def put(self, result: Result, lines: Sequence[Line]) -> None:
        """Keep the lines of a result."""
        self._begun = False
        self._lines += [*lines, *result.note_lines]

    def put_line(self, line: Line) -> None:
        """Keep a line, and show it."""
        self._begun = False
        self._lines.append(line)
        self._screen.put_line(line)

    def put_bytes(self, data: bytes) -> None:
        """Keep what a program wrote, and show it."""
        self._screen.put_bytes(data)
        first, *more = data.decode("utf-8", "replace").split("\n")
        if self._begun:
            self._lines[-1] = [*self._lines[-1], (first, "")]
        else:
            self._lines.append(span(first))
        self._lines += [span(text) for text in more]
        self._begun = bool(more[-1] if more else first) or self._begun
        if not self._begun or (more and not more[-1]):
            self._lines.pop()
            self._begun = False

    def progress(self, done: int, total: int, what: str) -> None:
        """Show how far a build is."""
        self._screen.progress(done, total, what)

    def end_progress(self) -> bool:
        """The build is over."""
        return self._screen.end_progress()
