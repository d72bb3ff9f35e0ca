"""Sleeping: the clock goes on, and somebody else may run.

C counterpart: kernel/time/sleep_timeout.c (msleep).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.c_types import UInt
from kshell.kernel.core.sections import EXPORT_SYMBOL

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


def msleep(k: Kernel, msecs: UInt) -> None:
    """Sleep for `msecs` milliseconds of the simulated clock; meanwhile another task may run, and unload the caller."""
    if k.on_event is not None:
        k.tell("sleep", "msleep", ms=msecs)
    k.clock.advance(msecs * 1_000_000)
    k.schedule()


EXPORT_SYMBOL(msleep)
