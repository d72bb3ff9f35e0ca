"""A presentation given on a machine: its commands are run, and taken back.

Commands are handed out one by one, as the lines of a script are, so that a debugger's commands may stand in a deck:
while a call stands still, the next line is asked for in the middle of the command that made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.present.deck import Deck, Run
from kshell.shell.present.face import AGAIN, BACK, FORWARD, LEAVE, Face
from kshell.shell.present.folder import OwnFolder
from kshell.shell.present.notes import Notes
from kshell.shell.present.presentation import START, Place, Presentation
from kshell.shell.state.context import Context
from kshell.shell.state.way_back import go_to
from kshell.shell.views.failure import Failure
from kshell.shell.views.output import Output, Result, Silence
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.kernel.debug.debugger import Breakpoint
    from kshell.shell.replay.journal import Step

Lines = Iterator[tuple[int, str]]
NAME = "present"  # the command in whose name it speaks


class Mark(NamedTuple):
    """A state of the session: after so many commands, the last of them `step`, with these breakpoints."""

    number: int
    step: Step | None
    breakpoints: Sequence[Breakpoint]


class Giving:
    """One presentation, given on a session; it can be left, and gone on with."""

    def __init__(self, session: Context, deck: Deck, notes: Notes, on_slides: bool) -> None:
        self.session, self.notes, self.on_slides = session, notes, on_slides
        self.presentation = Presentation(deck)
        self.folder = OwnFolder() if deck.has_files else None
        self.is_given = False  # at present
        self._marks: dict[Place, Mark] = {}
        self._interrupted: set[Place] = set()  # where Ctrl-C ended a command that was shown
        self._screen, self._image = session.output, session.image

    def go_on(self, face: Face) -> None:
        """Give it from where it is, until its speaker leaves.  CommandError where the way to there is interrupted."""
        session, guide = self.session, self.session.guide
        session.guide, self._screen, self.is_given = None, session.output, True
        session.journal.pass_over()
        if self.folder is not None:
            self.folder.enter()
        face.begin()
        try:
            session.give(self._lines(face))
        finally:
            self._leave(face)
            session.guide, self.is_given = guide, False

    def close(self) -> None:
        """It is over for good."""
        self.notes.close()
        if self.folder is not None:
            self.folder.remove()

    def _leave(self, face: Face) -> None:
        self.session.output = self._screen
        face.end()
        if self.folder is not None:
            self.folder.leave()

    def _lines(self, face: Face) -> Lines:
        """The lines to run, as the speaker's keys ask for them."""
        presentation = self.presentation
        yield from self._come_to(presentation.place)
        while True:
            self.notes.show(presentation)
            move = face.move(presentation)
            if move == FORWARD:
                yield from self._forward(face)
            elif move == BACK:
                yield from self._back_to(presentation.before() if self.on_slides else presentation.before_command())
            elif move == AGAIN and presentation.commands(START, presentation.place):
                yield from self._back_to(presentation.before_command())
                yield from self._forward(face)
            elif move == LEAVE:  # a call that stands still does so at the prompt
                self._leave(face)
                return

    def _forward(self, face: Face) -> Lines:
        presentation = self.presentation
        if isinstance(presentation.beat, Run):
            presentation.shown[presentation.place] = []
            yield from self._run(presentation.beat, face.results(presentation))
            if self.session.status == INTERRUPTED:
                self._interrupted.add(presentation.place)
        self._stand_at(presentation.after())

    def _run(self, run: Run, output: Output) -> Lines:
        """The lines of a command; when the next one is asked for it is over, or stands still."""
        self.session.output, self.session.status = output, 0
        self.session.journal.forget_ahead()
        try:
            if run.prepare is not None:
                run.prepare()
        except CommandError as error:
            output.show(Result(run.lines[0], error.status, Failure(error), error.json()))
        else:
            yield from ((0, line) for line in run.lines)
        self.session.output = self._screen

    # The machine of a place.

    def _stand_at(self, place: Place) -> None:
        """It is at that place; the machine's state belongs to it."""
        self.presentation.place = place
        if self.presentation.slide.arrive is not None:
            self.presentation.slide.arrive()
        if self.session.stands_still:
            self.presentation.debugged.add(place)
        self._mark(place)

    def _mark(self, place: Place) -> None:
        """Remember the state that belongs to a place, if the machine is not in the middle of a call."""
        session, journal = self.session, self.session.journal
        if not session.stands_still:
            state = session.debugging
            breakpoints = tuple(state.debugger.breakpoints) if state is not None else ()
            step = journal.steps[journal.at - 1] if journal.at else None
            self._marks[place] = Mark(journal.at, step, breakpoints)

    def _back_to(self, place: Place) -> Lines:
        """An earlier place; where no command was run since, the machine is its own already."""
        if self.presentation.commands(place, self.presentation.place):
            yield from self._come_to(place)
        else:
            self.presentation.place = place

    def _come_to(self, place: Place) -> Lines:
        """Another place, with its machine: the nearest state before it that is known, and what comes between run again,
        without a word."""
        with self._quiet():
            while self.session.stands_still:
                yield 0, "detach"
            start = self._nearest(place)
            if start is None:
                yield from self._begin()
                start = START
            else:
                self._go_to(self._marks[start])
            for at, run in self.presentation.commands(start, place):
                self._mark(at)
                yield from self._run(run, self.session.output)
                if self.session.status == INTERRUPTED and at not in self._interrupted:
                    yield from self._stop_before(at, run)
        self._stand_at(place)

    def _stop_before(self, place: Place, run: Run) -> Lines:
        """Ctrl-C has ended the command that comes there: to the nearest place before it, with its machine, and out."""
        while self.session.stands_still:
            yield 0, "detach"
        self.presentation.place = self._known(place) or START
        self._go_to(self._marks[self.presentation.place])
        because = f"Ctrl-C was pressed on the way, at `{show(run.lines[0])}`; it stands before that, with its machine"
        raise CommandError(f"{NAME}: interrupted", because, f"{NAME}  (goes on there)", status=INTERRUPTED)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """In this block nothing is shown, and nobody is asked for input."""
        session, read = self.session, self.session.read_input
        screen, silence = self._screen, Silence()
        session.output = self._screen = silence
        session.read_input = lambda: b""
        try:
            yield
        finally:
            session.output = self._screen = screen
            session.read_input = read

    def _begin(self) -> Lines:
        """The machine that it begins with."""
        deck = self.presentation.deck
        if self.folder is not None:
            self.folder.clear()
        if deck.boot or self._marks:  # of a machine that it found, there is no way back to the beginning
            self._set_breakpoints(())
            self.session.image = self._image
            yield 0, deck.boot or "boot"
        self._stand_at(START)

    def _nearest(self, place: Place) -> Place | None:
        """The last place up to that one whose state can be gone to; None if there is none."""
        return self._known(place) if self.folder is None else None

    def _known(self, place: Place) -> Place | None:
        """The same, whatever has become of files."""
        journal = self.session.journal

        def is_there(mark: Mark) -> bool:
            if mark.step is None:
                return not journal.lost
            return mark.number <= len(journal.steps) and journal.steps[mark.number - 1] is mark.step

        return max((each for each, mark in self._marks.items() if each <= place and is_there(mark)), default=None)

    def _go_to(self, mark: Mark) -> None:
        if mark.number != self.session.journal.at:
            go_to(self.session, NAME, mark.number)
            self.session.kernel.take_notes()  # that files stay as they are is known to whoever presents
        self._set_breakpoints(mark.breakpoints)

    def _set_breakpoints(self, breakpoints: Sequence[Breakpoint]) -> None:
        if self.session.debugging is not None:
            debugger = self.session.debugging.debugger
            debugger.breakpoints = list(breakpoints)
            debugger.last_number = max((each.number for each in breakpoints), default=0)
            if self.session.has_kernel:
                debugger.update()
