"""A session: one kernel, and the commands given to it.  It knows no terminal: results go to an Output.

The same engine stands behind the prompt, a script, ``-c`` and a pipe.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.core.profile import DEFAULT
from kshell.shell.commands import registry
from kshell.shell.errors import BUG, CommandError, bug_report
from kshell.shell.host_files import read_text
from kshell.shell.lines.words import Line, Word, plain, split
from kshell.shell.trees.tree_memory import TreeMemory
from kshell.shell.tty import ShellTty
from kshell.shell.views.output import Output, PlainOutput, Result
from kshell.shell.views.view import View, failure, show

if TYPE_CHECKING:
    from kshell.kernel.boot.vmlinux import Vmlinux
    from kshell.kernel.core.trace import Call
    from kshell.kernel.kernel import Kernel
    from kshell.shell.trees.booting import Panicked

BUDGET = 50_000_000
"""Instructions that one command of a script may run; an interactive command has no limit but Ctrl-C."""

TICKS = 1_000_000
"""Turns of loops that a module's code may take for one command of a script."""

PROMPT = re.compile(r"\s*(?:kshell(?: [\w.+-]+)?> ?)+")  # pasted with a line that was copied from a screen
SOURCE_DEPTH = 16
INTERRUPTED = 130


class Session:
    """One person's or script's kernel.

    `interactive` sessions go on after a failed command and run programs without a budget; others stop at the first
    failure unless `keep_going`.  `read_input` gives a line for a program that reads /dev/tty, b"" at the end;
    `edit_program`, where a front has one, lets the person type a program (given a text to start from, it answers the
    new text, or None if it was called off).  `width` is the terminal's, None where there is none.
    """

    def __init__(
        self,
        profile: str = DEFAULT.name,
        *,
        interactive: bool = False,
        keep_going: bool = False,
        output: Output | None = None,
        read_input: Callable[[], bytes] | None = None,
    ) -> None:
        self.profile, self.interactive, self.keep_going = profile, interactive, keep_going
        self.image: Vmlinux | str = profile  # what boots next, if nothing else is named
        self.output: Output = output if output is not None else PlainOutput()
        self.read_input: Callable[[], bytes] = read_input or (lambda: b"")
        self.edit_program: Callable[[str], str | None] | None = None
        self.history: list[str] = []
        self.status = 0
        self.exit_status: int | None = None  # set by `exit`
        self.worst = 0  # of a script: 0, 1 a failure, 3 a bug in kshell, 130 Ctrl-C
        self.trace_all = False
        self.tree = ""  # the kernel tree that was named last
        self.tree_memory = TreeMemory()
        self.panicked: Panicked | None = None  # the kernel that did not get through the last boot
        self.libc = True  # results are shown as a C program gets them
        self.last_call: Call | None = None  # the last one that returned, for `libc`
        self.program = ""  # the source that `asm` edited last
        self.registers: dict[str, int] | None = None  # of the last program that ended
        self.examined: tuple[int, str, str] = (1, "x", "g")  # the last count, format and size of `x`
        self.log_seen = 0  # the first record that `dmesg -w` has not shown yet
        self.log_cleared = 0  # the first record that `dmesg -C` has not forgotten
        self.following: Iterator[tuple[int, str]] | None = None  # the lines that come after the present one
        self.tty = ShellTty(self)
        self._kernel: Kernel | None = None
        self._depth = 0
        self._stopped: Stopped | None = None  # the last command's error, if it was a file that stopped

    @property
    def kernel(self) -> Kernel:
        """The machine's kernel, booted when it is first needed."""
        if self._kernel is None:
            self.boot(self.image)
        assert self._kernel is not None
        return self._kernel

    @property
    def has_kernel(self) -> bool:
        """Whether a kernel was booted already."""
        return self._kernel is not None

    def boot(self, image: Vmlinux | str, cmdline: str = "") -> Kernel:
        """A fresh machine, with a kernel that was built or, by its name, one that comes with kshell.

        Everything in the old machine is gone.  Raises KernelPanic where the kernel does not get through its boot.
        """
        from kshell.kernel.boot.start import boot

        if self._kernel is not None:  # two machines at once would need twice the memory
            import gc

            self._kernel = None
            gc.collect()
        self._kernel = kernel = boot(image, cmdline, tick_budget=0 if self.interactive else TICKS)
        self.image, self.profile = image, kernel.profile.name
        kernel.tty = self.tty
        self.registers, self.last_call, self.log_seen, self.log_cleared = None, None, 0, 0
        return kernel

    @property
    def budget(self) -> int:
        """Instructions that a command may run, 0 for no limit."""
        return 0 if self.interactive else BUDGET

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be executed: `exit`, or a script's first failure."""
        if self.exit_status is not None:
            return True
        return not self.interactive and (self.worst == INTERRUPTED or (self.worst != 0 and not self.keep_going))

    # Lines.

    def execute(self, line: str) -> list[Result]:
        """Run the commands of a line, show each result as it comes, and return them all."""
        line = PROMPT.sub("", line)
        if line.strip() and self._depth == 0:
            self.history.append(line)
        try:
            parts = split(line)
        except CommandError as error:
            return [self._finish(line.strip(), error)]
        results = []
        for part in parts:
            if self.finished:
                break
            results.append(self._run(part))
            if self.interactive and results[-1].status == INTERRUPTED:
                break
        return results

    def execute_words(self, texts: Sequence[str]) -> Result:
        """Run one command whose words were parted and unquoted already, as a Unix shell does."""
        return self._run(Line(" ".join(show(text) for text in texts), [plain(text) for text in texts]))

    def run_lines(self, lines: Iterable[str]) -> int:
        """Run a script; returns the exit status it ends with."""
        before = self.following
        self.following = numbered = iter(enumerate(lines, 1))
        try:
            for _, line in numbered:
                self.execute(line.rstrip("\r\n"))
                if self.finished:
                    break
        finally:
            self.following = before
        return self.final_status()

    def final_status(self) -> int:
        """What the process is to exit with."""
        return self.worst if self.exit_status is None else self.exit_status

    def source(self, path: str) -> int:
        """Run the commands in a file of the host; returns how many there were.  CommandError where it cannot."""
        if self._depth >= SOURCE_DEPTH:
            raise CommandError(
                f"source: {show(path)}: nested too deep",
                f"{SOURCE_DEPTH} files are being read inside each other; perhaps one of them sources itself",
                "help source",
            )
        lines = read_text("source", path).splitlines()
        before = self.following
        self._depth += 1
        self.following = numbered = iter(enumerate(lines, 1))
        count = 0
        try:
            for number, line in numbered:
                self._stopped = None
                results = self.execute(line)
                count += len(results)
                broken = next((r for r in results if r.error is not None or r.status), None)
                if broken is not None and not self.keep_going:
                    raise Stopped(path, number, broken, self._stopped)
                if self.finished:
                    break
        finally:
            self._depth -= 1
            self.following = before
        return count

    def call(self, words: list[Word]) -> View:
        """What one command answers.  CommandError if it fails."""
        if any(c in word.raw for word in words for c in "|<>&`$"):
            from kshell.shell.lines.pipes import refuse

            refuse(self, words)
        name, rest = words[0].text, words[1:]
        if name.startswith("x/"):
            name, rest = "x", [plain(name[1:], words[0].column + 1), *rest]
        command = registry.find(name)
        if command is None:
            raise self._unknown(words)
        return command.handler(self, rest)

    def _unknown(self, words: list[Word]) -> CommandError:
        """What to answer to a word that is no command; a system call's name is told how it is made."""
        name, rest = words[0].text, words[1:]
        error = registry.unknown(show(words[0].raw if "(" in words[0].raw else name), rest)
        from kshell.shell.lines.foreign import NAMES

        if name not in NAMES and name in self.kernel.table.by_name:
            error.because = f"{name} is a system call, not a command"
            error.try_ = " ".join(["syscall", *(show(word.raw) for word in words)])
        return error

    def _run(self, part: Line) -> Result:
        try:
            return self._finish(part.text, self._outcome(part.words))
        except KeyboardInterrupt:
            what = f"{show(part.words[0].text)}: interrupted"
            return self._finish(part.text, CommandError(what, "Ctrl-C was pressed", "help", status=INTERRUPTED))

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
        notes = self._kernel.take_notes() if self._kernel is not None else []
        output = self.tty.take()
        if self.tty.failure is not None:
            raise self.tty.failure
        self.tty.forget_line()
        if isinstance(outcome, CommandError):
            error = outcome
            self._stopped = error if isinstance(error, Stopped) else None
            view: View = failure(error)
            result = Result(text, error.status, view, error.json(), output, notes)
        else:
            self._stopped = None
            result = Result(text, outcome.status, outcome, None, output, notes)
        if self.exit_status is None or result.error is not None:
            self.status = result.status
        self.worst = max(self.worst, result.status if result.status in (BUG, INTERRUPTED) else result.status != 0)
        if self._stopped is None or self._depth == 0 or self.output.collects:  # the outermost file tells of all
            self.output.show(result)
        return result


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
