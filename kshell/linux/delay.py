"""Waiting (C: <linux/delay.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import UInt


def msleep(k: Kernel, msecs: UInt) -> None:
    """Sleep for `msecs` milliseconds; meanwhile another task may run, and unload the caller.

    >>> msleep(k, 20)
    """
