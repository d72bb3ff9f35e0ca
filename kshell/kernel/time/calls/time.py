"""Time, all of it simulated: time, gettimeofday, clock_gettime, clock_getres, nanosleep.

C counterpart: kernel/time/time.c, kernel/time/posix-timers.c, kernel/time/hrtimer.c.
"""

from __future__ import annotations

from kshell.abi.c_types import ClockId, Long, TimeOut, TimespecIn, TimespecOut, TimevalOut, TimezoneOut
from kshell.abi.clock import (
    CLOCK_BOOTTIME,
    CLOCK_MONOTONIC,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_MONOTONIC_RAW,
    CLOCK_PROCESS_CPUTIME_ID,
    CLOCK_REALTIME,
    CLOCK_REALTIME_COARSE,
    CLOCK_TAI,
    CLOCK_THREAD_CPUTIME_ID,
    TICK_NSEC,
)
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.structs import TIMESPEC_SIZE, pack_timespec, pack_timeval, unpack_timespec
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.signal.sleep import sleep_until

SECOND = 10**9
WALL_CLOCKS = (CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI)
UPTIME_CLOCKS = (CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME)
CPU_CLOCKS = (CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID)
COARSE_CLOCKS = (CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE)
CPUCLOCK_CLOCK_MASK = CPUCLOCK_MAX = 3  # a negative id: which of three things its lower two bits say it counts
CPUCLOCK_PERTHREAD_MASK = 4
CPUCLOCK_SCHED = 2
LONGEST_SLEEP = (1 << 63) - 1


@SYSCALL_DEFINE1
def time(k: Kernel, tloc: TimeOut) -> Long:
    """Return the seconds since 1970, and store them at tloc unless it is NULL.

    EFAULT  tloc is not writable user memory
    """
    seconds = k.clock.realtime_ns() // SECOND
    if tloc and copy_to_user(k, tloc, seconds.to_bytes(8, "little")):
        return -EFAULT
    return seconds


@SYSCALL_DEFINE2
def gettimeofday(k: Kernel, tv: TimevalOut, tz: TimezoneOut) -> Long:
    """Store the time of day, seconds and microseconds, at tv; and a time zone, always UTC, at tz.

    Either may be NULL.

    EFAULT  tv or tz is not writable user memory
    """
    now = k.clock.realtime_ns()
    if tv and copy_to_user(k, tv, pack_timeval(now // SECOND, now % SECOND // 1000)):
        return -EFAULT
    if tz and copy_to_user(k, tz, bytes(8)):
        return -EFAULT
    return 0


def is_cpu_clock(k: Kernel, clock: int) -> bool:
    """Whether a negative id names a CPU clock that the caller may read.  C: posix_cpu_clock_get()."""
    if clock >= 0 or clock & CPUCLOCK_CLOCK_MASK == CPUCLOCK_MAX:  # the last is a descriptor's clock, or none
        return False
    pid = ~(clock >> 3)
    task = k.tasks.get(pid) if pid else k.current
    return task is not None and (task is k.current or not clock & CPUCLOCK_PERTHREAD_MASK)


def clock_ns(k: Kernel, clock: int) -> int | None:
    """The time of a clock, None if there is no such clock."""
    if clock in WALL_CLOCKS:
        return k.clock.realtime_ns()
    if clock in UPTIME_CLOCKS or clock in CPU_CLOCKS or is_cpu_clock(k, clock):
        return k.clock.ns
    return None


@SYSCALL_DEFINE2
def clock_gettime(k: Kernel, which_clock: ClockId, tp: TimespecOut) -> Long:
    """Store the time of one clock, seconds and nanoseconds, at tp.

    A negative which_clock is a task's CPU clock: ~pid << 3, plus 0, 1 or 2 for what it counts, plus 4 for one thread;
    pid 0 is the caller, so -6 is its own.

    EINVAL  there is no such clock, or no such task; a thread's clock is for its own process only
    EFAULT  tp is not writable user memory
    """
    now = clock_ns(k, which_clock)
    if now is None:
        return -EINVAL
    return -EFAULT if copy_to_user(k, tp, pack_timespec(now // SECOND, now % SECOND)) else 0


@SYSCALL_DEFINE2
def clock_getres(k: Kernel, which_clock: ClockId, tp: TimespecOut) -> Long:
    """Store the resolution of one clock at tp, unless that is NULL: a nanosecond, or a tick (1/250 s) of a coarse one.

    EINVAL  there is no such clock, or no such task
    EFAULT  tp is not writable user memory
    """
    resolution = clock_resolution(k, which_clock)
    if resolution is None:
        return -EINVAL
    return -EFAULT if tp and copy_to_user(k, tp, pack_timespec(0, resolution)) else 0


def clock_resolution(k: Kernel, clock: int) -> int | None:
    """The resolution of a clock in ns, None if there is no such clock."""
    if is_cpu_clock(k, clock):
        return 1 if clock & CPUCLOCK_CLOCK_MASK == CPUCLOCK_SCHED else TICK_NSEC
    if clock in WALL_CLOCKS + UPTIME_CLOCKS + CPU_CLOCKS:
        return TICK_NSEC if clock in COARSE_CLOCKS else 1
    return None


@SYSCALL_DEFINE2
def nanosleep(k: Kernel, rqtp: TimespecIn, rmtp: TimespecOut) -> Long:
    """Sleep for the time at rqtp.

    The machine's clock moves on by that time; yours does not, for nothing else would happen meanwhile.
    rmtp, unless it is NULL, receives what is left if a signal (of a timer) has interrupted the sleep.

    EFAULT  rqtp is not readable user memory, or rmtp not writable when a signal came
    EINTR   a handler has run
    EINVAL  the nanoseconds are not in 0 to 999999999, or the seconds are negative
    """
    data = copy_from_user(k, rqtp, TIMESPEC_SIZE)
    if len(data) < TIMESPEC_SIZE:
        return -EFAULT
    return sleep_for(k, *unpack_timespec(data), rmtp)


def sleep_for(k: Kernel, seconds: int, nanoseconds: int, rmtp: int = 0) -> int:
    """Sleep: 0, or -EINVAL where that is no time; if a signal comes, what is left is stored at `rmtp`."""
    if seconds < 0 or not 0 <= nanoseconds < SECOND:
        return -EINVAL
    duration = min(seconds * SECOND + nanoseconds, LONGEST_SLEEP - k.clock.realtime_ns())
    return sleep_until(k, k.clock.ns + duration, rmtp)
