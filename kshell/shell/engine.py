"""One command of a session: found, run, and shown as what it came to."""

from __future__ import annotations

from typing import Any

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelPanic
from kshell.machine.sigint import interruptible
from kshell.shell.commands import registry
from kshell.shell.errors import BUG, INTERRUPTED, CommandError
from kshell.shell.host_trouble import host_trouble
from kshell.shell.limits import LIMIT
from kshell.shell.lines.words import TypedCommand, Word, plain
from kshell.shell.state.context import Context
from kshell.shell.state.guide import Guide
from kshell.shell.state.steps import end_step
from kshell.shell.views.failure import Failure, bug_report
from kshell.shell.views.output import OOPSED, Result, oops_json
from kshell.shell.views.view import Deferred, View, show

UNIX_MARKS = frozenset("|<>&`$")  # what a Unix shell would take for itself


class Engine(Context):
    """Runs commands, whoever gives them."""

    is_aside = False  # whether this is a copy of another one, beside it
    _sourced: tuple[str, ...] = ()  # the files that are being read inside each other
    _top: tuple[str, ...] = ()  # those that were when the present lines began
    _is_led = False  # whether somebody else than the person gives the lines
    _stopped: Stopped | None = None  # the last command's error, if it was a file that stopped
    _last_step = ""  # what an empty line repeats while a call stands still
    _is_cut_short = False  # a script: Ctrl-C was pressed, or a limit was reached

    @property
    def is_typed(self) -> bool:
        """Whether the present lines are the person's, and not those of a file or of whoever leads them."""
        return not self._sourced and not self._is_led

    def _begin(self, text: str) -> None:
        """Note that a command begins, as the person sees it behind the prompt."""
        if self.is_typed:
            self.output.record.begin(self.prompt, text)

    def _refuse_unix(self, words: list[Word]) -> None:
        """CommandError for what only a Unix shell would do."""
        if any(not UNIX_MARKS.isdisjoint(word.raw) for word in words):
            from kshell.shell.lines.unix_grammar import refuse

            refuse(words, registry.is_command, lambda: self.kernel.release)

    def call(self, words: list[Word]) -> View:
        """What one command answers.  CommandError if it fails."""
        self._refuse_unix(words)
        name, rest = words[0].text, words[1:]
        if registry.has_letters(name):
            at = name.index("/")
            rest = [plain(name[at:], words[0].column + at), *rest]
        if self.stands_still:
            name = self._at_breakpoint(name)
        command = registry.find(name)
        if command is None:
            raise self._unknown(words)
        if self.is_aside:
            registry.refuse_aside(command)
        if len(rest) == 1 and rest[0].raw == "--help":
            name, rest = "help", [plain(command.name)]
            command = registry.find(name)
            assert command is not None
        return command.run(self, rest)

    def _at_breakpoint(self, name: str) -> str:
        """The command that is typed so while a call stands still.  CommandError where that would change the machine."""
        from kshell.shell.debugger.allowed import ENDS, command_for, refuse_word_of_lesson

        if self.guide is not None and name in self.guide.words():
            refuse_word_of_lesson(name)
        if registry.is_command(name) or name in ENDS:
            return command_for(name, registry.own_name(name))
        return name

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
        guide, moved, looks = self.guide, self.journal.moved, self.stands_still
        answering = guide if guide is not None and not looks and guide.takes(part.words) else None
        try:
            with interruptible():
                outcome = self._outcome(part.words, answering)
                if self.journal.moved == moved and not looks:  # not one that moved, nor a file of commands
                    end_step(self, part.text)
                result = self._finish(part.text, outcome)
            if guide is not None and self.guide is guide and answering is None and self._sourced == self._top:
                self._heard(guide, result)
            return result
        except KeyboardInterrupt:
            return self._finish(part.text, _interrupted(part.words))
        finally:
            self.running = before

    def _heard(self, guide: Guide, result: Result) -> None:
        """A guide hears what a command came to."""
        self.say(guide.heard(result))

    def say(self, view: View | None) -> None:
        """Show what a guide has to say."""
        if view is not None:
            self.output.show(Result("lesson", 0, view))

    def _outcome(self, words: list[Word], answering: Guide | None) -> View | CommandError:
        try:
            if answering is None:
                return self.call(words)
            self._refuse_unix(words)
            return answering.answer(words)
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
