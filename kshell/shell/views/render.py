"""Views on a terminal: the only file that imports rich's console.

A role gets its look from a theme (themes.py).  Without colour (NO_COLOR, TERM=dumb) the same text stands there,
since no meaning is in the look alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

from rich.color import Color
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from kshell.shell.views.carets import fitted
from kshell.shell.views.output import Output, Result, is_dumb, write_bytes
from kshell.shell.views.themes import ground, styles
from kshell.shell.views.view import Line, show

if TYPE_CHECKING:
    from rich.progress import Progress


def make_console(file: TextIO | None = None, width: int | None = None, **how: Any) -> Console:
    """A console that interprets nothing in the text: no markup, no emoji, no highlighting of its own.  `how` is rich's,
    where its own look at the terminal is not to decide."""
    return Console(
        file=file,
        width=width,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        **{"no_color": True if os.environ.get("NO_COLOR") or is_dumb() else None, **how},
    )


def coloured_console(file: TextIO, width: int | None, colour: bool) -> Console:
    """A console that does with colours, and other looks, as it is told, whatever the environment says."""
    if not colour:
        return make_console(file, width, color_system=None)
    system = "standard" if is_dumb() else "auto"
    return make_console(file, width, force_terminal=True, color_system=system, no_color=False)


def styled(line: Line, looks: Mapping[str, str]) -> Text:
    """One line, each role with its look."""
    text = Text()
    for piece, role in line:
        text.append(show(piece), looks.get(role) or None)
    return text


def drawn(lines: Iterable[Line], width: int, theme: str) -> Console:
    """A console that has recorded these lines, fitted to a width, in the colours of a theme."""
    every_colour = {"force_terminal": True, "color_system": "truecolor", "no_color": False, "legacy_windows": False}
    output = RichOutput(console=make_console(StringIO(), width, record=True, **every_colour))
    output.theme = theme
    for line in lines:
        output.print(line)
    return output.console


def ansi(lines: Iterable[Line], width: int, theme: str) -> str:
    """The lines so, as text with a terminal's control sequences."""
    file = drawn(lines, width, theme).file
    assert isinstance(file, StringIO)
    return file.getvalue()


def terminal_theme(theme: str) -> TerminalTheme:
    """The ground and the text of a theme, in rich's words; of the sixteen colours of a terminal no role makes use."""
    background, foreground = (Color.parse(colour).get_truecolor() for colour in ground(theme))
    return TerminalTheme(background, foreground, [(0, 0, 0)] * 8)


class RichOutput(Output):
    """Results in the colours of a theme, fitted to the terminal's width."""

    def __init__(
        self, file: TextIO | None = None, width: int | None = None, console: Console | None = None, folds: bool = True
    ) -> None:
        self.console = console if console is not None else make_console(file, width)
        self._folds = folds  # whether lines are fitted to the width
        self._fresh = True
        self._progress: Progress | None = None  # the bar of a build, while there is one

    @property
    def width(self) -> int | None:
        """Columns of the terminal."""
        return self.console.width if self._folds else None

    def put_bytes(self, data: bytes) -> None:
        """A program's bytes; the terminal shows them as it would on any system."""
        if data:
            write_bytes(self.console.file, data)
            self._fresh = data.endswith(b"\n")

    def fresh_line(self) -> None:
        """Put the cursor at the start of a line, if a program left it in the middle of one."""
        if not self._fresh:
            self.console.file.write("\n")
            self._fresh = True

    def put_line(self, line: Line) -> None:
        """The line, on a line of its own."""
        self.fresh_line()
        self.print(line)

    def progress(self, done: int, total: int, what: str) -> None:
        """A bar under the lines; none on a terminal that cannot redraw one."""
        if self._progress is None:
            if is_dumb() or not self.console.is_terminal:
                return
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            bar = BarColumn(20, complete_style="cyan", finished_style="cyan")
            columns = bar, MofNCompleteColumn(), TextColumn("{task.description}", markup=False)
            self._progress = Progress(*columns, console=self.console, transient=True, auto_refresh=False)
            self._progress.start()
            self._progress.add_task("", total=total)
        self._progress.update(self._progress.task_ids[0], completed=done, total=total, description=show(what))
        self._progress.refresh()

    def end_progress(self) -> bool:
        """Take the bar away; whether there was one."""
        if self._progress is None:
            return False
        self._progress.stop()
        self._progress = None
        return True

    def put(self, result: Result, lines: Sequence[Line]) -> None:
        """The view, and what the kernel has to say to the person."""
        self.fresh_line()
        for line in fitted(lines, self.width):
            self.print(line)
        for line in result.note_lines:
            self.print([(text, role or "note") for text, role in line])
        self.console.file.flush()

    def rendered(self, result: Result, lines: Sequence[Line]) -> str:
        """The text, with the terminal's control sequences in it, that `put` would write."""
        with self.console.capture() as captured:
            self.put(result, lines)
        return captured.get()

    def print(self, line: Line) -> None:
        """A line that is too long is folded by words, its rest under the column where its text began."""
        text = styled(line, styles(self.theme))
        width = self.width
        text.expand_tabs(8)
        if width is None or text.cell_len <= width:
            self.console.print(text, soft_wrap=True)
            return
        plain = text.plain
        indent = len(plain) - len(plain.lstrip())
        head = sum(len(piece) for piece, role in line[:2] if role in ("dim", "name", "ring0", "ring3"))
        indent = min(max(indent, head), width // 2)
        first, rest = text[:indent], text[indent:]
        for number, part in enumerate(rest.wrap(self.console, width - indent)):
            part.rstrip()
            row = first.copy() if number == 0 else Text(" " * indent)
            self.console.print(row.append_text(part), soft_wrap=True)
