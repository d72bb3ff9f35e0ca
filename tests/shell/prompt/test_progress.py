"""The bar of a build: on a terminal that can redraw it, and gone without a trace when the build is over."""

from __future__ import annotations

import io
import re
import sys

import pytest

from kshell.shell.errors import INTERRUPTED
from kshell.shell.prompt.screen import Screen
from kshell.shell.views.output import Result
from kshell.shell.views.render import RichOutput
from kshell.shell.views.view import Text, span

COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|38;5;\d+)m")


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def screen_of(written: str) -> list[str]:
    """What stands on the terminal in the end, for the few control sequences that a bar needs."""
    lines, row = [""], 0
    for piece in re.findall(r"\x1b\[\??[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if piece == "\n":
            row += 1
            lines += [""] * (row >= len(lines))
            column = 0
        elif piece == "\r":
            column = 0
        elif piece.endswith("A"):
            row -= 1
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif not piece.startswith("\x1b"):
            column = len(lines[row]) if lines[row] and column else 0
            lines[row] = lines[row][:column] + piece
            column = len(lines[row])
    return lines


def build(output: RichOutput | Screen) -> None:
    for number in range(1, 4):
        output.line(span(f"  CC      {number}.o"))
        output.progress(number, 3, f"{number}.o")
    output.end_progress()
    output.show(Result("make", 0, Text(["done"])))


@pytest.mark.parametrize("width", [80, 160, 24])
def test_the_bar_is_drawn_under_the_lines_and_leaves_nothing_behind(width: int) -> None:
    out = Tty()
    build(RichOutput(out, width))
    written = out.getvalue()
    assert "2/3" in written
    assert COLOUR.search(written)
    assert [line.rstrip() for line in screen_of(written) if line] == [
        "  CC      1.o",
        "  CC      2.o",
        "  CC      3.o",
        "done",
    ]
    assert written.count("\x1b[?25l") == written.count("\x1b[?25h") == 1


def test_without_colour_the_bar_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = Tty()
    build(RichOutput(out, 80))
    assert "2/3" in out.getvalue()
    assert not COLOUR.search(out.getvalue())


@pytest.mark.parametrize("dumb", [True, False])
def test_where_nothing_can_be_redrawn_there_is_no_bar(monkeypatch: pytest.MonkeyPatch, dumb: bool) -> None:
    out: io.StringIO = Tty() if dumb else io.StringIO()
    if dumb:
        monkeypatch.setenv("TERM", "dumb")
    build(RichOutput(out, 80))
    assert out.getvalue() == "  CC      1.o\n  CC      2.o\n  CC      3.o\ndone\n"


def test_an_interrupted_build_wipes_the_bar_and_the_control_c_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Tty()
    monkeypatch.setattr(sys, "stdout", out)
    screen = Screen()
    screen.line(span("  CC      1.o"))
    screen.progress(1, 3, "1.o")
    out.write("^C")
    screen.end_progress()
    screen.show(Result("make", INTERRUPTED, Text(["make: interrupted"])))
    screen.line_was_broken()
    screen.show(Result("run", INTERRUPTED, Text(["run: interrupted"])))
    lines = [line.rstrip() for line in screen_of(out.getvalue())]
    assert lines == ["  CC      1.o", "make: interrupted", "", "run: interrupted", ""]
