"""Timers that send signals: alarm, setitimer, getitimer.

C counterpart: kernel/time/itimer.c.
"""

from __future__ import annotations

from kshell.abi.c_types import ItimerIn, ItimerOut, ItimerWhich, Long, UInt
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.sigaction import ITIMER_PROF, ITIMER_REAL, ITIMERVAL
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2, SYSCALL_DEFINE3
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.signal.timer import remaining, set_timer

SECOND, MICROSECOND = 10**9, 1000
USEC_PER_SEC = 1_000_000


@SYSCALL_DEFINE1
def alarm(k: Kernel, seconds: UInt) -> Long:
    """Have SIGALRM sent after so many seconds; 0 takes that back. The result is what was left of the last one.

    The machine's clock runs by instructions while a timer is armed, and a call that waits goes to that moment at once.
    It cannot fail.
    """
    left, _ = remaining(k, ITIMER_REAL)
    set_timer(k, ITIMER_REAL, seconds * SECOND, 0)
    return (left + SECOND // 2) // SECOND or int(left > 0)


def pack_itimerval(value: int, interval: int) -> bytes:
    """struct itimerval, of two times in ns."""
    return ITIMERVAL.pack(
        *(interval // SECOND, interval % SECOND // MICROSECOND), *(value // SECOND, value % SECOND // MICROSECOND)
    )


@SYSCALL_DEFINE2
def getitimer(k: Kernel, which: ItimerWhich, value: ItimerOut) -> Long:
    """Store how much time a timer still has, and its interval.

    EINVAL  there is no such timer
    EFAULT  value is not writable user memory
    """
    if not ITIMER_REAL <= which <= ITIMER_PROF:
        return -EINVAL
    return -EFAULT if copy_to_user(k, value, pack_itimerval(*remaining(k, which))) else 0


@SYSCALL_DEFINE3
def setitimer(k: Kernel, which: ItimerWhich, value: ItimerIn, ovalue: ItimerOut) -> Long:
    """Set a timer, and store what it was unless ovalue is NULL.

    value points to two times, seconds and microseconds each: the interval at which it comes again (0: it does not),
    and when it first runs out (0: never). ITIMER_REAL sends SIGALRM, ITIMER_VIRTUAL SIGVTALRM, ITIMER_PROF SIGPROF;
    the last two stand still while the program sleeps. A NULL value takes the timer back.

    EFAULT  value cannot be read, or ovalue is not writable user memory
    EINVAL  there is no such timer, or the microseconds are not in 0 to 999999, or the seconds are negative
    """
    times = (0, 0, 0, 0)
    if value:
        data = copy_from_user(k, value, ITIMERVAL.size)
        if len(data) < ITIMERVAL.size:
            return -EFAULT
        times = ITIMERVAL.unpack(data)
    old = do_setitimer(k, which, times)
    if isinstance(old, int):
        return old
    return -EFAULT if ovalue and copy_to_user(k, ovalue, pack_itimerval(*old)) else 0


def do_setitimer(k: Kernel, which: int, times: tuple[int, ...]) -> tuple[int, int] | int:
    """Set a timer to the four numbers of a struct itimerval: what it was, as `remaining`, or a negative errno."""
    if not ITIMER_REAL <= which <= ITIMER_PROF or min(times) < 0 or max(times[1::2]) >= USEC_PER_SEC:
        return -EINVAL
    old = remaining(k, which)
    interval, first = (seconds * SECOND + parts * MICROSECOND for seconds, parts in (times[:2], times[2:]))
    set_timer(k, which, first, interval)
    return old
