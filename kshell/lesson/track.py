"""The commands of a lesson, and the machine that they lead to.

They stand in the session's journal as all commands do: so the machine of a step is there again by the same deeds,
whatever has become of the files that were read.  On disk they are on the tape; a line that is not there is run again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from kshell.lesson.lesson import Lesson
from kshell.lesson.listener import Listener
from kshell.lesson.progress import COMMAND, STEP, Progress
from kshell.lesson.tape import Tape, Taped
from kshell.lesson.world import Heard, World
from kshell.shell.commands.registry import own_name
from kshell.shell.errors import BUG, CommandError
from kshell.shell.replay.journal import Boot
from kshell.shell.session import Session
from kshell.shell.state.steps import end_step
from kshell.shell.state.way_back import go_to
from kshell.shell.views.output import Result

LOST = -1  # a place in the journal that there is no more
BREAKPOINTS = ("break", "delete")  # what these have changed is in no machine


class Command(NamedTuple):
    """A command: the `step` of the lesson that it belongs to, its `line`, its place in the journal (`at` is behind it),
    and what was `heard` of it and of what was typed while its call stood still."""

    step: str
    line: str
    at: int
    heard: tuple[Heard, ...]


class Track:
    """`commands` are those that were given, with those behind them that were undone; `floor` is where undoing ends."""

    world: World
    commands: list[Command]

    def __init__(self, session: Session, lesson: Lesson, progress: Progress) -> None:
        self.session, self.lesson, self.progress = session, lesson, progress
        path = os.path.join(os.path.dirname(progress.path), "lessons", f"{lesson.slug}.jsonl")
        self.tape = Tape(path if progress.path else "", lesson)
        self._heard: list[Heard] = []  # while a call stands still
        self._kept = 0  # so many commands are on disk
        self._losses = 0  # of the journal, that were noticed

    # Beginning.

    def begin(self) -> None:
        """The lesson's machine, fresh."""
        self._boot()
        self.tape.begin()

    def _boot(self) -> None:
        self._forget_breakpoints()
        self.session.boot(self.lesson.kernel, self.lesson.cmdline)
        end_step(self.session, self.session.running or f"lesson start {self.lesson.slug}")
        self._base = self._here = self.session.journal.at
        self.commands, self._kept, self._losses = [], 0, self.session.journal.losses
        self.world = World(self.session)
        self.begin_step()

    def take_up(self, lines: Sequence[tuple[str, str]], before: int) -> None:
        """The machine of another day: the steps and lines of its commands, `before` of them before the present step."""
        self._boot()
        taped = self.tape.read(self.session.keep())
        known = _in_common([(each.step, each.line) for each in taped], lines)
        try:
            self._by_deeds(taped[:known], before)
        except CommandError as error:
            if error.status != BUG:
                raise
            known = 0  # it is this kshell that has changed: the same lines may do it
            self._boot()
        if known < len(taped):
            self.tape.keep(known)
        self._by_lines(lines[known:], before - known)
        self._set_breakpoints()

    def _by_deeds(self, taped: Sequence[Taped], before: int) -> None:
        journal = self.session.journal
        for each in taped:
            journal.append(each.did)
            self.commands.append(Command(each.step, each.line, len(journal.steps), tuple(each.heard)))
        self._kept = len(self.commands)
        self.come_back(min(before, self._kept))

    def _by_lines(self, lines: Sequence[tuple[str, str]], before: int) -> None:
        for number, (step, line) in enumerate(lines):
            if number == before:
                self.begin_step()
            self.session.run_quietly([line], Listener(partial(self.hear, step, again=True)))
        if 0 < before == len(lines):
            self.begin_step()

    # Moving.

    def begin_step(self) -> None:
        """A step begins here: its checks look at what comes, and undoing ends here."""
        self.world.begin()
        self.floor = self.session.journal.at

    def before(self, later: set[str]) -> int:
        """How many commands were given before these steps."""
        return next((n for n, each in enumerate(self.commands) if each.step in later), len(self.commands))

    def back_to(self, count: int) -> None:
        """The machine after the first so many commands; the others are forgotten."""
        self._stand_behind(count)
        del self.commands[count:]
        self._keep()
        self.begin_step()
        self._set_breakpoints()

    def come_back(self, before: int) -> None:
        """The machine after all commands; those from `before` on belong to the present step."""
        self._stand_behind(before)
        self.begin_step()
        self._stand_behind(len(self.commands))
        self.world.tell_again(heard for each in self.commands[before:] for heard in each.heard)

    def leave(self) -> None:
        """What comes now does not belong to the lesson, and cannot take back what does."""
        self.commands = self._done()
        self.floor = self.session.journal.at

    def _done(self) -> list[Command]:
        """The commands, without those that were undone."""
        return [each for each in self.commands if each.at <= self.session.journal.at]

    def _stand_behind(self, count: int) -> None:
        at = self.commands[count - 1].at if count else self._base
        if not LOST < at <= len(self.session.journal.steps):
            raise CommandError("lesson: there is no way to that state", self.session.journal.lost, "reset lesson")
        go_to(self.session, "lesson", at)
        self._here = at

    def follow(self, step: str) -> None:
        """Commands were undone, or redone, by the session."""
        self._here = self.session.journal.at
        done = [each for each in self._done() if each.at > self.floor]
        self.world.tell_again(heard for each in done for heard in each.heard)
        if len(self._done()) < self._kept:
            self.progress.note(self.lesson, STEP, step, commands=len(self._done()))
        self._keep()

    # What the student does.

    def hear(self, step: str, result: Result, again: bool = False) -> None:
        """A command of a step is over; `again`: on disk its line is known already."""
        journal = self.session.journal
        if journal.losses != self._losses:
            self._lose()
        if journal.at < self._here:  # it has moved
            return self.follow(step)
        new = journal.steps[self._here : journal.at]
        boots = any(isinstance(done.deed, Boot) for each in new for done in each.done)
        heard = Heard(result.json(), boots, self.world.take_written())
        self.world.hear(heard)
        self._heard.append(heard)
        if self.session.stands_still:  # it belongs to the call that is under way
            return None
        done = [each for each in self.commands if each.at <= self._here]
        undone = [] if new else self.commands[len(done) :]
        self.commands = [*done, Command(step, result.text, journal.at, tuple(self._heard)), *undone]
        self._here, self._heard = journal.at, []
        self._keep(again)
        return None

    def _lose(self) -> None:
        """The session has become too long: what was done stays done, but there is no way back to before it."""
        self._losses = self.session.journal.losses
        self.commands = [each._replace(at=LOST) for each in self.commands if each.at <= self._here]
        self._base, self._here, self.floor = LOST, 0, 0

    def _keep(self, again: bool = False) -> None:
        """On disk is what was done, and no more."""
        done = self._done()
        if len(done) < self._kept:
            self.tape.keep(len(done))
        for number in range(self._kept, len(done)):
            step, line, at, heard = done[number]
            before = max(0, done[number - 1].at if number else self._base)
            self.tape.add(
                Taped(step, line, self.session.journal.steps[before:at], heard), self.session.journal.kept_at(before)
            )
            if not again:
                self.progress.note(self.lesson, COMMAND, step, line=line)
        self._kept = len(done)

    # Breakpoints.

    def _forget_breakpoints(self) -> None:
        if self.session.debugging is not None:
            self.session.debugging.debugger.breakpoints.clear()

    def _set_breakpoints(self) -> None:
        """Those that the commands have set, and no others."""
        self._forget_breakpoints()
        lines = [each.line for each in self.commands if own_name(each.line.partition(" ")[0]) in BREAKPOINTS]
        self.session.run_quietly(lines, Listener(lambda result: None))
        self._here = self.session.journal.at


def _in_common(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> int:
    """How many at the start are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
