"""Sleeping until a signal comes, or until a time.  Nothing else happens meanwhile, so the clock goes there at once.

C counterpart: schedule_timeout() in a call that a signal interrupts.
"""

from __future__ import annotations

from kshell.abi.sigaction import ITIMER_REAL, SIG_DFL, TERMINATE, default_action, is_ignored, sigmask
from kshell.kernel.core.signal import Signals, interrupt
from kshell.kernel.kernel import Kernel
from kshell.kernel.signal.timer import CPU_TIMERS, run_timers

SIGNAL, TIME, NOBODY = "signal", "time", "nobody"


def wait_for_signal(k: Kernel, until: int | None = None) -> str:
    """What ended the wait of the current task: SIGNAL, TIME (the clock is at `until`), or NOBODY, who could."""
    signals = k.current.signals
    while not signals.pending:
        expires = signals.timers[ITIMER_REAL][0] if ITIMER_REAL in signals.timers else None
        if expires is None and until is None:
            return SIGNAL if _wait_for_ctrl_c(k) else NOBODY
        if expires is None or (until is not None and until <= expires):
            _sleep_until(k, until or 0)
            return TIME
        _sleep_until(k, expires)
        run_timers(k, k.current)
    return SIGNAL


def wait_for_one_of(k: Kernel, these: int, until: int | None) -> str:
    """The same with `these` signals unblocked meanwhile.  What was not blocked before, and is ignored, ends no wait
    (C: sig_ignored, which looks at real_blocked too)."""
    signals = k.current.signals
    before, signals.blocked = signals.blocked, signals.blocked & ~these
    signals.recalculate()
    while (ended := wait_for_signal(k, until)) == SIGNAL and (ignored := _ignored(signals, before)):
        signals.discard(ignored)
        signals.recalculate()
    signals.blocked = before
    return ended


def _ignored(signals: Signals, blocked: int) -> int:
    waiting = (info.signo for info in signals.queued if is_ignored(info.signo, signals.action(info.signo).handler))
    return sigmask(*waiting) & ~blocked


def fatal_signals(signals: Signals) -> int:
    """The set of those that are not blocked and end a program at once: nobody waits for them (C: complete_signal)."""
    waiting = (info.signo for info in signals.queued if signals.action(info.signo).handler == SIG_DFL)
    return sigmask(*(signo for signo in waiting if default_action(signo) == TERMINATE)) & ~signals.blocked


def timer_ends_wait(k: Kernel) -> bool:
    """Whether a signal ends a wait of the current task's that nothing else could end: one that is there already, or a
    timer's, to which the clock then goes."""
    signals = k.current.signals
    return (signals.pending or ITIMER_REAL in signals.timers) and wait_for_signal(k) == SIGNAL


def _sleep_until(k: Kernel, moment: int) -> None:
    slept = max(0, moment - k.clock.ns)
    k.clock.advance(slept)
    timers = k.current.signals.timers
    for which in CPU_TIMERS:
        expires, interval = timers.get(which, (0, 0))
        if expires:
            timers[which] = (expires + slept, interval)


def _wait_for_ctrl_c(k: Kernel) -> bool:
    """There is only the person at the terminal who could end it, if there is one."""
    if k.tty.wait():
        interrupt(k)
        return True
    k.note("On Linux this call waits until a signal comes. None can here, so kshell interrupts it.")
    return False
