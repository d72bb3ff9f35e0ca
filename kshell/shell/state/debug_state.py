"""What a session's debugger remembers: its breakpoints are the kernel's Debugger's."""

from __future__ import annotations

from kshell.kernel.debug.debugger import Debugger, Stopped
from kshell.shell.views.view import Line


class DebugState:
    """`selected` is the frame that `print` and `info` look at, by its level; `values` counts what `print` has shown;
    `shown` is the function and frame that was named last; `pending` is the command that lets the call go on, with lines
    to show before what it comes to."""

    def __init__(self, debugger: Debugger) -> None:
        self.debugger = debugger
        self.values = 0
        self.forget_call()

    @property
    def stopped(self) -> Stopped | None:
        """The call that stands still now."""
        return self.debugger.stopped

    def forget_call(self) -> None:
        """The call is over."""
        self.selected = 0
        self.shown: tuple[str, int] | None = None
        self.pending: tuple[str, list[Line]] | None = None
        self.debugger.forget_call()
