"""The listener that writes strace's line for each call."""

from __future__ import annotations

from kshell.kernel.core.trace import Call, Tracer
from kshell.kernel.kernel import Kernel
from kshell.strace import decode


class Strace(Tracer):
    """A tracer whose calls have their line as `text` when they have ended."""

    def __init__(self, k: Kernel, wants_events: bool = False) -> None:
        super().__init__(wants_events)
        self.k = k
        self._passed: list[decode.ArgumentText] = []

    def call_begins(self, call: Call) -> bool:
        """Read the arguments, before the body can change what they point to."""
        wanted = super().call_begins(call)
        if wanted:
            self._passed = decode.arguments(self.k, call)
        return wanted

    def call_ends(self, call: Call) -> None:
        """Write the line."""
        call.text = decode.line(self.k, call, self._passed)
