"""What the commands of a session work on: its kernel, its settings, and what they leave for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from kshell.kernel.core.profile import DEFAULT
from kshell.shell.limits import Limits
from kshell.shell.replay.journal import Boot, Journal, Kept, Panicked
from kshell.shell.state.long_run import tell_long_run
from kshell.shell.state.tree_memory import TreeMemory
from kshell.shell.state.tty import ShellTty
from kshell.shell.state.typed_lines import TypedLine
from kshell.shell.views.output import Output, PlainOutput

if TYPE_CHECKING:
    from kshell.kernel.boot.vmlinux import Vmlinux
    from kshell.kernel.debug.frames import CodeFrame
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.trace.tracer import Call, Tracer
    from kshell.shell.lines.words import Word
    from kshell.shell.replay.core import Core
    from kshell.shell.replay.deeds import Deed, R_co
    from kshell.shell.replay.digest import Digest
    from kshell.shell.state.debug_state import DebugState
    from kshell.shell.state.guide import Guide
    from kshell.shell.views.output import Result
    from kshell.shell.views.view import View

DEBUGGER_PROMPT = "(gdb) "
BUDGET = 50_000_000
"""Instructions that one command of a script may run; an interactive command has no limit but Ctrl-C."""


class Context:
    """One person's or script's kernel, and all that its commands share.

    `interactive` sessions go on after a failed command and run programs without a budget; others stop at the first
    failure unless `keep_going`.  `read_input` gives a line for a program that reads /dev/tty, b"" at the end;
    `edit_program`, where a front has one, lets the person type a program (given the one before it, it answers the
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
        self.history: list[TypedLine] = []
        self.guide: Guide | None = None  # who leads the person: a lesson
        self.lesson_places: list[str] = []  # folders and zips of lessons of one's own
        self.exit_status: int | None = None  # set by `exit`
        self.status = 0  # of the last command
        self.worst = 0  # of a script: 0, 1 a failure, 3 a bug in kshell, 124 a limit, 130 Ctrl-C, a program's own
        self.limits = Limits(0, 0)  # what a script may take
        self.trace_all = False
        self.tree = ""  # the kernel tree that was named last
        self.tree_memory = TreeMemory()
        self.panicked: Panicked | None = None  # the kernel that did not get through the last boot
        self.libc = True  # results are shown as a C program gets them
        self.last_call: Call | None = None  # the last one that returned, for `libc`
        self.program = ""  # the source that `asm` edited last
        self.core: Core | None = None  # of a program, if nothing has run in the machine since it ended
        self.examined: tuple[int, str, str] = (1, "x", "g")  # the last count, format and size of `x`
        self.log_seen = 0  # the first record that `dmesg -w` has not shown yet
        self.log_cleared = 0  # the first record that `dmesg -C` has not forgotten
        self.following: Iterator[tuple[int, str]] | None = None  # the lines that come after the present one
        self.running = ""  # the command that is being run, as typed
        self.read_command: Callable[[], str] | None = None  # a line for the debugger; EOFError at the end
        self.debugging: DebugState | None = None
        self._kernel: Kernel | None = None
        self.journal = Journal(Boot(self.image), self.keep())
        self.tty = ShellTty(self)

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

    @property
    def prompt(self) -> str:
        """What stands before the line that is typed now: ``kshell> ``.

        A kernel that is not the usual one is named, since its rules differ, and so is the place in a lesson:
        ``kshell [1: 2/9]> ``.  While a call stands still it is gdb's: the words are.
        """
        if self.stands_still:
            return DEBUGGER_PROMPT
        image, place = self.image, self.guide.place if self.guide is not None else ""
        name = image.release if not isinstance(image, str) else "" if image == DEFAULT.name else image
        return f"{' '.join(['kshell', *([name] if name else []), *([f'[{place}]'] if place else [])])}> "

    def boot(self, image: Vmlinux | str, cmdline: str = "") -> Kernel:
        """A fresh machine, with a kernel that was built or, by its name, one that comes with kshell.

        Everything in the old machine is gone.  Raises KernelPanic where the kernel does not get through its boot.
        """
        from kshell.kernel.boot.start import boot
        from kshell.machine.ctrl_c import CtrlC

        with CtrlC(lambda: None):  # nothing is raised in the middle of it
            self._leave_machine()  # two machines at once would need twice the memory
            try:
                kernel = boot(image, cmdline, init_budget=self.budget, before_initcalls=self._take)
            except BaseException:
                self._leave_machine()
                raise
        self.image, self.profile = image, kernel.profile.name
        self.core, self.last_call, self.log_seen, self.log_cleared = None, None, 0, 0
        self.journal.booted(Boot(image, cmdline), kernel, self.running == "")
        return self.adopt(kernel)

    def adopt(self, kernel: Kernel) -> Kernel:
        """Make a machine that is booted the session's own."""
        if kernel is not self._kernel:
            self._leave_machine()
            self._take(kernel)
        self.journal.has_booted = True
        kernel.tty, kernel.init_budget, kernel.on_cut = self.tty, self.budget, self._note_cut
        return kernel

    def _take(self, kernel: Kernel) -> None:
        """From here on what loops or stops at a breakpoint in it is told of in this session."""
        self._kernel = kernel
        if self.interactive:
            kernel.cpu.patience.on_long_run = partial(tell_long_run, self)
        if self.debugging is not None:
            self.debugging.debugger.attach(kernel)

    def _leave_machine(self) -> None:
        if self._kernel is not None:
            import gc

            if self.debugging is not None:
                self.debugging.debugger.leave()
            self._kernel = None
            gc.collect()

    @property
    def budget(self) -> int:
        """Instructions that a command may run, 0 for no limit."""
        return 0 if self.interactive else BUDGET

    @property
    def stands_still(self) -> bool:
        """Whether a call does, at a breakpoint: a command that looks at it has no part in what the call does."""
        return self.debugging is not None and self.debugging.stopped is not None

    @property
    def selected_frame(self) -> CodeFrame | None:
        """The frame that is looked at; None where no call stands still."""
        state = self.debugging
        return None if state is None or state.stopped is None else state.stopped.frames[state.selected]

    # What is kept of each command, so that there is a way back.

    def do(self, deed: Deed[R_co], tracer: Tracer | None = None, meanwhile: Callable[[], None] | None = None) -> R_co:
        """Do something to the machine; `tracer` hears of it, `meanwhile` is done while it sleeps."""
        from kshell.shell.replay.deeds import Live

        return self.journal.do(self.kernel, deed, Live(self.budget, tracer, meanwhile))

    def _note_cut(self, kind: str, ring: int) -> str:
        from kshell.shell.replay.cuts import cut_now

        self.journal.cut(cut_now(self.kernel, kind, ring))
        return kind

    @property
    def digest(self) -> Digest | None:
        """What tells the machine from any other, None where there is none yet."""
        from kshell.shell.replay.digest import digest

        return digest(self._kernel) if self._kernel is not None else None

    def keep(self) -> Kept:
        """What the commands so far have left for the next."""
        return Kept(*(getattr(self, name) for name in Kept._fields))

    def bring_back(self, kept: Kept) -> None:
        """Have again what they had left then."""
        for name, value in zip(Kept._fields, kept, strict=True):
            setattr(self, name, value)

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

    @property
    def is_typed(self) -> bool:
        """Whether the present lines are the person's, and not those of a file or of whoever leads them."""
        raise NotImplementedError

    def run_next(self) -> Result:
        """Run the command that comes after the present one, while that is still at work.  EOFError if none comes."""
        raise NotImplementedError

    def give(self, lines: Iterator[tuple[int, str]]) -> None:
        """Run lines that somebody else than the person gives, as they come."""
        raise NotImplementedError

    def call(self, words: list[Word]) -> View:
        """What another command answers.  CommandError if it fails."""
        raise NotImplementedError

    def aside(self) -> Context:
        """A session beside this one, on a copy of its machine: nothing of what is done there is done or shown here.

        CommandError where the machine cannot be copied.
        """
        raise NotImplementedError

    def source(self, path: str, echo: bool = False) -> int:
        """Run the commands in a file of the host, with `echo` each shown before; returns how many there were.
        CommandError where it cannot."""
        raise NotImplementedError
