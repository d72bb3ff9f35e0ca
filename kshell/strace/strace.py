"""The listeners that write strace's line for each call: of one task, and of several."""

from __future__ import annotations

from itertools import takewhile

from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import MOST_CALLS, Call, Tracer
from kshell.strace import decode
from kshell.strace.signals import delivered, end_of, stopped


class Begun:
    """A call that runs: the number of its task, what was `passed` to it, and what was `shown` of it already, since its
    task has left the CPU."""

    __slots__ = ("nr", "passed", "shown")

    def __init__(self, nr: int, passed: list[decode.ArgumentText]) -> None:
        self.nr, self.passed, self.shown = nr, passed, ""


class Strace(Tracer):
    """A tracer whose calls have their line as `text` when they have ended."""

    def __init__(self, k: Kernel, wants_events: bool = False) -> None:
        super().__init__(wants_events)
        self.k = k
        self._begun: dict[Call, Begun] = {}
        self.between: list[tuple[int, str]] = []  # lines of signals, each with how many calls came before

    def call_begins(self, call: Call) -> bool:
        """Read the arguments, before the body can change what they point to."""
        wanted = super().call_begins(call)
        if wanted:
            self._begun[call] = Begun(self.k.current.nr, decode.arguments(self.k, call))
        return wanted

    def signal_delivered(self, info: Siginfo) -> None:
        """A line between the calls."""
        self.line_between(self.prefix(self.k.current.nr) + delivered(info))

    def task_stopped(self, info: Siginfo) -> None:
        """Another one."""
        self.line_between(self.prefix(self.k.current.nr) + stopped(info.signo))

    def line_between(self, text: str) -> None:
        """Keep it; so many as calls are kept."""
        if len(self.between) < MOST_CALLS:
            self.between.append((len(self.calls), text))

    def call_ends(self, call: Call) -> None:
        """Write the line."""
        begun = self._begun.pop(call)
        call.text = decode.line(self.k, call, begun.passed, self.prefix(begun.nr), begun.shown)
        call.text += "  [int 0x80]" if call.is_32 else ""

    def prefix(self, nr: int) -> str:
        """What stands before the line of a task."""
        return ""


class StraceOfAll(Strace):
    """The same of a program with its children, as ``strace -f`` shows them."""

    def __init__(self, k: Kernel, wants_events: bool = False) -> None:
        super().__init__(k, wants_events)
        self._first = 0  # the number of the program's own task

    def call_begins(self, call: Call) -> bool:
        """Know whose the first call is."""
        self._first = self._first or self.k.current.nr
        return super().call_begins(call)

    def task_ended(self, nr: int, status: int) -> None:
        """The last line of a child."""
        if nr != self._first:
            self.line_between(self.prefix(nr) + end_of(status))

    def call_waits(self, call: Call) -> None:
        """The beginning of a line, since those of others come before its end."""
        begun = self._begun.get(call)
        if begun is not None and not begun.shown:
            known = [argument.text for argument in takewhile(lambda each: each.text is not None, begun.passed)]
            rest = ", " if known and len(known) < len(begun.passed) else ""
            begun.shown = f"{call.name}({', '.join(map(str, known))}{rest}"
            self.line_between(f"{self.prefix(begun.nr)}{begun.shown} <unfinished ...>")

    def call_ends(self, call: Call) -> None:
        """A line that was begun before comes where the call has ended."""
        was_shown = self._begun[call].shown
        super().call_ends(call)
        if was_shown and call in self.calls:
            self.calls.remove(call)
            self.calls.append(call)

    def prefix(self, nr: int) -> str:
        """``[pid    81] ``, where there are others."""
        others = any(each.is_program and each.nr != nr for each in self.k.tasks.values())
        return f"[pid {nr:5d}] " if others else ""
