"""A script step by step: its commands follow each other as at the prompt, a key each."""

from __future__ import annotations

from kshell.shell.present.deck import Run
from kshell.shell.present.face import BACK, FORWARD, LEAVE
from kshell.shell.present.layout import keys_page, step_line
from kshell.shell.present.presentation import Place, Presentation
from kshell.shell.present.prose import Heading
from kshell.shell.prompt.screen import Screen
from kshell.shell.prompt.single_key import SingleKeys
from kshell.shell.prompt.speaker_keys import DIGITS, MOVES, typed_hands, wants_hands
from kshell.shell.views.output import Output
from kshell.shell.views.view import Line, span


class StepFace:
    """Shows what is next; under it, while it waits, a line says what the keys do."""

    def __init__(self, screen: Screen, keys: SingleKeys) -> None:
        self._screen, self._keys = screen, keys
        self._shown: Place | None = None  # the place that was shown last
        self._heading = ""  # and the heading

    def begin(self) -> None:
        """The lines go on where the prompt was."""

    def end(self) -> None:
        """The prompt comes behind them."""
        self._keys.give_back()

    def results(self, presentation: Presentation) -> Output:
        """They are shown as at the prompt."""
        return self._screen

    def move(self, presentation: Presentation) -> str:
        """Show what is new, and wait for the speaker; at the end nobody waits."""
        self._show(presentation)
        if presentation.is_at_end:
            return LEAVE
        if not presentation.beat:
            return FORWARD
        while True:
            key = self._key(step_line(presentation, self._screen.size[0]))
            if key == "?":
                self._lines(keys_page(self._screen.size[0]))
            elif wants_hands(presentation.question, key):
                if self._counted(presentation, key):
                    return FORWARD
            elif MOVES.get(key) == BACK and presentation.before_command() == presentation.place:
                continue
            elif key in MOVES:
                return MOVES[key]

    def _counted(self, presentation: Presentation, key: str) -> bool:
        """Let hands be typed in; whether the question is over."""
        question = presentation.question
        assert question is not None
        room = self._screen.size[0] - 1
        hands = typed_hands(question, lambda said: self._key(span(said[:room], "name")), key if key in DIGITS else "")
        if hands:
            presentation.count(hands)
        return hands is not None

    def _show(self, presentation: Presentation) -> None:
        """What has not been shown yet."""
        place, before = presentation.place, self._shown
        self._shown = place
        if place == before:
            return
        width = self._screen.size[0]
        parts = presentation.parts(width)
        went_on = before is not None and before < place and before[0] == place[0]
        if before is not None and place < before:
            number = presentation.command_number()
            self._lines([[], span(f"-- back: {number} of {presentation.deck.commands} commands done --", "note")])
        if not went_on:
            self._head(presentation.slide.heading, width)
            self._part(parts[0])
        elif not isinstance(presentation.slide.beats[place[1] - 1], Run):  # of a command all was seen
            self._part(parts[place[1]])
        self._part(parts[-1])

    def _head(self, heading: str, width: int) -> None:
        if heading != self._heading:
            self._heading = heading
            self._part(Heading(heading).lines(width))

    def _part(self, lines: list[Line]) -> None:
        if lines:
            self._lines([[], *lines])

    def _lines(self, lines: list[Line]) -> None:
        for line in lines:
            self._screen.put_line(line)

    def _key(self, said: Line) -> str:
        """Wait for a key, with a line that goes when it has come."""
        try:
            return self._keys.next(lambda: self._screen.transient(said))
        finally:
            self._screen.wipe()
