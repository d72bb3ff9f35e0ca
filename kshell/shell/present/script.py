"""A script of commands becomes a deck; or is shown line by line as it runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from kshell.shell.host_files import read_text
from kshell.shell.lines.script import COMMAND, HEADING, NOTE, PROSE, QUESTION, Piece, answers, command_lines, pieces
from kshell.shell.present.deck import Ask, Beat, Deck, Run, Slide, Tell
from kshell.shell.present.prose import Asked, Heading, Paragraphs
from kshell.shell.state.context import Context
from kshell.shell.views.output import Result
from kshell.shell.views.view import Line, Nothing, View


def script_deck(command: str, name: str, path: str, boot: str) -> Deck:
    """The deck in a file of the host.  CommandError where that cannot be read."""
    lines = read_text(command, path).removesuffix("\n").split("\n")
    return Deck(name, tuple(slides_of(lines, os.path.basename(path))), boot, path)


def slides_of(lines: Iterable[str], title: str) -> Iterator[Slide]:
    """The slides of a script: each begins with a heading or a comment, and has the commands up to the next one."""
    heading, made = title, _Slide()
    for piece in pieces(lines):
        if made.is_full_for(piece):
            yield made.slide(heading)
            made = _Slide()
        if piece.kind == HEADING:
            heading = piece.texts[0]
        else:
            made.take(piece)
    if made.is_begun or made.notes:
        yield made.slide(heading)


class _Slide:
    """A slide that is being read."""

    def __init__(self) -> None:
        self.prose: list[str] = []
        self.notes: list[str] = []
        self.beats: list[Beat] = []

    @property
    def is_begun(self) -> bool:
        """Whether there is anything on it for the class."""
        return bool(self.prose or self.beats)

    def is_full_for(self, piece: Piece) -> bool:
        """Whether a piece begins another one."""
        if piece.kind == HEADING:
            return self.is_begun
        has_run = any(isinstance(beat, Run) for beat in self.beats)
        return (piece.kind == PROSE and has_run) or (piece.kind == QUESTION and bool(self.beats))

    def take(self, piece: Piece) -> None:
        """The next piece."""
        if piece.kind == PROSE:
            self.prose += piece.texts
        elif piece.kind == NOTE:
            self.notes += piece.texts
        elif piece.kind == QUESTION:
            text, choices, right = answers(piece.texts)
            self.beats.append(Ask(Paragraphs([text]), choices, right))
        elif piece.kind == COMMAND:
            self.beats.append(Run(piece.texts))

    def slide(self, heading: str) -> Slide:
        """The whole."""
        is_judged = any(isinstance(beat, Ask) and beat.right is not None for beat in self.beats)
        judged = [Tell(Nothing(), judges=True)] if is_judged else []
        prose = Paragraphs(self.prose) if self.prose else Nothing()
        return Slide(heading, prose, tuple(self.notes), (*self.beats, *judged))


def echoed(session: Context, lines: Iterable[str]) -> Iterator[str]:
    """The lines, each shown before it is taken: a command behind its prompt, comments as prose."""
    after_prose = False
    for piece in pieces(lines):
        view = comment_view(piece)
        if view is not None or (after_prose and piece.kind == COMMAND):
            _line(session, [])
        if view is not None:
            session.output.show(Result("\n".join(piece.lines), 0, view))
        elif piece.kind == COMMAND:
            for line in command_lines(piece.texts, session.stands_still):
                _line(session, line)
        after_prose = view is not None or (after_prose and piece.kind != COMMAND)
        yield from piece.lines


def _line(session: Context, line: Line) -> None:
    if not session.output.collects:
        put = session.output.put_line if session.is_typed else session.output.line  # what is typed is noted already
        put(line)


def comment_view(piece: Piece) -> View | None:
    """What a reader sees of a comment; None for a note, which is the speaker's, and for what is none."""
    if piece.kind == HEADING:
        return Heading(piece.texts[0])
    if piece.kind == PROSE and piece.texts:
        return Paragraphs(piece.texts)
    if piece.kind == QUESTION:
        question, choices, _ = answers(piece.texts)
        return Asked(question, choices)
    return None
