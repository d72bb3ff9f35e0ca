"""A caret stands under its place, whatever the width of the screen."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from kshell.shell.views.carets import fitted
from kshell.shell.views.render import RichOutput
from kshell.shell.views.view import plain, span
from tests.shell.lab import Lab

TEXT = "".join(chr(0x100 + at) for at in range(150))  # every place is another character


@pytest.mark.parametrize("gutter", ["   12 | ", "    "])
@pytest.mark.parametrize("column", [0, 5, 40, 75, 120, 149])
@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_the_part_around_the_caret_is_shown(gutter: str, column: int, width: int) -> None:
    marks = gutter.replace("12", "  ") + " " * column + "^~~"
    text, caret = (plain(line) for line in fitted([span(gutter + TEXT), span(marks, "caret")], width))
    assert len(text) <= max(width, 0) or width == 300
    assert len(caret) <= max(width, len(marks) if width == 300 else 0)
    assert text[caret.index("^")] == TEXT[column]
    assert text.startswith(gutter)


def test_lines_without_a_caret_are_left_alone() -> None:
    lines = [span("x" * 200), span("because: ^"), span("y")]
    assert fitted(lines, 80) == lines


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_mistake_in_a_long_line_is_shown_with_its_caret_on_a_narrow_screen(width: int, lab: Lab) -> None:
    Path("long.py").write_text(
        'from kshell.linux import *\nMODULE_LICENSE("GPL")\ndef start(k: Kernel) -> int:\n'
        f'    k.printk(KERN_INFO, "{"word " * 30}"); nowhere()\n    return 0\nmodule_init(start)\n'
    )
    lab.session.output = RichOutput(file=(shown := io.StringIO()), width=width)
    lab.session.execute("insmod long.py")
    lines = shown.getvalue().split("\n")
    at = next(number for number, line in enumerate(lines) if line.strip(" |").startswith("^"))
    assert max(len(lines[at - 1]), len(lines[at])) <= width
    assert lines[at - 1][lines[at].index("^") :].startswith("nowhere")
