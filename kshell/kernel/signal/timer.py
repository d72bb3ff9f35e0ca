"""Interval timers: setitimer and alarm.  While one is armed, computation takes time: a loop gets its SIGALRM.

C counterpart: kernel/time/itimer.c.
"""

from __future__ import annotations

from kshell.abi.sigaction import ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL
from kshell.abi.signal import SI_KERNEL, SIGALRM, SIGPROF, SIGVTALRM
from kshell.kernel.core.clock import INSTRUCTION_NS
from kshell.kernel.core.signal import Siginfo, send_signal
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.task import Task

SIGNAL_OF = {ITIMER_REAL: SIGALRM, ITIMER_VIRTUAL: SIGVTALRM, ITIMER_PROF: SIGPROF}
CPU_TIMERS = (ITIMER_VIRTUAL, ITIMER_PROF)  # they stand still while the task sleeps
TICK = 10_000  # instructions: the longest that nobody looks at the timers
WHY = "a timer that it had set has run out"


def set_timer(k: Kernel, which: int, value: int, interval: int) -> None:
    """Let a timer run out in `value` ns (0: never), and then again every `interval` ns (0: no more)."""
    timers = k.current.signals.timers
    timers.pop(which, None)
    if not value and interval and which in CPU_TIMERS:
        timers[which] = (0, interval)  # it is not armed, and remembers its interval
    elif value:
        timers[which] = (k.clock.ns + value, interval)
        k.current.signals.pending = True  # so that the run ends behind this call, and goes on counted


def remaining(k: Kernel, which: int) -> tuple[int, int]:
    """How many ns a timer still has, and its interval; (0, interval) is one that is not armed."""
    expires, interval = k.current.signals.timers.get(which, (0, 0))
    return (max(expires - k.clock.ns, 1000) if expires else 0, interval)


def run_timers(k: Kernel, task: Task) -> None:
    """Send the signals of a task's timers that have run out."""
    timers = task.signals.timers
    for which, (expires, interval) in list(timers.items()):
        if not expires or expires > k.clock.ns:
            continue
        del timers[which]
        if interval:
            missed = (k.clock.ns - expires) // interval
            timers[which] = (expires + (missed + 1) * interval, interval)
        send_signal(k, task.signals, Siginfo(SIGNAL_OF[which], SI_KERNEL, why=WHY, to_process=True))


def until_tick(k: Kernel, budget: int) -> int:
    """How many instructions of a `budget` (0: any number) may run until somebody has to look at the timers, or at
    whose turn it is."""
    armed = _expiries(k)
    if not armed:
        return budget
    first = min(armed) - k.clock.ns
    tick = max(1, min(TICK, -(-first // INSTRUCTION_NS)))
    return min(budget, tick) if budget else tick


def _expiries(k: Kernel) -> list[int]:
    """When timers run out, the current task's and, by the wall's clock, of others; far away while others could run."""
    found = [expires for expires, _ in k.current.signals.timers.values() if expires]
    for task in k.tasks.values() if len(k.tasks) > 2 else ():
        if task.is_program and task is not k.current:
            if ITIMER_REAL in task.signals.timers:
                found.append(task.signals.timers[ITIMER_REAL][0])
            if task.is_ready:
                found.append(k.clock.ns + TICK * INSTRUCTION_NS)
    return found


def tick(k: Kernel) -> None:
    """A run has gone to its tick: it took that long."""
    k.clock.advance(k.cpu.charged * INSTRUCTION_NS)
    for task in [k.current, *(each for each in k.tasks.values() if each.is_program and each is not k.current)]:
        run_timers(k, task)
