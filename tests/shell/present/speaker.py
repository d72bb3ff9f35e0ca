"""A speaker without a terminal: keys are a list, and what the class sees is kept."""

from __future__ import annotations

from collections.abc import Callable

from kshell.shell.present.face import FORWARD, LEAVE
from kshell.shell.present.hands import read_hands
from kshell.shell.present.layout import screenful
from kshell.shell.present.presentation import Presentation
from kshell.shell.present.recorder import Recorder
from kshell.shell.session import Session
from kshell.shell.views.output import Output, PlainOutput
from kshell.shell.views.view import plain


class Wall(Output):
    """A screen of 80 columns that nobody reads."""

    width = 80


class Speaker:
    """Gives a presentation in a session by `keys`, each a move; at a question `hands` are typed.  `seen` are the slides
    as text, one for each time that a key was waited for.  `at_key` is called then."""

    def __init__(self, session: Session, hands: str = "", at_key: Callable[[], None] = lambda: None) -> None:
        self.session, self.hands, self.at_key = session, hands, at_key
        self.seen: list[str] = []
        self.keys: list[str] = []
        self.slides = True
        session.make_face = self._face

    def _face(self, slides: bool) -> Speaker:
        self.slides = slides
        return self

    def presents(self, line: str, *keys: str) -> str:
        """Type a line, press the keys, and leave; what is seen last."""
        self.keys = [*keys, LEAVE]
        results = self.session.execute(line)
        assert results[-1].error is None, results[-1].error
        return self.seen[-1]

    def begin(self) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""

    def move(self, presentation: Presentation) -> str:
        self.at_key()
        found = screenful(presentation, 80, 200, 0)
        self.seen.append("\n".join(plain(row).rstrip() for row in found.rows))
        key = self.keys.pop(0)
        if key == FORWARD and presentation.question is not None and self.hands:
            presentation.count(read_hands(self.hands, presentation.question))
        return key

    def results(self, presentation: Presentation) -> Output:
        return Recorder(Wall(), presentation.shown[presentation.place])


def interactive(profile: str = "course") -> Session:
    """A session as at a prompt."""
    return Session(profile, interactive=True, output=PlainOutput())
