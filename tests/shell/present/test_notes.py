"""What the speaker reads, and the class does not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kshell.shell.errors import CommandError
from kshell.shell.present.deck import Deck
from kshell.shell.present.notes import Notes, slide_notes
from kshell.shell.present.presentation import Presentation
from kshell.shell.present.script import slides_of

LINES = ["## One", "# prose", "#: say this", "#? Q? | a | *b", "lsmod", "## Two\x1b[2J", "lsmod"]


def presentation() -> Presentation:
    return Presentation(Deck("d", tuple(slides_of(LINES, "t"))))


def test_each_slide_is_noted_when_it_is_shown_and_behind_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "n.txt"
    path.write_text("before\n", encoding="utf-8")
    notes, given = Notes(str(path)), presentation()
    notes.show(given)
    notes.show(given)
    given.count((1, 2))
    given.place = (0, 1)
    notes.show(given)
    given.place = (1, 0)
    notes.show(given)
    notes.close()
    assert path.read_text(encoding="utf-8") == (
        "before\n[1/2] One\n  say this\nnext: Two\\x1b[2J\n\nhands: 1 2\n[2/2] Two\\x1b[2J\n\n"
    )


def test_long_notes_are_folded() -> None:
    given = Presentation(Deck("d", tuple(slides_of(["# p", "#: " + "word " * 40], "t"))))
    assert all(len(line) <= 78 for line in slide_notes(given).splitlines())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with a name in a folder")
def test_nothing_waits_for_a_pipe_that_nobody_reads(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CommandError) as error:
        Notes(str(tmp_path / "pipe"))
    assert error.value.because.startswith("notes go to a file, or to a second terminal")


def test_without_a_path_nothing_is_written() -> None:
    notes = Notes("")
    notes.show(presentation())
    assert notes.problem == ""
