"""What time it is, for machine code, and short delays.

C counterpart: kernel/time/timekeeping.c, arch/x86/lib/delay.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import Int, Long, Ptr, ULong
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel

SECOND = 10**9


def ktime_get(k: Kernel) -> Long:
    """Nanoseconds since boot."""
    return k.clock.ns


def ktime_get_with_offset(k: Kernel, offs: Int) -> Long:
    """The same on another clock: TK_OFFS_REAL is that of the wall; the others begin with the boot."""
    return k.clock.ns if offs else k.clock.realtime_ns()


def ktime_get_seconds(k: Kernel) -> Long:
    """Seconds since boot."""
    return k.clock.ns // SECOND


def ktime_get_real_seconds(k: Kernel) -> Long:
    """Seconds since 1970."""
    return k.clock.realtime_ns() // SECOND


def ktime_get_ts64(k: Kernel, ts: Ptr) -> None:
    """The time since boot goes to a struct timespec64."""
    k.memory.write(ts, struct.pack("<qq", *divmod(k.clock.ns, SECOND)))


def ktime_get_real_ts64(k: Kernel, ts: Ptr) -> None:
    """The time since 1970 goes to a struct timespec64."""
    k.memory.write(ts, struct.pack("<qq", *divmod(k.clock.realtime_ns(), SECOND)))


def __ndelay(k: Kernel, nsecs: ULong) -> None:
    """Let so many nanoseconds pass, with nobody else running."""
    k.clock.advance(nsecs)


def __udelay(k: Kernel, usecs: ULong) -> None:
    """The same of microseconds."""
    k.clock.advance(usecs * 1000)


EXPORT_SYMBOL(ktime_get)
EXPORT_SYMBOL(ktime_get_with_offset)
EXPORT_SYMBOL(ktime_get_seconds)
EXPORT_SYMBOL(ktime_get_real_seconds)
EXPORT_SYMBOL(ktime_get_ts64)
EXPORT_SYMBOL(ktime_get_real_ts64)
EXPORT_SYMBOL(__ndelay)
EXPORT_SYMBOL(__udelay)
