"""The listener that writes strace's line for each call."""

from __future__ import annotations

from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import MOST_CALLS, Call, Tracer
from kshell.strace import decode
from kshell.strace.signals import delivered, stopped


class Strace(Tracer):
    """A tracer whose calls have their line as `text` when they have ended."""

    def __init__(self, k: Kernel, wants_events: bool = False) -> None:
        super().__init__(wants_events)
        self.k = k
        self._passed: list[decode.ArgumentText] = []
        self.between: list[tuple[int, str]] = []  # lines of signals, each with how many calls came before

    def call_begins(self, call: Call) -> bool:
        """Read the arguments, before the body can change what they point to."""
        wanted = super().call_begins(call)
        if wanted:
            self._passed = decode.arguments(self.k, call)
        return wanted

    def signal_delivered(self, info: Siginfo) -> None:
        """A line between the calls."""
        self.line_between(delivered(info))

    def task_stopped(self, info: Siginfo) -> None:
        """Another one."""
        self.line_between(stopped(info.signo))

    def line_between(self, text: str) -> None:
        """Keep it; so many as calls are kept."""
        if len(self.between) < MOST_CALLS:
            self.between.append((len(self.calls), text))

    def call_ends(self, call: Call) -> None:
        """Write the line."""
        call.text = decode.line(self.k, call, self._passed) + ("  [int 0x80]" if call.is_32 else "")
