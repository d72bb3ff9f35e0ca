"""Views on a terminal: the only file that imports rich's console.

A role gets a style here and nowhere else.  Without colour (NO_COLOR, TERM=dumb) the same text stands there, since
no meaning is in the style alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from kshell.shell.views.failure import Failure
from kshell.shell.views.output import Output, Result, is_dumb, write_bytes
from kshell.shell.views.view import Line, labelled, show

if TYPE_CHECKING:
    from rich.progress import Progress

STYLES = {
    "address": "cyan",
    "bytes": "bright_black",
    "caret": "bold red",
    "comment": "italic bright_black",
    "dim": "bright_black",
    "errno": "bold red",
    "error": "bold red",
    "good": "bold green",
    "heading": "bold underline",
    "hint": "green",
    "instruction": "yellow",
    "level0": "bold white on red",
    "level1": "bold red",
    "level2": "bold red",
    "level3": "red",
    "level4": "yellow",
    "level5": "",
    "level6": "",
    "level7": "bright_black",
    "module": "magenta",
    "name": "bold",
    "note": "yellow",
    "number": "blue",
    "ring0": "bold magenta",
    "ring3": "bold green",
    "string": "green",
    "symbol": "cyan",
}


def make_console(file: TextIO | None = None, width: int | None = None) -> Console:
    """A console that interprets nothing in the text: no markup, no emoji, no highlighting of its own."""
    return Console(
        file=file,
        width=width,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        no_color=True if os.environ.get("NO_COLOR") or is_dumb() else None,
    )


def styled(line: Line) -> Text:
    """One line with its styles."""
    text = Text()
    for piece, role in line:
        text.append(show(piece), STYLES.get(role) or None)
    return text


class RichOutput(Output):
    """Results in colour, fitted to the terminal's width."""

    def __init__(self, file: TextIO | None = None, width: int | None = None) -> None:
        self.console = make_console(file, width)
        self._fresh = True
        self._progress: Progress | None = None  # the bar of a build, while there is one

    def write(self, data: bytes) -> None:
        """A program's bytes; the terminal shows them as it would on any system."""
        if data:
            write_bytes(self.console.file, data)
            self._fresh = data.endswith(b"\n")

    def fresh_line(self) -> None:
        """Put the cursor at the start of a line, if a program left it in the middle of one."""
        if not self._fresh:
            self.console.file.write("\n")
            self._fresh = True

    def line(self, line: Line) -> None:
        """The line, on a line of its own."""
        self.fresh_line()
        self._print(line)

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

    def show(self, result: Result) -> None:
        """The view, and what the kernel has to say to the person."""
        self.fresh_line()
        view = result.view
        width = self.console.width
        for line in view.lines(width):
            self._print(line)
        for note in result.notes:
            for line in labelled("note", note):
                self._print([(text, role or "note") for text, role in line])
        if isinstance(view, Failure):
            self.console.file.flush()

    def _print(self, line: Line) -> None:
        """A line that is too long is folded by words, its rest under the column where its text began."""
        text = styled(line)
        width = self.console.width
        text.expand_tabs(8)
        if text.cell_len <= width:
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
