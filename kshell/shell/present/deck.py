"""Slides, as values: what is asked, run and told on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from kshell.shell.views.view import Nothing, View


class Ask(NamedTuple):
    """The class is asked.  `choices` are what hands are shown for, none where it answers aloud; `right` is the place of
    the right one, None where nobody says."""

    text: View
    choices: tuple[str, ...] = ()
    right: int | None = None


class Run(NamedTuple):
    """A command is run: its `lines` are the command and what it reads itself.  `prepare` is done before, with files of
    the host."""

    lines: tuple[str, ...]
    prepare: Callable[[], None] | None = None


class Tell(NamedTuple):
    """Something is said that was hidden before.  Where `judges`, it begins with what the class said to the slide's
    question; `wrong` is what is said where most said a wrong answer, by its place."""

    text: View
    judges: bool = False
    wrong: Mapping[int, View] = {}


Beat = Ask | Run | Tell


class Slide(NamedTuple):
    """One slide: its `prose` is there from the start, its beats come one by one, a key each.  `notes` are the speaker's
    own paragraphs.  `arrive` is done when it is come to, with files of the host."""

    heading: str
    prose: View = Nothing()
    notes: tuple[str, ...] = ()
    beats: tuple[Beat, ...] = ()
    arrive: Callable[[], None] | None = None

    @property
    def asked(self) -> int | None:
        """Which of its beats is the question; None if there is none."""
        return next((at for at, beat in enumerate(self.beats) if isinstance(beat, Ask)), None)


class Deck(NamedTuple):
    """What is presented.  `boot` is the command that it begins with ("" to begin on the machine as it stands), `path`
    the script that it was read from, "" if it was none.

    `has_files`: what it does with files is done in a folder of its own, empty at first, and anew on every way back.
    """

    name: str
    slides: tuple[Slide, ...]
    boot: str = ""
    path: str = ""
    has_files: bool = False

    @property
    def commands(self) -> int:
        """How many commands it runs."""
        return sum(isinstance(beat, Run) for slide in self.slides for beat in slide.beats)
