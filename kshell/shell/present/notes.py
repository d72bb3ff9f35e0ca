"""What the speaker reads, and the class does not: in a file, or on a second terminal."""

from __future__ import annotations

import os
import stat
from textwrap import fill

from kshell.shell.errors import CommandError
from kshell.shell.present.presentation import Place, Presentation
from kshell.shell.views.view import show

WIDTH = 78
CLEAR = "\x1b[H\x1b[2J"
_FLAGS = ("O_WRONLY", "O_APPEND", "O_CREAT", "O_NOCTTY", "O_NONBLOCK")  # nothing waits for whoever does not read


class Notes:
    """Writes what belongs to each slide when it is shown; `path` is "" where nobody wants that, a file (it is appended
    to), or a terminal.  CommandError where that cannot be opened."""

    def __init__(self, path: str) -> None:
        self._file: int | None = None
        self.problem = ""  # why nothing is written any more
        self._at = -1
        self._told: set[Place] = set()  # hands that are noted
        if not path:
            return
        try:
            self._file = os.open(path, sum(getattr(os, name, 0) for name in _FLAGS), 0o666)
        except (OSError, ValueError) as error:
            what = f"present: --notes {show(path)}: {getattr(error, 'strerror', None) or 'Invalid argument'}"
            because = "notes go to a file, or to a second terminal (`tty` there says its name)"
            raise CommandError(what, because, "present 1 --notes notes.txt") from None
        self._is_terminal = stat.S_ISCHR(os.fstat(self._file).st_mode)

    def show(self, presentation: Presentation) -> None:
        """The slide that is seen now, if it is another one than before; and hands that were counted."""
        if self._file is None:
            return
        if presentation.at != self._at:
            self._at = presentation.at
            self._write((CLEAR if self._is_terminal else "") + slide_notes(presentation))
        for place, hands in presentation.hands.items():
            if place not in self._told and place != presentation.place:
                self._told.add(place)
                self._write(f"hands: {' '.join(map(str, hands))}\n")

    def _write(self, text: str) -> None:
        assert self._file is not None
        try:
            os.write(self._file, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            self.problem = f"the notes could not be written any more: {error.strerror}"
            self.close()

    def close(self) -> None:
        """No more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def slide_notes(presentation: Presentation) -> str:
    """The speaker's paragraphs for a slide, and what the next one is."""
    slides, at = presentation.deck.slides, presentation.at
    lines = [f"[{at + 1}/{len(slides)}] {show(slides[at].heading)}"]
    lines += [fill(show(note), WIDTH, initial_indent="  ", subsequent_indent="  ") for note in slides[at].notes]
    if at + 1 < len(slides):
        lines.append(f"next: {show(slides[at + 1].heading)}")
    return "\n".join(lines) + "\n\n"
