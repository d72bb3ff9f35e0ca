"""A session: one kernel, and the commands given to it.  It knows no terminal: results go to an Output.

The same engine stands behind the prompt, a script, ``-c`` and a pipe.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelPanic
from kshell.machine.sigint import interruptible
from kshell.shell.commands import registry
from kshell.shell.debugger.allowed import ENDS, command_for
from kshell.shell.errors import BUG, INTERRUPTED, CommandError
from kshell.shell.host_files import read_text
from kshell.shell.host_trouble import host_trouble
from kshell.shell.limits import LIMIT
from kshell.shell.lines.words import TypedCommand, Word, plain, split, without_prompt
from kshell.shell.state.context import Context
from kshell.shell.state.guide import Guide
from kshell.shell.state.steps import end_step
from kshell.shell.state.typed_lines import TypedLine
from kshell.shell.views.failure import Failure, bug_report
from kshell.shell.views.output import OOPSED, Result, Silence, Unseen, oops_json
from kshell.shell.views.view import Deferred, View, show, span

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.shell.present.face import Face
    from kshell.shell.present.giving import Giving

SOURCE_DEPTH = 16
UNIX_MARKS = frozenset("|<>&`$")  # what a Unix shell would take for itself


class Session(Context):
    """The engine over a Context: it reads lines, runs their commands, and shows what each came to."""

    status = 0
    make_face: Callable[[bool], Face] | None = None  # for a presentation, on slides or not; None where no terminal is
    giving: Giving | None = None  # the presentation that was begun last
    _sourced: tuple[str, ...] = ()  # the files that are being read inside each other
    _top: tuple[str, ...] = ()  # those that were when the present lines began
    _is_led = False  # whether somebody else than the person gives the lines
    _stopped: Stopped | None = None  # the last command's error, if it was a file that stopped
    _waiting: list[TypedCommand] = []  # noqa: RUF012  those of the present line that are still to be run; never changed
    _last_step = ""  # what an empty line repeats while a call stands still
    _is_cut_short = False  # a script: Ctrl-C was pressed, or a limit was reached

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

    # Lines.

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

    @property
    def is_typed(self) -> bool:
        """Whether the present lines are the person's, and not those of a file or of whoever leads them."""
        return not self._sourced and not self._is_led

    def _begin(self, text: str) -> None:
        """Note that a command begins, as the person sees it behind the prompt."""
        if self.is_typed:
            self.output.record.begin(self.prompt, text)

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

    def say(self, view: View | None) -> None:
        """Show what a guide has to say."""
        if view is not None:
            self.output.show(Result("lesson", 0, view))

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
        lines: Iterable[str] = (
            read_text("source", path).removesuffix("\n").split("\n")
        )  # as in a script: at newlines only
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

    def call(self, words: list[Word]) -> View:
        """What one command answers.  CommandError if it fails."""
        if any(not UNIX_MARKS.isdisjoint(word.raw) for word in words):
            from kshell.shell.lines.unix_grammar import refuse

            refuse(words, registry.is_command, lambda: self.kernel.release)
        if self.guide is not None and not self.stands_still and self.guide.takes(words):
            return self.guide.answer(words)
        name, rest = words[0].text, words[1:]
        if name.startswith("x/"):
            rest = [plain(name[1:], words[0].column + 1), *rest]
        if self.stands_still and (registry.is_command(name) or name in ENDS):
            name = command_for(name, registry.own_name(name))
        command = registry.find(name)
        if command is None:
            raise self._unknown(words)
        if len(rest) == 1 and rest[0].raw == "--help":
            name, rest = "help", [plain(command.name)]
            command = registry.find(name)
            assert command is not None
        return command.run(self, rest)

    def aside(self) -> Session:
        from kshell.machine.ctrl_c import CtrlC

        other = Session(self.profile, interactive=self.interactive, output=Unseen())
        other.bring_back(self.keep())
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

    def _unknown(self, words: list[Word]) -> CommandError:
        """What to answer to a word that is no command; a system call's name is told how it is made."""
        name, rest = words[0].text, words[1:]
        error = registry.unknown(show(words[0].raw if "(" in words[0].raw else name), rest)
        from kshell.shell.lines.foreign import BEFORE, NAMES

        stands_before = name in BEFORE and rest and registry.is_command(rest[0].text)
        if not stands_before and name not in NAMES and name in self.kernel.table.by_name:
            try_ = " ".join(["syscall", *(show(word.raw) for word in words)])
            error.reword(f"{name} is a system call, not a command", try_)
        return error

    def _run(self, part: TypedCommand) -> Result:
        before, self.running = self.running, part.text
        self._begin(part.text)
        guide = self.guide
        is_for_guide = guide is not None and not self.stands_still and guide.takes(part.words)
        moved, looks = self.journal.moved, self.stands_still
        try:
            with interruptible():
                outcome = self._outcome(part.words)
                if self.journal.moved == moved and not looks:  # not one that moved, nor a file of commands
                    end_step(self, part.text)
                result = self._finish(part.text, outcome)
            if guide is not None and self.guide is guide and not is_for_guide and self._sourced == self._top:
                self._heard(guide, result)
            return result
        except KeyboardInterrupt:
            return self._finish(part.text, _interrupted(part.words))
        finally:
            self.running = before

    def _heard(self, guide: Guide, result: Result) -> None:
        """A guide hears what a command came to."""
        self.say(guide.heard(result))

    def _outcome(self, words: list[Word]) -> View | CommandError:
        try:
            return self.call(words)
        except CommandError as error:
            return error
        except BrokenPipeError:  # whoever reads what we write has enough
            raise
        except KeyboardInterrupt:
            return _interrupted(words)
        except (KernelPanic, KernelFault) as panic:
            because = f"a module has overwritten what the kernel itself needs: {panic}"
            return CommandError("Kernel panic - not syncing: Fatal exception", because, "boot  (a fresh machine)")
        except Exception as bug:  # the last line of defence: a bug of kshell's own must not end the session
            return host_trouble(bug) or bug_report(bug)

    def _finish(self, text: str, outcome: View | CommandError) -> Result:
        """Make the result, remember its status, show it."""
        notes, output, oops = ([], b"", None) if self.stands_still else self._end_of_call()
        if isinstance(outcome, CommandError):
            if outcome.status == INTERRUPTED:
                self._is_cut_short = True
                if self.limits.reached is not None:  # nobody pressed Ctrl-C
                    what, because, try_ = self.limits.reached
                    outcome = CommandError(what, f"{because}; it was at work on `{show(text)}`", try_, status=LIMIT)
            self._stopped = outcome if isinstance(outcome, Stopped) else None
            result = Result(text, outcome.status, Failure(outcome), outcome.json(), output, notes, oops)
        else:
            self._stopped = None
            status = outcome.status if oops is None else outcome.status or OOPSED
            result = Result(text, status, outcome, None, output, notes, oops)
        if self.exit_status is None or result.error is not None:
            self.status = result.status
        if result.failed:
            self.worst = max(self.worst, result.status)
        if isinstance(outcome, Deferred):
            self._last_step = text
        elif self._stopped is None or not self._sourced or self.output.collects:  # the outermost file tells of all
            try:
                self.output.show(result)
            except (OSError, MemoryError):  # nobody reads what is written
                raise
            except Exception as bug:  # in the words or the drawing of a result: the session goes on
                if result.status == BUG:
                    raise
                return self._finish(text, bug_report(bug))
        return result

    def _end_of_call(self) -> tuple[list[str], bytes, dict[str, Any] | None]:
        """Notes, output and oops of a command that is over; what had let its call go on is shown as well."""
        k = self._kernel
        notes, oops = [], None
        if k is not None:
            notes, oops, k.last_oops = k.take_notes(), k.last_oops, None
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
        return notes, output, oops_json(oops) if oops is not None else None


def _interrupted(words: list[Word]) -> CommandError:
    what = f"{show(words[0].text)}: interrupted"
    return CommandError(what, "Ctrl-C was pressed", "help", status=INTERRUPTED)


class Stopped(CommandError):
    """A sourced file ended at a command that failed; `inner` if that command sourced another file that did so."""

    def __init__(self, path: str, number: int, broken: Result, inner: Stopped | None) -> None:
        place = f"{show(path)}:{number}"
        self.places: list[str] = [*(inner.places if inner is not None else ()), place]
        self.command: str = inner.command if inner is not None else show(broken.text)
        because = f"`{self.command}` came to status {broken.status}"
        if len(self.places) > 1:
            because += f" in {', sourced from '.join(self.places)}"
        innermost = self.places[0].rpartition(":")
        try_ = f"edit {innermost[0]}  (line {innermost[2]}; kshell --keep-going goes on after a failure)"
        super().__init__(f"source: {place}: stopped at a command that failed", because, try_, status=broken.status)
