"""Waiting (C: <linux/delay.h>)."""

from __future__ import annotations

from kshell.include.linux.kernel import Kernel
from kshell.include.linux.types import UInt


def msleep(k: Kernel, msecs: UInt) -> None:
    """Sleep for `msecs` milliseconds; meanwhile another task may run, and unload the caller."""
    ...
