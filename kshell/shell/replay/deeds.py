"""What the shell does to a kernel.  A deed holds all that the kernel is given, so that it can be done again at any
time, whatever has become of the files that it was made of.

`do` is the only way from the shell into a kernel that changes anything there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from kshell.kernel.entry.exec import Buffer, StubRun, load_program, revive_shell_task, run_stub
from kshell.kernel.entry.run import Outcome, run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.slab import slab_of
from kshell.kernel.mappings.swap_out import swap_out
from kshell.kernel.module.load import load_module
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.struct_module import Module
from kshell.kernel.module.unload import delete_module
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.task.task import Task, do_exit, release_task
from kshell.kernel.trace.tracer import Tracer

R_co = TypeVar("R_co", covariant=True)


class Live(NamedTuple):
    """How a deed is done, beside what it is: it comes to the same without.

    `budget` is a number of instructions, 0 for any number, `tracer` who hears of it, `meanwhile` what is done by
    another task when the deed's own sleeps.
    """

    budget: int = 0
    tracer: Tracer | None = None
    meanwhile: Callable[[], None] | None = None


class Deed(Protocol[R_co]):
    """One thing that is done to a kernel; one that is made of many bytes says of how many, as its `weight`."""

    def do(self, k: Kernel, live: Live) -> R_co:
        """Do it, or do it again."""


class SystemCall(NamedTuple):
    """One call of the shell's task; by `int 0x80` if it `is_32`.  ValueError where its arguments do not fit."""

    nr: int
    args: Sequence[int | bytes | Buffer]
    is_32: bool = False

    @property
    def weight(self) -> int:
        """Bytes."""
        return sum(len(each) for each in self.args if isinstance(each, bytes))

    def do(self, k: Kernel, live: Live) -> StubRun:
        """Make the call."""
        meanwhile = live.meanwhile
        k.on_sleep = (lambda: _by_another_task(k, meanwhile)) if meanwhile is not None else None
        try:
            return run_stub(k, self.nr, self.args, live.budget, live.tracer, self.is_32)
        finally:
            k.on_sleep = None


def _by_another_task(k: Kernel, meanwhile: Callable[[], None]) -> None:
    """What is typed in a second terminal is done by another shell."""
    sleeper = k.shell_task
    other = k.shell_task = Task(k, "kshell", sleeper)
    k.tasks[other.nr] = other
    k.switch_to(other)
    try:
        meanwhile()
    finally:
        other, k.shell_task = k.shell_task, sleeper  # it may have died, and have a successor
        do_exit(k, other, 0)
        release_task(k, other)


Ran = tuple[Task, Outcome]  # a program's task, and how it ended


class RunProgram(NamedTuple):
    """A program, run to its end in a task of its own.  ValueError where it does not fit."""

    segments: Sequence[Segment]
    entry: int
    comm: str
    argv: Sequence[str]

    @property
    def weight(self) -> int:
        """Bytes."""
        return sum(len(each.data) for each in self.segments)

    def do(self, k: Kernel, live: Live) -> Ran:
        """Load it and run it."""
        task = load_program(k, self.segments, self.entry, self.comm, self.argv)
        return task, run_program(k, task, live.budget, live.tracer)


class LoadModule(NamedTuple):
    """insmod, of a file that was read already.  Refusal where the kernel has it not."""

    image: LoadInfo
    parameters: Mapping[str, str | None]
    force: bool

    def do(self, k: Kernel, live: Live) -> Module:
        """Load it."""
        return load_module(k, self.image, self.parameters, self.force)


class UnloadModule(NamedTuple):
    """rmmod.  Refusal where the kernel keeps it."""

    name: str
    force: bool

    def do(self, k: Kernel, live: Live) -> None:
        """Unload it."""
        delete_module(k, self.name, self.force)


class ClearLog(NamedTuple):
    """dmesg -C."""

    def do(self, k: Kernel, live: Live) -> None:
        """Forget the records."""
        k.log.clear()


class ReviveTask(NamedTuple):
    """A shell's task that was killed has a successor, as soon as somebody looks through its eyes."""

    def do(self, k: Kernel, live: Live) -> None:
        """Make one, if need be."""
        revive_shell_task(k)


class SwapOut(NamedTuple):
    """swapout: a page of the shell's task goes to swap."""

    page: int

    def do(self, k: Kernel, live: Live) -> str:
        """Send it; "", or why it stays."""
        revive_shell_task(k)
        return swap_out(k, k.shell_task.mm, self.page)


class FailAllocation(NamedTuple):
    """fail kmalloc N: that allocation fails, counted from the next one; 0: none."""

    number: int

    def do(self, k: Kernel, live: Live) -> None:
        """Note it."""
        slab_of(k).fail_in = self.number
