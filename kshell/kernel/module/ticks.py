"""Ticks: the places in a module's code where it can be ended.

A loop of a module's cannot be ended from outside, and an `except` of a module's might swallow what ends it.  So the
compiler puts a call of TICK at each turn of a loop, at the start of each function, and at the start of each `except`
and `finally` (see kshell.cc.ticks).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import InvalidOpcode, KernelBug, SoftLockup
from kshell.kernel.task.task import TaskExit

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

TICK = "__kshell_tick__"


# What C code could not catch either: it is on its way to the entry code, and a module's `except` does not stop it.
DEADLY = (SoftLockup, TaskExit, KernelFault, InvalidOpcode, KernelBug)


def make_tick(k: Kernel) -> Callable[[], None]:
    """What module code calls at each turn."""

    def tick() -> None:
        error = sys.exc_info()[1]
        if isinstance(error, DEADLY):
            raise error
        if k.cpu.ctrl_c.pressed:
            raise SoftLockup("kernel code looped until Ctrl-C")
        k.ticks_left -= 1
        if k.ticks_left < 0:
            raise SoftLockup(f"kernel code looped {k.tick_budget} times, more than a script may")

    return tick
