"""The two streams of a process as a place for results: each decides by itself whether it has colours."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from kshell.shell.settings import load
from kshell.shell.views.colour import is_screen, wants_colour
from kshell.shell.views.failure import Failure
from kshell.shell.views.output import JsonOutput, Output, PlainOutput, Result
from kshell.shell.views.view import Line, Nothing


def open_output(as_json: bool, asked: str = "auto") -> Output:
    """Where a process without a prompt shows its results; `asked` is what --color says."""
    config = load()
    output: Output = JsonOutput() if as_json else PlainOutput()
    if not as_json:
        faces = [_face(stream, asked, config.colour) for stream in (sys.stdout, sys.stderr)]
        if any(faces):
            output = Streams(faces[0] or PlainOutput(), faces[1] or PlainOutput(sys.stderr))
    output.theme = config.theme
    return output


def _face(stream: TextIO, asked: str, setting: bool) -> Output | None:
    """What shows results on a screen, or in colours; None for a plain stream."""
    screen = is_screen(stream)
    colour = wants_colour(asked, setting, screen)
    if not (screen or colour):
        return None
    from kshell.shell.views.render import RichOutput, coloured_console

    return RichOutput(console=coloured_console(stream, None, colour), folds=screen)


class Streams(Output):
    """Results on one stream, failures on another."""

    def __init__(self, out: Output, err: Output) -> None:
        self._out, self._err = out, err

    @property
    def width(self) -> int | None:
        """Columns of the terminal that results go to."""
        return self._out.width

    def put(self, result: Result, lines: Sequence[Line]) -> None:
        """A failure on the second stream, what the kernel has to say on the first."""
        self._out.theme = self._err.theme = self.theme
        if not isinstance(result.view, Failure):
            self._out.put(result, lines)
            return
        self._out.fresh_line()
        self._err.put(result._replace(notes=[]), result.view.lines(self._err.width))
        self._out.put(result._replace(view=Nothing()), [])

    def put_line(self, line: Line) -> None:
        """The line, among the results."""
        self._out.theme = self.theme
        self._out.put_line(line)

    def put_bytes(self, data: bytes) -> None:
        """The bytes as they are."""
        self._out.put_bytes(data)
