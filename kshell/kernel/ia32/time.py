"""Time in 32 bits, which ends in 2038: time, gettimeofday, clock_gettime, clock_getres, nanosleep.

C counterpart: kernel/time/time.c, kernel/time/posix-timers.c, kernel/time/hrtimer.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import ClockId, Long, TimezoneOut
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.structs import pack_timespec32
from kshell.kernel.ia32.compat import OldTimePtr, OldTimespecIn, OldTimespecOut, OldTimevalPtr, compat_call
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.time.calls.time import SECOND, clock_ns, clock_resolution, sleep_for

U32 = 0xFFFF_FFFF
PAIR = struct.Struct("<ii")


@compat_call("compat_sys_time", "sys_time32")
def time32(k: Kernel, tloc: OldTimePtr) -> Long:
    """Return the seconds since 1970, and store them at tloc, in 4 bytes, unless it is NULL.

    EFAULT  tloc is not writable user memory
    """
    seconds = (k.clock.realtime_ns() // SECOND & U32 ^ 1 << 31) - (1 << 31)
    if tloc and copy_to_user(k, tloc, (seconds & U32).to_bytes(4, "little")):
        return -EFAULT
    return seconds


@compat_call("compat_sys_gettimeofday")
def gettimeofday(k: Kernel, tv: OldTimevalPtr, tz: TimezoneOut) -> Long:
    """Store the time of day, seconds and microseconds of 4 bytes each, at tv; and a time zone, always UTC, at tz.

    Either may be NULL.

    EFAULT  tv or tz is not writable user memory
    """
    now = k.clock.realtime_ns()
    if tv and copy_to_user(k, tv, pack_timespec32(now // SECOND, now % SECOND // 1000)):
        return -EFAULT
    if tz and copy_to_user(k, tz, bytes(8)):
        return -EFAULT
    return 0


@compat_call("compat_sys_clock_gettime", "sys_clock_gettime32")
def clock_gettime32(k: Kernel, which_clock: ClockId, tp: OldTimespecOut) -> Long:
    """Store the time of one clock, seconds and nanoseconds of 4 bytes each, at tp.

    EINVAL  there is no such clock, or no such task; a thread's clock is for its own process only
    EFAULT  tp is not writable user memory
    """
    now = clock_ns(k, which_clock)
    if now is None:
        return -EINVAL
    return -EFAULT if copy_to_user(k, tp, pack_timespec32(now // SECOND, now % SECOND)) else 0


@compat_call("compat_sys_clock_getres", "sys_clock_getres_time32")
def clock_getres_time32(k: Kernel, which_clock: ClockId, tp: OldTimespecOut) -> Long:
    """Store the resolution of one clock at tp, seconds and nanoseconds of 4 bytes each, unless that is NULL.

    EINVAL  there is no such clock, or no such task
    EFAULT  tp is not writable user memory
    """
    resolution = clock_resolution(k, which_clock)
    if resolution is None:
        return -EINVAL
    return -EFAULT if tp and copy_to_user(k, tp, pack_timespec32(0, resolution)) else 0


@compat_call("compat_sys_nanosleep", "sys_nanosleep_time32")
def nanosleep_time32(k: Kernel, rqtp: OldTimespecIn, rmtp: OldTimespecOut) -> Long:
    """Sleep for the time at rqtp, seconds and nanoseconds of 4 bytes each.

    rmtp, unless it is NULL, receives what is left if a signal (of a timer) has interrupted the sleep.

    EFAULT  rqtp is not readable user memory, or rmtp not writable when a signal came
    EINTR   a handler has run
    EINVAL  the nanoseconds are not in 0 to 999999999, or the seconds are negative
    """
    data = copy_from_user(k, rqtp, PAIR.size)
    if len(data) < PAIR.size:
        return -EFAULT
    seconds, nanoseconds = PAIR.unpack(data)
    return sleep_for(k, seconds, nanoseconds, rmtp)
