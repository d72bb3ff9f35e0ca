"""A presentation on slides: each has the screen for itself."""

from __future__ import annotations

import sys

from kshell.shell.present.face import FORWARD
from kshell.shell.present.layout import Screenful, keys_page, screenful
from kshell.shell.present.presentation import Presentation
from kshell.shell.present.recorder import Recorder
from kshell.shell.prompt.screen import Screen
from kshell.shell.prompt.single_key import SingleKeys
from kshell.shell.prompt.speaker_keys import DIGITS, MOVES, typed_hands, wants_hands
from kshell.shell.views.output import Output
from kshell.shell.views.view import Line

OWN_SCREEN = "\x1b[?1049h"
USUAL_SCREEN = "\x1b[?25h\x1b[?1049l\r\x1b[K"  # without what the terminal may have echoed there before
EMPTY, CURSOR = "\x1b[?25l\x1b[H\x1b[2J", "\x1b[?25h"
RUNNING = "it runs; Ctrl-C ends it"


class SlideFace:
    """Shows slides; in one that is longer than the screen the arrows move."""

    def __init__(self, screen: Screen, keys: SingleKeys) -> None:
        self._screen, self._keys = screen, keys
        self._seen = Screenful([], 0, 1, 0)
        self._size = (0, 0)
        self._is_begun = False

    def begin(self) -> None:
        """Take the screen."""
        self._is_begun = True
        _write(OWN_SCREEN)

    def end(self) -> None:
        """Give it back, with what stood there before."""
        if self._is_begun:
            self._is_begun = False
            _write(USUAL_SCREEN)
            self._keys.give_back()

    def results(self, presentation: Presentation) -> Output:
        """They are kept, and shown when all are there."""
        self._draw(presentation, None, RUNNING)
        _write(CURSOR)
        return Recorder(self._screen, presentation.shown[presentation.place])

    def move(self, presentation: Presentation) -> str:
        """Show the slide, and wait for the speaker."""
        top: int | None = None
        while True:
            key = self._key(presentation, top)
            move = MOVES.get(key)
            moved = self._moved(key)
            if moved is not None:
                top = moved
            elif key == "?":
                self._keys.next(lambda: self._show(keys_page(self._size[0])[: self._size[1] - 1]))
            elif wants_hands(presentation.question, key):
                if self._counted(presentation, key):
                    return FORWARD
            elif move is not None:
                return move

    def _moved(self, key: str) -> int | None:
        """The first row that a key brings to the top; None if it moves nothing."""
        seen = self._seen
        page = max(seen.room - 1, 1)
        if MOVES.get(key) == FORWARD and seen.has_more:
            return seen.top + page
        if key in ("home", "end"):
            return 0 if key == "home" else seen.total
        step = {"down": 1, "up": -1, "pagedown": page, "pageup": -page}.get(key)
        return None if step is None else seen.top + step

    def _counted(self, presentation: Presentation, key: str) -> bool:
        """Let hands be typed in; whether the question is over."""
        question = presentation.question
        assert question is not None
        begun = key if key in DIGITS else ""
        hands = typed_hands(question, lambda said: self._key(presentation, None, said), begun)
        if hands:
            presentation.count(hands)
        return hands is not None

    def _key(self, presentation: Presentation, top: int | None, said: str = "") -> str:
        """Show a screen, and wait for a key; it is drawn anew when the terminal gets another size."""

        def idle() -> None:
            if self._screen.size != self._size:
                self._draw(presentation, top, said)

        return self._keys.next(lambda: self._draw(presentation, top, said), idle)

    def _draw(self, presentation: Presentation, top: int | None, said: str) -> None:
        self._size = width, height = self._screen.size
        self._seen = screenful(presentation, width, height - 1, top, said)  # behind the last row the cursor stands
        self._show(self._seen.rows)

    def _show(self, rows: list[Line]) -> None:
        _write(EMPTY)
        for row in rows:
            self._screen.put_line(row)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
