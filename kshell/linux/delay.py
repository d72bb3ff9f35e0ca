"""Waiting (C: <linux/delay.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import UInt, ULong


def msleep(k: Kernel, msecs: UInt) -> None:
    """Sleep for `msecs` milliseconds; meanwhile another task may run, and unload the caller.

    >>> msleep(k, 20)
    """


def __udelay(k: Kernel, usecs: ULong) -> None:
    """Wait for `usecs` microseconds, with nobody else running.

    >>> __udelay(k, 10)
    """


def __ndelay(k: Kernel, nsecs: ULong) -> None:
    """Wait for `nsecs` nanoseconds, with nobody else running.

    >>> __ndelay(k, 100)
    """


def udelay(k: Kernel, usecs: ULong) -> None:
    """Wait for `usecs` microseconds without sleeping: the CPU does nothing else.

    >>> udelay(k, 10)
    """
    __udelay(k, usecs)


def ndelay(k: Kernel, nsecs: ULong) -> None:
    """Wait for `nsecs` nanoseconds without sleeping: the CPU does nothing else.

    >>> ndelay(k, 100)
    """
    __ndelay(k, nsecs)


def mdelay(k: Kernel, msecs: ULong) -> None:
    """Wait for `msecs` milliseconds without sleeping; msleep lets others run meanwhile.

    >>> mdelay(k, 1)
    """
    __udelay(k, msecs * 1000)


def ssleep(k: Kernel, seconds: UInt) -> None:
    """Sleep for so many seconds; meanwhile another task may run, and unload the caller.

    >>> ssleep(k, 1)
    """
    msleep(k, seconds * 1000)
