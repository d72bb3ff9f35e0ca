"""A session: one kernel, and the commands given to it.  It knows no terminal: results go to an Output.

The same engine stands behind the prompt, a script, ``-c`` and a pipe.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kshell.shell.engine import Engine, Stopped
from kshell.shell.errors import INTERRUPTED, CommandError
from kshell.shell.host_files import read_text
from kshell.shell.limits import LIMIT
from kshell.shell.lines.words import TypedCommand, plain, split, without_prompt
from kshell.shell.state.guide import Guide
from kshell.shell.state.typed_lines import TypedLine
from kshell.shell.views.output import Result, Silence, Unseen
from kshell.shell.views.view import Deferred, View, show, span

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.shell.present.face import Face
    from kshell.shell.present.giving import Giving

SOURCE_DEPTH = 16


class Session(Engine):
    """The engine, given lines: typed ones, those of scripts and files, and those of whoever leads."""

    make_face: Callable[[bool], Face] | None = None  # for a presentation, on slides or not; None where no terminal is
    giving: Giving | None = None  # the presentation that was begun last
    _waiting: list[TypedCommand] = []  # noqa: RUF012  those of the present line that are still to be run; never changed
    _after_call: TypedCommand | None = None  # the last one for which a call was given up

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be executed: `exit`, or a script's first failure."""
        if self.exit_status is not None:
            return True
        if self.interactive:
            return False
        return self._is_cut_short or self.limits.reached is not None or (self.worst != 0 and not self.keep_going)

    def forget_failures(self) -> None:
        """Go on as if no command had failed, and none had ended the session."""
        self.worst, self.exit_status, self._is_cut_short = 0, None, False

    def execute(self, line: str) -> list[Result]:
        """Run the commands of a line, show each result as it comes, and return them all."""
        line = without_prompt(line)
        try:
            if line.lstrip()[:1] == "!":
                line = self._recalled(line)
            self._remember(line)
            parts = split(line)
        except CommandError as error:
            self._begin(line.strip())
            return [self._finish(line.strip(), error)]
        results = []
        if not line.strip() and self.interactive and self.guide is not None:
            self._begin("")
            self.say(self.guide.on_empty())
        before, self._waiting = self._waiting, parts
        try:
            while self._waiting and not self.finished:
                results.append(self._run(self._waiting.pop(0)))
                if self.interactive and results[-1].status == INTERRUPTED:
                    break
        finally:
            self._waiting = before
        return results

    def _remember(self, line: str) -> None:
        """Keep a line that the person gave."""
        if line.strip() and self.is_typed:
            self.history.append(TypedLine(line))

    def _recalled(self, line: str) -> str:
        """The line that ``!!`` stands for, shown as it is run.  CommandError where there is none."""
        from kshell.shell.lines.recall import recalled

        found = recalled(line, [each.text for each in self.history])
        if found is not None and not self.output.collects:
            self.output.line(span(found, "dim"))
        return line if found is None else found

    @property
    def has_reader(self) -> bool:
        return bool(self._waiting) or self.following is not None or self.read_command is not None

    def run_next(self) -> Result:
        while not self._waiting:
            line = without_prompt(self._next_line().rstrip("\r\n"))
            self._remember(line)
            try:
                self._waiting = split(line)
            except CommandError as error:
                self._begin(line.strip())
                return self._finish(line.strip(), error)
        return self._run(self._waiting.pop(0))

    def give_up_call(self, command: TypedCommand) -> View:
        """End the debugging of the call that stands still, and run `command` when that is over."""
        assert self.debugging is not None
        self.debugging.debugger.detached = True
        self._after_call, self._waiting = command, [command, *self._waiting]
        return Deferred()

    @property
    def has_given_up_call(self) -> bool:
        """Whether the next command is the one for which a call was given up."""
        return bool(self._waiting) and self._waiting[0] is self._after_call

    def _next_line(self) -> str:
        """A line of the script, or what the person types; EOFError at the end."""
        line = next(self.following, None) if self.following is not None else None
        if line is not None:
            return line[1]
        if self.read_command is None:
            raise EOFError
        while True:
            try:
                return self.read_command() or self._last_step
            except KeyboardInterrupt:  # what was typed is dropped
                continue

    def run_shown(self, line: str, guide: Guide) -> None:
        """Run a line that somebody else than the person gives, shown before its results; `guide` hears of it."""
        from kshell.shell.lines.script import command_lines

        if not self.output.collects:
            self.output.line(command_lines([line])[0])
        with self._led(guide):
            self.execute(line)

    def run_quietly(self, lines: Iterable[str], guide: Guide) -> None:
        """Run lines again that were run before: nothing is shown, nobody is asked for input, and `guide` hears."""
        shown, read, interactive = self.output, self.read_input, self.interactive
        self.output, self.read_input, self.interactive = Silence(), lambda: b"", False
        try:
            with self._led(guide):
                for line in lines:
                    self.execute(line)
        finally:
            self.output, self.read_input, self.interactive = shown, read, interactive

    def give(self, lines: Iterator[tuple[int, str]]) -> None:
        """Run lines that somebody else than the person gives, as they come; a command may take those that follow it."""
        at_prompt = self.read_command
        with self._led(None):
            self.following, self.read_command = lines, at_prompt
            for _, line in lines:
                self.output.record.begin(self.prompt, line)
                self.execute(line)
                if self.exit_status is not None:
                    break

    @contextmanager
    def _led(self, guide: Guide | None) -> Iterator[None]:
        """Lines that are run here are not the person's: not in the history, and no failure of a script's."""
        before = self.guide, self.worst, self.status, self.keep_going, self._top, self._is_led
        reads = self.following, self.read_command, self._waiting
        was_cut_short, self._is_cut_short = self._is_cut_short, False
        self.guide, self.keep_going, self._top, self._is_led = guide, True, self._sourced, True
        self.following, self.read_command, self._waiting = None, None, []  # what comes behind is not for them
        try:
            yield
        finally:
            self.guide, self.worst, self.status, self.keep_going, self._top, self._is_led = before
            self._is_cut_short = was_cut_short
            self.following, self.read_command, self._waiting = reads

    def execute_words(self, texts: Sequence[str]) -> Result:
        """Run one command whose words were parted and unquoted already, as a Unix shell does."""
        return self._run(TypedCommand(" ".join(show(text) for text in texts), [plain(text) for text in texts]))

    def run_lines(self, lines: Iterable[str]) -> int:
        """Run a script; returns the exit status it ends with."""
        limits = self.limits
        try:
            with self._reading(lines) as numbered:
                for _, line in numbered:
                    limits.line_begins()
                    self.execute(line.rstrip("\r\n"))
                    limits.line_ends()
                    if self.finished:
                        break
        except KeyboardInterrupt:  # between two commands
            if limits.reached is None:
                raise
        if limits.reached is not None and self.worst != LIMIT:
            self._finish("", CommandError(*limits.reached, status=LIMIT))
        return self.final_status()

    @contextmanager
    def _reading(self, lines: Iterable[str]) -> Iterator[Iterator[tuple[int, str]]]:
        """The lines with their numbers; while they are read, a command may take those that follow it."""
        before = self.following
        self.following = numbered = iter(enumerate(lines, 1))
        try:
            yield numbered
        finally:
            self.following = before

    def source(self, path: str, echo: bool = False) -> int:
        file = os.path.realpath(path)
        if file in self._sourced or len(self._sourced) >= SOURCE_DEPTH:
            what = f"source: {show(path)}: it is being read already"
            because = "a file that sources itself would never come to its end"
            if file not in self._sourced:
                what = f"source: {show(path)}: nested too deep"
                because = f"{SOURCE_DEPTH} files are being read inside each other"
            raise CommandError(what, because, f"edit {show(path)}")
        text = read_text("source", path).removesuffix("\n")
        lines: Iterable[str] = text.split("\n")  # as in a script: at newlines only
        if echo:
            from kshell.shell.present.script import echoed

            lines = echoed(self, lines)
        count = 0
        self._sourced = (*self._sourced, file)
        try:
            with self._reading(lines) as numbered:
                for number, line in numbered:
                    results = self.execute(line.rstrip("\r"))
                    count += len(results)
                    broken = next((r for r in results if r.failed), None)
                    if broken is not None and not self.keep_going:
                        raise Stopped(path, number, broken, self._stopped)
                    if self.finished:
                        break
        finally:
            self._sourced = self._sourced[:-1]
        return count

    def aside(self) -> Session:
        from kshell.machine.ctrl_c import CtrlC

        other = Session(self.profile, interactive=self.interactive, output=Unseen())
        other.bring_back(self.keep())
        other.is_aside = True
        other.limits, other.output.theme = self.limits, self.output.theme
        with CtrlC(lambda: None) as ctrl_c:  # nothing is raised in the middle of it
            other.adopt(self._machine_again())
            if ctrl_c.pressed:
                raise KeyboardInterrupt
        return other

    def _machine_again(self) -> Kernel:
        """Another machine in the state of ours.  CommandError where it cannot be copied."""
        from kshell.shell.replay.frozen import freeze

        frozen = freeze(self.kernel)
        if frozen is None:
            because = "something in it cannot be put by"
            raise CommandError("this machine cannot be copied", because, "boot  (a fresh machine)")
        return frozen.thaw()
