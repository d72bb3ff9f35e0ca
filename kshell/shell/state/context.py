"""What the commands of a session work on: its kernel, its settings, and what they leave for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from kshell.kernel.core.profile import DEFAULT
from kshell.shell.state.long_run import tell_long_run
from kshell.shell.state.tree_memory import TreeMemory
from kshell.shell.state.tty import ShellTty
from kshell.shell.views.output import Output, PlainOutput

if TYPE_CHECKING:
    from kshell.kernel.boot.vmlinux import Vmlinux
    from kshell.kernel.core.trace import Call
    from kshell.kernel.kernel import Kernel
    from kshell.shell.lines.words import Word
    from kshell.shell.state.debug_state import DebugState
    from kshell.shell.views.output import Result
    from kshell.shell.views.view import View

BUDGET = 50_000_000
"""Instructions that one command of a script may run; an interactive command has no limit but Ctrl-C."""


class Panicked(NamedTuple):
    """A kernel that did not get through its boot: which one, and all that it said."""

    kernel: str
    log: list[str]


class Context:
    """One person's or script's kernel, and all that its commands share.

    `interactive` sessions go on after a failed command and run programs without a budget; others stop at the first
    failure unless `keep_going`.  `read_input` gives a line for a program that reads /dev/tty, b"" at the end;
    `edit_program`, where a front has one, lets the person type a program (given a text to start from, it answers the
    new text, or None if it was called off).
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
        self.running = ""  # the command that is being run, as typed
        self.read_command: Callable[[], str] | None = None  # a line for the debugger; EOFError at the end
        self.debugging: DebugState | None = None
        self.tty = ShellTty(self)
        self._kernel: Kernel | None = None

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

            if self.debugging is not None:
                self.debugging.debugger.leave()
            self._kernel = None
            gc.collect()
        self._kernel = kernel = boot(image, cmdline, init_budget=self.budget)
        self.image, self.profile = image, kernel.profile.name
        kernel.tty = self.tty
        if self.interactive:
            kernel.cpu.patience.on_long_run = partial(tell_long_run, self)
        if self.debugging is not None:
            self.debugging.debugger.attach(kernel)
        self.registers, self.last_call, self.log_seen, self.log_cleared = None, None, 0, 0
        return kernel

    @property
    def budget(self) -> int:
        """Instructions that a command may run, 0 for no limit."""
        return 0 if self.interactive else BUDGET

    def final_status(self) -> int:
        """What the process is to exit with."""
        return self.worst if self.exit_status is None else self.exit_status

    # What the session's engine does for a command.

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be executed."""
        raise NotImplementedError

    @property
    def has_reader(self) -> bool:
        """Whether there is anybody who may type, or has written, what is to be done next."""
        raise NotImplementedError

    def run_next(self) -> Result:
        """Run the command that comes after the present one, while that is still at work.  EOFError if none comes."""
        raise NotImplementedError

    def call(self, words: list[Word]) -> View:
        """What another command answers.  CommandError if it fails."""
        raise NotImplementedError

    def source(self, path: str) -> int:
        """Run the commands in a file of the host; returns how many there were.  CommandError where it cannot."""
        raise NotImplementedError
