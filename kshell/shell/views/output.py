"""Where results go without a terminal: plain text, or one JSON object a command.

The third face, rich text on a terminal, is kshell.shell.views.render.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple, TextIO

from kshell.shell.views.failure import Failure
from kshell.shell.views.record import Record
from kshell.shell.views.themes import DEFAULT, PLAIN
from kshell.shell.views.view import Line, View, labelled, screen_text

if TYPE_CHECKING:
    from kshell.kernel.report.oops_report import Oops


SCHEMA = 1  # of the objects of --json (docs/json.md): another number where a field changes its meaning, or goes
OOPSED = (
    4  # the status of a command that did what it was asked, and the kernel did not stand it: no failure in a script
)


class Result(NamedTuple):
    """What one command came to: its `text` as typed, its `status`, and a `view` or, if it failed, an `error` too.

    `output` is what programs wrote to the screen, collected only where `collects` is true.  `notes` are sentences
    that the kernel has for the person at the shell, and `oops` is what --json tells of an oops on the way.
    """

    text: str
    status: int
    view: View
    error: dict[str, Any] | None = None
    output: bytes = b""
    notes: list[str] = []  # noqa: RUF012  a NamedTuple's default, never changed
    oops: dict[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """Whether a script stops here, and ends with the status of this command."""
        return self.status not in (0, OOPSED)

    @property
    def note_lines(self) -> list[Line]:
        """The notes as they are shown."""
        return [line for note in self.notes for line in labelled("note", note)]

    def json(self) -> dict[str, Any]:
        """The object of --json."""
        found: dict[str, Any] = {"schema": SCHEMA, "command": self.text, "status": self.status}
        output = self.output.decode("utf-8", "backslashreplace")
        if self.error is not None:
            found["error"] = self.error
            if output:
                found["output"] = output
        else:
            found["result"] = self.view.json()
            if output or "output" in found["result"]:
                found["result"]["output"] = output
        if self.notes:
            found["notes"] = self.notes
        if self.oops is not None:
            found["oops"] = self.oops
        return found


def oops_json(oops: Oops) -> dict[str, Any]:
    """What --json tells of an oops."""
    frame = oops.frame
    return {
        "what": oops.what,
        "because": oops.why,
        "address": f"{oops.ip:#x}",
        "symbol": frame.symbol if frame is not None else None,
        "file": frame.file or None if frame is not None else None,
        "line": frame.line or None if frame is not None else None,
        "report": oops.report,
    }


WAITS = "(it reads from the terminal: type a line, and Enter; Ctrl-C ends it)"


class Output:
    """A place for results, with a record of what was shown.  Whatever is shown comes through `show`, `line` and
    `write`; a kind of output says how, by the methods that begin with `put`.

    `collects`: programs' output goes into the result instead of `write`.
    """

    collects = False
    theme = DEFAULT  # of the colours, where there are any

    @cached_property
    def record(self) -> Record:
        """What was shown so far."""
        return Record()

    @property
    def width(self) -> int | None:
        """Columns of the terminal, None where there is none."""
        return None

    @property
    def has_boxes(self) -> bool:
        """Whether box-drawing characters are wanted, and can be shown."""
        return self.theme != PLAIN and is_utf8()

    def show(self, result: Result) -> None:
        """Show one result."""
        lines = result.view.lines(self.width)
        if result.output:
            self.record.write(result.output)
        self.record.add([*lines, *result.note_lines] if result.notes else lines)
        self.put(result._replace(notes=[*result.notes, *self.record.take_news()]), lines)

    def line(self, line: Line) -> None:
        """One line of a view that is still being made, at once: never called where `collects`."""
        self.record.add([line])
        self.put_line(line)

    def write(self, data: bytes) -> None:
        """Bytes that a program in the machine wrote to its screen, at once: never called where `collects`."""
        self.record.write(data)
        self.put_bytes(data)

    def put(self, result: Result, lines: Sequence[Line]) -> None:
        """Show a result, whose view has these lines."""

    def put_line(self, line: Line) -> None:
        """Show a line."""

    def put_bytes(self, data: bytes) -> None:
        """Show a program's bytes."""

    def fresh_line(self) -> None:
        """Put the cursor at the start of a line, if a program left it in the middle of one."""

    def progress(self, done: int, total: int, what: str) -> None:
        """How far a build is; a terminal shows a bar, for others the lines say it."""

    def end_progress(self) -> bool:
        """The build is over: the bar goes; whether there was one."""
        return False


class Silence(Output):
    """Shows nothing, and keeps no record of it."""

    def show(self, result: Result) -> None:
        """Nothing is worded, either."""

    def line(self, line: Line) -> None:
        """Nothing."""

    def write(self, data: bytes) -> None:
        """Nothing."""


class Unseen(Silence):
    """Nobody looks: whoever made a session with it takes what its commands answer."""

    collects = True


def is_dumb() -> bool:
    """Whether the terminal understands no control sequences at all, so that its cursor cannot be moved."""
    return os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def is_utf8() -> bool:
    """Whether the terminal shows UTF-8, as far as the environment says otherwise."""
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "UTF-8")
    return locale.upper().replace("-", "").endswith("UTF8")


def write_bytes(stream: IO[str], data: bytes) -> None:
    """A program's bytes as they are, behind what was written before, so that its output can be redirected."""
    stream.flush()
    binary: BinaryIO | None = getattr(stream, "buffer", None)
    if binary is not None:
        binary.write(data)
        binary.flush()
    else:
        stream.write(data.decode("utf-8", "replace"))


class PlainOutput(Output):
    """Results as plain text; failures go to the error stream."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out, self._err = out or sys.stdout, err or sys.stderr
        self._fresh = True  # whether the cursor is at the start of a line

    def fresh_line(self) -> None:
        """A newline, where one is needed."""
        if not self._fresh:
            self._out.write("\n")
            self._out.flush()
            self._fresh = True

    def put_bytes(self, data: bytes) -> None:
        """The bytes as they are."""
        if data:
            write_bytes(self._out, data)
            self._fresh = data.endswith(b"\n")

    def put_line(self, line: Line) -> None:
        """The line, on a line of its own."""
        self.fresh_line()
        self._out.write(screen_text([line]))
        self._out.flush()

    def put(self, result: Result, lines: Sequence[Line]) -> None:
        """The lines of the view; the person's next line starts fresh."""
        stream = self._err if isinstance(result.view, Failure) else self._out
        if lines or result.notes:
            self.fresh_line()
        if stream is self._err:
            self._out.flush()
        stream.write(screen_text(lines))
        if result.notes:
            self._out.write(screen_text(result.note_lines))
        stream.flush()


class JsonOutput(Output):
    """One JSON object a command, on a line of its own."""

    collects = True

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout

    def put(self, result: Result, lines: Sequence[Line]) -> None:
        """The object; characters beyond ASCII are escaped, so that any terminal and any pipe can carry it."""
        from json import dumps

        self._out.write(dumps(result.json()) + "\n")
        self._out.flush()
