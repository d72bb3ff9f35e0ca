"""Who listens to a kernel: told of each call as it begins and as it ends, and of each step between if it wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kshell.kernel.core.declare import SyscallDefinition
    from kshell.kernel.core.signal import Siginfo
    from kshell.kernel.trace.event import Event

CALLS, LINES, INSTRUCTIONS = "calls", "lines", "instructions"  # what is told of machine code in ring 0
MOST_CALLS = 10_000  # that a tracer keeps, so that a program of a million calls does not eat the memory


class Call:
    """One system call as the entry saw it.

    `nr` is rax and `args` the six registers, as signed numbers; of a call by `int 0x80`, which `is_32`, they are what
    32 bits leave of them, and `registers` all that was there; `name` and `definition` are those of the table's row,
    None where there is none; `values` are the arguments, narrowed to the types of the definition; `ret` is the kernel's
    signed result, None if it did not return.  `text` is empty: room for the words of who listens.
    """

    __slots__ = ("args", "definition", "is_32", "name", "nr", "registers", "ret", "text", "values", "waits")

    def __init__(
        self,
        nr: int,
        name: str | None,
        args: tuple[int, ...],
        definition: SyscallDefinition | None = None,
        registers: tuple[int, ...] | None = None,
    ) -> None:
        self.nr, self.name, self.args, self.definition = nr, name, args, definition
        self.values = args if definition is None else definition.narrow(args)
        self.is_32, self.registers = registers is not None, args if registers is None else registers
        self.ret: int | None = None
        self.text = ""
        self.waits = False  # it was begun, and is made again when its task is woken


class Tracer:
    """A listener that keeps what it hears: `calls`, and `events` if it wants them.

    One that has MOST_CALLS is `full`, and listens no more: the rest of the run is as fast as without it.
    """

    def __init__(self, wants_events: bool = False) -> None:
        self.wants_events = wants_events  # nobody makes an event for a tracer that does not
        self.detail = CALLS
        self.calls: list[Call] = []
        self.events: list[Event] = []
        self.running: Call | None = None  # set and cleared by the entry code
        self.full = False

    def call_begins(self, call: Call) -> bool:
        """A call has come in, and nothing of it has run; False from who wants to hear no more, of this call either."""
        self.full = len(self.calls) >= MOST_CALLS
        if not self.full:
            self.calls.append(call)
        return not self.full

    def event(self, event: Event) -> None:
        """A step was taken."""
        self.events.append(event)

    def signal_delivered(self, info: Siginfo) -> None:
        """A signal is about to act."""

    def task_stopped(self, info: Siginfo) -> None:
        """It has stopped the task."""

    def task_ended(self, nr: int, status: int) -> None:
        """One of several tasks has ended, with that status word."""

    def call_waits(self, call: Call) -> None:
        """The task of a call has left the CPU before the call is over."""

    def call_ends(self, call: Call) -> None:
        """A call is over; `ret` says how."""
