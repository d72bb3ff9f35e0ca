"""Sleeping: the clock goes on, and somebody else may run.

C counterpart: kernel/time/sleep_timeout.c (msleep).
"""

from __future__ import annotations

from kshell.abi.c_types import UInt
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel


def msleep(k: Kernel, msecs: UInt) -> None:
    """Sleep for `msecs` milliseconds of the simulated clock; another task may run, and unload the caller.

    That comes first: for it the CPU must leave this path, and this body is called anew.
    """
    task = k.current
    if k.on_event is not None and not task.sleeps:
        k.tell("sleep", "msleep", ms=msecs)
    task.sleeps = True
    k.schedule()
    task.sleeps = False
    k.clock.advance(msecs * 1_000_000)
    if msecs >= 1000:
        k.note(f"msleep({msecs}): the machine's clock went on by that time; yours did not have to wait")


EXPORT_SYMBOL(msleep)
