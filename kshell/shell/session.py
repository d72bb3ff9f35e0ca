"""A session: one kernel, and the commands given to it.  It knows no terminal: results go to an Output.

The same engine stands behind the prompt, a script, ``-c`` and a pipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from kshell.kernel.core.pointers import KernelPanic
from kshell.shell.commands import registry
from kshell.shell.debugger.allowed import ENDS, command_for
from kshell.shell.errors import BUG, INTERRUPTED, CommandError
from kshell.shell.host_files import read_text
from kshell.shell.lines.words import TypedCommand, Word, plain, split, without_prompt
from kshell.shell.state.context import Context
from kshell.shell.views.failure import Failure, bug_report
from kshell.shell.views.output import Result
from kshell.shell.views.view import Deferred, View, show

SOURCE_DEPTH = 16
UNIX_MARKS = frozenset("|<>&`$")  # what a Unix shell would take for itself


class Session(Context):
    """The engine over a Context: it reads lines, runs their commands, and shows what each came to."""

    status = 0
    _depth = 0
    _stopped: Stopped | None = None  # the last command's error, if it was a file that stopped
    _waiting: list[TypedCommand] = []  # noqa: RUF012  those of the present line that are still to be run; never changed
    _last_step = ""  # what an empty line repeats while a call stands still

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be executed: `exit`, or a script's first failure."""
        if self.exit_status is not None:
            return True
        return not self.interactive and (self.worst == INTERRUPTED or (self.worst != 0 and not self.keep_going))

    # Lines.

    def execute(self, line: str) -> list[Result]:
        """Run the commands of a line, show each result as it comes, and return them all."""
        line = without_prompt(line)
        if line.strip() and self._depth == 0:
            self.history.append(line)
        try:
            parts = split(line)
        except CommandError as error:
            return [self._finish(line.strip(), error)]
        results = []
        before, self._waiting = self._waiting, parts
        try:
            while self._waiting and not self.finished:
                results.append(self._run(self._waiting.pop(0)))
                if self.interactive and results[-1].status == INTERRUPTED:
                    break
        finally:
            self._waiting = before
        return results

    @property
    def has_reader(self) -> bool:
        return bool(self._waiting) or self.following is not None or self.read_command is not None

    def run_next(self) -> Result:
        while not self._waiting:
            line = without_prompt(self._next_line().rstrip("\r\n"))
            if line.strip() and self._depth == 0:
                self.history.append(line)
            try:
                self._waiting = split(line)
            except CommandError as error:
                return self._finish(line.strip(), error)
        return self._run(self._waiting.pop(0))

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

    def execute_words(self, texts: Sequence[str]) -> Result:
        """Run one command whose words were parted and unquoted already, as a Unix shell does."""
        return self._run(TypedCommand(" ".join(show(text) for text in texts), [plain(text) for text in texts]))

    def run_lines(self, lines: Iterable[str]) -> int:
        """Run a script; returns the exit status it ends with."""
        with self._reading(lines) as numbered:
            for _, line in numbered:
                self.execute(line.rstrip("\r\n"))
                if self.finished:
                    break
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

    def source(self, path: str) -> int:
        """Run the commands in a file of the host; returns how many there were.  CommandError where it cannot."""
        if self._depth >= SOURCE_DEPTH:
            raise CommandError(
                f"source: {show(path)}: nested too deep",
                f"{SOURCE_DEPTH} files are being read inside each other; perhaps one of them sources itself",
                "help source",
            )
        lines = read_text("source", path).splitlines()
        count = 0
        self._depth += 1
        try:
            with self._reading(lines) as numbered:
                for number, line in numbered:
                    results = self.execute(line)
                    count += len(results)
                    broken = next((r for r in results if r.error is not None or r.status), None)
                    if broken is not None and not self.keep_going:
                        raise Stopped(path, number, broken, self._stopped)
                    if self.finished:
                        break
        finally:
            self._depth -= 1
        return count

    def call(self, words: list[Word]) -> View:
        """What one command answers.  CommandError if it fails."""
        if any(not UNIX_MARKS.isdisjoint(word.raw) for word in words):
            from kshell.shell.lines.unix_grammar import refuse

            refuse(words, registry.is_command, lambda: self.kernel.release)
        name, rest = words[0].text, words[1:]
        if name.startswith("x/"):
            rest = [plain(name[1:], words[0].column + 1), *rest]
        if self._looks_around and (registry.is_command(name) or name in ENDS):
            name = command_for(name, registry.own_name(name))
        command = registry.find(name)
        if command is None:
            raise self._unknown(words)
        return command.run(self, rest)

    def _unknown(self, words: list[Word]) -> CommandError:
        """What to answer to a word that is no command; a system call's name is told how it is made."""
        name, rest = words[0].text, words[1:]
        error = registry.unknown(show(words[0].raw if "(" in words[0].raw else name), rest)
        from kshell.shell.lines.foreign import NAMES

        if name not in NAMES and name in self.kernel.table.by_name:
            try_ = " ".join(["syscall", *(show(word.raw) for word in words)])
            error.reword(f"{name} is a system call, not a command", try_)
        return error

    def _run(self, part: TypedCommand) -> Result:
        before, self.running = self.running, part.text
        try:
            return self._finish(part.text, self._outcome(part.words))
        except KeyboardInterrupt:
            what = f"{show(part.words[0].text)}: interrupted"
            return self._finish(part.text, CommandError(what, "Ctrl-C was pressed", "help", status=INTERRUPTED))
        finally:
            self.running = before

    def _outcome(self, words: list[Word]) -> View | CommandError:
        try:
            return self.call(words)
        except CommandError as error:
            return error
        except KernelPanic as panic:
            because = f"a module has overwritten what the kernel itself needs: {panic}"
            return CommandError("Kernel panic - not syncing: Fatal exception", because, "boot  (a fresh machine)")
        except Exception as bug:  # the last line of defence: a bug of kshell's own must not end the session
            return bug_report(bug)

    def _finish(self, text: str, outcome: View | CommandError) -> Result:
        """Make the result, remember its status, show it."""
        notes, output = ([], b"") if self._looks_around else self._end_of_call()
        if isinstance(outcome, CommandError):
            error = outcome
            self._stopped = error if isinstance(error, Stopped) else None
            view: View = Failure(error)
            result = Result(text, error.status, view, error.json(), output, notes)
        else:
            self._stopped = None
            result = Result(text, outcome.status, outcome, None, output, notes)
        if self.exit_status is None or result.error is not None:
            self.status = result.status
        self.worst = max(self.worst, result.status if result.status in (BUG, INTERRUPTED) else result.status != 0)
        if isinstance(outcome, Deferred):
            self._last_step = text
        elif self._stopped is None or self._depth == 0 or self.output.collects:  # the outermost file tells of all
            self.output.show(result)
        return result

    @property
    def _looks_around(self) -> bool:
        """Whether a call stands still: a command that looks at it has no part in what the call does."""
        return self.debugging is not None and self.debugging.stopped is not None

    def _end_of_call(self) -> tuple[list[str], bytes]:
        """The notes and the output of a command that is over; what had let its call go on is shown as well."""
        notes = self._kernel.take_notes() if self._kernel is not None else []
        output = self.tty.take()
        if self.tty.failure is not None:
            raise self.tty.failure
        self.tty.forget_line()
        if self.debugging is not None and self._kernel is not None:
            if self.debugging.pending is not None:
                text, head = self.debugging.pending
                self.output.show(Result(text, 0, Deferred(head)))
            self.debugging.forget_call()
            self._last_step = ""
        return notes, output


class Stopped(CommandError):
    """A sourced file ended at a command that failed; `inner` if that command sourced another file that did so."""

    def __init__(self, path: str, number: int, broken: Result, inner: Stopped | None) -> None:
        place = f"{show(path)}:{number}"
        self.places: list[str] = [*(inner.places if inner is not None else ()), place]
        self.command: str = inner.command if inner is not None else show(broken.text)
        because = f"`{self.command}` came to status {broken.status}"
        if len(self.places) > 1:
            because += f" in {self._chain()}"
        try_ = "help source"
        super().__init__(f"source: {place}: stopped at a command that failed", because, try_, status=broken.status)

    def _chain(self) -> str:
        """The innermost place, and from where it was read; a place that repeats stands once."""
        told: list[str] = []
        for place in self.places:
            times = self.places.count(place)
            text = f"{place} ({times} times)" if times > 1 else place
            if text not in told:
                told.append(text)
        return ", sourced from ".join(told)
