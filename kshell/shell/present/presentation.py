"""Where one is in a deck, what was counted and shown so far: the moves, as values.

A place is a slide and how many of its beats are done.  Nothing here runs a command: giving.py does, and tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.shell.lines.script import command_lines
from kshell.shell.present.deck import Ask, Beat, Deck, Run, Slide, Tell
from kshell.shell.present.hands import Hands, asked_lines, favourite, verdict
from kshell.shell.views.view import Line

Place = tuple[int, int]
START: Place = (0, 0)


class Presentation:
    """`hands` are what was counted, `shown` what commands came to, by their places; at those in `debugged` a call stood
    still."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        self.place: Place = START
        self.hands: dict[Place, Hands] = {}
        self.shown: dict[Place, list[Line]] = {}
        self.debugged: set[Place] = set()

    @property
    def at(self) -> int:
        """The number of the slide, from 0."""
        return self.place[0]

    @property
    def slide(self) -> Slide:
        """The slide that it is at."""
        return self.deck.slides[self.place[0]]

    @property
    def beat(self) -> Beat | None:
        """What comes next on this slide, None at its end."""
        return self.slide.beats[self.place[1]] if self.place[1] < len(self.slide.beats) else None

    @property
    def is_at_end(self) -> bool:
        """Whether nothing comes any more."""
        return self.beat is None and self.at + 1 == len(self.deck.slides)

    @property
    def question(self) -> Ask | None:
        """The question that is asked now, if hands are shown for it."""
        return self.beat if isinstance(self.beat, Ask) and self.beat.choices else None

    # Places.

    def after(self) -> Place:
        """The place of the next key; at the end it is the same."""
        at, done = self.place
        if self.beat is not None:
            return at, done + 1
        return self.place if self.is_at_end else (at + 1, 0)

    def before(self) -> Place:
        """The place of the last key; at the beginning it is the same."""
        at, done = self.place
        if done:
            return at, done - 1
        return (at - 1, len(self.deck.slides[at - 1].beats)) if at else START

    def before_command(self, place: Place | None = None) -> Place:
        """Where the command that was run last is still to come; at the beginning where there was none."""
        return max((each for each in self._places() if each < (place or self.place)), default=START)

    def commands(self, start: Place, end: Place) -> list[tuple[Place, Run]]:
        """The commands from one place to another."""
        return [(place, self._run(place)) for place in self._places() if start <= place < end]

    def command_number(self) -> int:
        """How many commands were run."""
        return len(self.commands(START, self.place))

    def _places(self) -> list[Place]:
        """The places of all commands."""
        return [
            (at, number)
            for at, slide in enumerate(self.deck.slides)
            for number, beat in enumerate(slide.beats)
            if isinstance(beat, Run)
        ]

    def _run(self, place: Place) -> Run:
        beat = self.deck.slides[place[0]].beats[place[1]]
        assert isinstance(beat, Run)
        return beat

    def count(self, hands: Hands) -> None:
        """Hands were shown for the question that is asked now."""
        self.hands[self.place] = hands

    # What is to be seen.

    def parts(self, width: int) -> list[list[Line]]:
        """The slide so far, in parts: its prose, then what each beat has brought, and at last what comes next."""
        done, beats = self.place[1], self.slide.beats
        found = [self.slide.prose.lines(width)]
        found += [self._part(number, beat, width) for number, beat in enumerate(beats[:done])]
        return [*found, self._coming(beats[done:], width)]

    def _part(self, number: int, beat: Beat, width: int) -> list[Line]:
        """What a beat has brought."""
        place = self.at, number
        if isinstance(beat, Ask):
            return self._asked(number, beat, width)
        if isinstance(beat, Run):
            return [*command_lines(beat.lines, place in self.debugged), *self.shown.get(place, [])]
        return self._told(beat, width)

    def _coming(self, beats: Sequence[Beat], width: int) -> list[Line]:
        """What is seen of the beats to come: a question with the command that it is about, or a command."""
        lines: list[Line] = []
        for beat in beats[:2]:
            if isinstance(beat, Ask):
                lines += self._asked(self.place[1], beat, width)
            elif isinstance(beat, Run):
                lines += [*([[]] if lines else []), *command_lines(beat.lines, self.place in self.debugged)]
            if not isinstance(beat, Ask):
                break
        return lines

    def _asked(self, number: int, ask: Ask, width: int) -> list[Line]:
        place = self.at, number
        is_judged = any(isinstance(beat, Tell) and beat.judges for beat in self.slide.beats[: self.place[1]])
        hands = self.hands.get(place) if number < self.place[1] else None
        return asked_lines(ask, hands, is_judged, width)

    def _told(self, tell: Tell, width: int) -> list[Line]:
        """What was hidden, behind what the class had said to it."""
        lines: list[Line] = []
        asked = self.slide.asked
        if tell.judges and asked is not None:
            ask, hands = self.slide.beats[asked], self.hands.get((self.at, asked))
            assert isinstance(ask, Ask)
            said = tell.wrong.get(favourite(hands)) if hands else None
            texts = [verdict(ask, hands, width), said.lines(width) if said is not None else []]
            lines = [line for text in texts if text for line in (*text, [])]
        lines += tell.text.lines(width)
        return lines if not lines or lines[-1] else lines[:-1]
