"""What time it is (C: <linux/timekeeping.h>, <linux/ktime.h>).

A ktime_t is a number of nanoseconds.  The clock is the machine's simulated one: it moves on at calls, and not while a
module computes.
"""

from __future__ import annotations

from typing import TypeAlias

from kshell.linux.kernel import Kernel
from kshell.linux.types import S64, U64, AnyInt, Int, Long, Ptr, Struct

KtimeT: TypeAlias = S64
NSEC_PER_USEC = 1_000
NSEC_PER_MSEC = 1_000_000
NSEC_PER_SEC = 1_000_000_000
TK_OFFS_REAL = 0  # the clock of the wall, for ktime_get_with_offset


class timespec64(Struct):
    """Seconds and nanoseconds."""

    tv_sec: S64
    tv_nsec: Long


def ktime_get(k: Kernel) -> KtimeT:
    """The time since boot.

    >>> table = ULong(ktime_get(k))
    """


def ktime_get_with_offset(k: Kernel, clock: Int) -> KtimeT:
    """The time on another clock.

    >>> table = ULong(ktime_get_with_offset(k, TK_OFFS_REAL))
    """


def ktime_get_real(k: Kernel) -> KtimeT:
    """The time since 1970.

    >>> table = ULong(ktime_get_real(k))
    """
    return ktime_get_with_offset(k, TK_OFFS_REAL)


def ktime_get_ns(k: Kernel) -> U64:
    """Nanoseconds since boot.

    >>> table = ULong(ktime_get_ns(k))
    """
    return U64(ktime_get(k))


def ktime_get_real_ns(k: Kernel) -> U64:
    """Nanoseconds since 1970.

    >>> table = ULong(ktime_get_real_ns(k))
    """
    return U64(ktime_get_real(k))


def ktime_get_seconds(k: Kernel) -> S64:
    """Seconds since boot.

    >>> x = Int(ktime_get_seconds(k))
    """


def ktime_get_real_seconds(k: Kernel) -> S64:
    """Seconds since 1970.

    >>> table = ULong(ktime_get_real_seconds(k))
    """


def ktime_get_ts64(k: Kernel, time: Ptr[timespec64]) -> None:
    """The time since boot, as seconds and nanoseconds.

    >>> ktime_get_ts64(k, Ptr[timespec64](buf))
    """


def ktime_get_real_ts64(k: Kernel, time: Ptr[timespec64]) -> None:
    """The time since 1970, as seconds and nanoseconds.

    >>> ktime_get_real_ts64(k, Ptr[timespec64](buf))
    """


def ktime_set(secs: AnyInt, nsecs: AnyInt) -> AnyInt:
    """Seconds and nanoseconds as a ktime_t.

    >>> table = ULong(ktime_set(2, 500))
    """
    return S64(secs) * NSEC_PER_SEC + nsecs


def ktime_add(one: AnyInt, other: AnyInt) -> AnyInt:
    """A time and a span.

    >>> table = ULong(ktime_add(ktime_get(k), ktime_set(1, 0)))
    """
    return one + other


def ktime_sub(later: AnyInt, earlier: AnyInt) -> AnyInt:
    """The span between two times.

    >>> table = ULong(ktime_sub(ktime_get(k), 0))
    """
    return later - earlier


def ktime_to_ns(time: AnyInt) -> AnyInt:
    """A span in nanoseconds.

    >>> table = ULong(ktime_to_ns(ktime_get(k)))
    """
    return S64(time)


def ktime_to_us(time: AnyInt) -> AnyInt:
    """A span in microseconds.

    >>> table = ULong(ktime_to_us(ktime_get(k)))
    """
    return S64(time) // NSEC_PER_USEC


def ktime_to_ms(time: AnyInt) -> AnyInt:
    """A span in milliseconds.

    >>> table = ULong(ktime_to_ms(ktime_get(k)))
    """
    return S64(time) // NSEC_PER_MSEC


def ktime_us_delta(later: AnyInt, earlier: AnyInt) -> AnyInt:
    """The span between two times, in microseconds.

    >>> table = ULong(ktime_us_delta(ktime_get(k), 0))
    """
    return S64(later - earlier) // NSEC_PER_USEC


def ktime_ms_delta(later: AnyInt, earlier: AnyInt) -> AnyInt:
    """The span between two times, in milliseconds.

    >>> table = ULong(ktime_ms_delta(ktime_get(k), 0))
    """
    return S64(later - earlier) // NSEC_PER_MSEC
