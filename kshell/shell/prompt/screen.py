"""The session's output at the prompt: rich, but imported only when there is something to show, and told where the
cursor is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kshell.machine.sigint import presses
from kshell.shell.errors import INTERRUPTED
from kshell.shell.prompt.pager import LOWEST, page
from kshell.shell.views.output import Output, Result
from kshell.shell.views.view import Line

if TYPE_CHECKING:
    from kshell.shell.views.render import RichOutput


class Screen(Output):
    """An Output that becomes a RichOutput at its first use."""

    def __init__(self, colour: bool = True) -> None:
        self.colour = colour
        self.pages: Callable[[], bool] = lambda: False  # whether a long result goes to a pager now
        self._rich: RichOutput | None = None
        self._presses = presses()  # of Ctrl-C that are accounted for
        self._wiped = False  # the line that the cursor was in has just been wiped out
        self._begun = False  # a program left the cursor in the middle of a line

    @property
    def is_begun(self) -> bool:
        """Whether a program left the cursor in the middle of a line."""
        return self._begun

    @property
    def rich(self) -> RichOutput:
        """The output behind this one."""
        if self._rich is None:
            from kshell.shell.views.render import RichOutput

            self._rich = RichOutput()
            self._rich.console.no_color = not self.colour
        self._rich.theme = self.theme
        return self._rich

    @property
    def width(self) -> int | None:
        """Columns of the terminal."""
        return self.rich.width

    def put(self, result: Result, lines: Sequence[Line]) -> None:
        """Show one result, on lines of its own; one that is higher than the screen by a pager, where there is one."""
        if result.status == INTERRUPTED and not self._wiped:
            self.line_was_broken()
        self._wiped = False
        self.fresh_line()
        if self.pages() and not self.rich.console.legacy_windows:
            shown = self.rich.rendered(result, lines)
            if shown.count("\n") >= max(self.rich.console.height, LOWEST):
                page(shown, self.rich.console.height)
            else:
                sys.stdout.write(shown)
                sys.stdout.flush()
        else:
            self.rich.put(result, lines)

    def put_line(self, line: Line) -> None:
        """One line of a view that is still being made."""
        self.fresh_line()
        self.rich.put_line(line)

    def put_bytes(self, data: bytes) -> None:
        """A program's bytes, at once."""
        if data:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            self._begun = not data.endswith(b"\n")

    def progress(self, done: int, total: int, what: str) -> None:
        """How far a build is."""
        self.fresh_line()
        self.rich.progress(done, total, what)

    def end_progress(self) -> bool:
        """The bar of a build goes, and with it the ^C that the terminal may have written behind it."""
        self._wiped = self._wiped or (self._rich is not None and self._rich.end_progress())
        return self._wiped

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal."""
        return self.rich.console.size.width, self.rich.console.size.height

    def transient(self, line: Line) -> None:
        """A line that stays until `wipe`: the cursor is behind it."""
        self.fresh_line()
        self.rich.put_line(line)
        sys.stdout.write("\x1b[A")
        sys.stdout.flush()

    def wipe(self) -> None:
        """The transient line goes."""
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()

    def line_was_typed(self) -> None:
        """The person ended a line that a program asked for: the terminal has moved to the next one."""
        self._begun = False

    def line_was_broken(self) -> None:
        """The terminal has written ^C."""
        self._begun = True

    def fresh_line(self) -> None:
        """Put the cursor at the start of a line, if a program or the ^C of a run left it in the middle of one."""
        if presses() != self._presses:
            self._presses = presses()
            self._begun = True
        if self._begun:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._begun = False

    def say(self, text: str) -> None:
        """A line from the prompt itself."""
        self.fresh_line()
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
