"""The breakpoints of a kernel, and the call that stands still at one of them.

The CPU is stopped then, and the path through the kernel suspended, as one that sleeps; the clock does not notice.

C counterpart: kernel/debug/debug_core.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from kshell.abi.ptregs import IP
from kshell.kernel.debug.frames import CodeFrame, frames_of
from kshell.kernel.debug.locations import Location, addresses_of
from kshell.kernel.debug.steps import LOOK_ELSEWHERE, OVER, STOP, Step
from kshell.kernel.kernel import Kernel
from kshell.machine.stop import PROBED


class Breakpoint:
    """`hits` counts how often a call has stopped there; `addresses` is where it is now."""

    def __init__(self, number: int, location: Location) -> None:
        self.number, self.location, self.hits = number, location, 0
        self.addresses: list[int] = []


class Stopped(NamedTuple):
    """A call that stands still: `why` in the words of gdb's machine interface, the breakpoints that it is at, what a
    function has returned, whether a system call began it, and the frames, innermost first."""

    why: str
    breakpoints: list[Breakpoint]
    result: dict[str, Any] | None
    in_call: bool
    frames: list[CodeFrame]


class Debugger:
    """`talk(stopped)` is called when a call stops; when it returns, the call goes on, up to `step` if that was set.

    `detached`: it is not to stop any more.  `asks_at_ctrl_c`: Ctrl-C stops it as a breakpoint does.
    """

    def __init__(self, talk: Callable[[Stopped], None], asks_at_ctrl_c: bool) -> None:
        self._talk, self._asks_at_ctrl_c = talk, asks_at_ctrl_c
        self.breakpoints: list[Breakpoint] = []
        self.last_number = 0
        self.step: Step | None = None
        self.stopped: Stopped | None = None
        self.detached = self._met = False  # whether the present call has stopped already

    def attach(self, k: Kernel) -> None:
        """Watch a kernel: the one that has just booted."""
        self.k = k
        self.forget_call()
        k.cpu.probes.watchers.append(self)
        k.on_break = self._break

    def leave(self) -> None:
        """Let go of the kernel, which is to be gone before the next one boots."""
        self.step = None
        del self.k

    def forget_call(self) -> None:
        """The call is over: the next one stops again, at breakpoints alone."""
        self.step, self.detached, self._met = None, False, False
        self.k.cpu.probes.stale, self.k.cpu.probes.passing = True, None

    def add(self, location: Location) -> Breakpoint:
        """A new breakpoint."""
        self.last_number += 1
        found = Breakpoint(self.last_number, location)
        self.breakpoints.append(found)
        self.update()
        return found

    def update(self) -> None:
        """Find the addresses anew: modules come and go."""
        for each in self.breakpoints:
            each.addresses = addresses_of(self.k, each.location)
        self.k.cpu.probes.stale = True

    # What the machine asks.

    def wanted(self) -> Iterable[int]:
        """Where there are breakpoints, and where the step that is under way wants to look."""
        if self.detached:
            return ()
        found = set(self.step.wanted()) if self.step is not None else set()
        for each in self.breakpoints:
            each.addresses = addresses_of(self.k, each.location)
            found.update(each.addresses)
        return found

    def reached(self, address: int) -> None:
        """The CPU is there: stop, or go on."""
        step, cpu = self.step, self.k.cpu
        if any(address in each.addresses for each in self.breakpoints):
            cpu.stop_here()
        elif step is not None and step.task is self.k.current:
            answer = step.reached(address, cpu.probes.regs)
            if answer == STOP:
                cpu.stop_here()
            elif answer in (OVER, LOOK_ELSEWHERE):
                self.step = step if answer == LOOK_ELSEWHERE else None
                cpu.probes.ask_again()

    def _break(self, kind: str, in_call: bool) -> bool:
        """Ring 0 stands still, by `reached` or by Ctrl-C; False: that is none of our business."""
        watched = self.breakpoints or self._met
        if kind != PROBED and (self.detached or not watched or not self._asks_at_ctrl_c):
            return False
        self._met = True
        regs = self.k.cpu.ring0.regs.tolist()
        hit = [each for each in self.breakpoints if kind == PROBED and regs[IP] in each.addresses]
        for each in hit:
            each.hits += 1
        step, self.step = self.step, None
        why = "breakpoint-hit" if hit else step.why if step is not None and kind == PROBED else "signal-received"
        result = step.result(self.k.cpu.ring0.regs) if step is not None and not hit else None
        self.stopped = Stopped(why, hit, result, in_call, frames_of(self.k, regs, in_call))
        try:
            with self.k.cpu.ctrl_c.paused():
                self._talk(self.stopped)
        finally:
            self.stopped = None
        self.k.cpu.probes.stale = True
        self.k.cpu.probes.passing = regs[IP] if kind == PROBED else None
        return True
