"""A sleep that a signal interrupts, and that goes on after if no handler has seen it.

C counterpart: hrtimer_nanosleep() and hrtimer_nanosleep_restart() in kernel/time/hrtimer.c.
"""

from __future__ import annotations

from kshell.abi.errno import EFAULT, ERESTART_RESTARTBLOCK
from kshell.abi.structs import pack_timespec, pack_timespec32
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user
from kshell.kernel.signal.wait import SIGNAL, wait_for_signal

SECOND = 10**9
NR_RESTART, NR_RESTART_IA32 = 219, 0  # restart_syscall


def sleep_until(k: Kernel, until: int, rmtp: int) -> int:
    """Sleep to a moment of the clock.  What is left if a signal comes is stored at `rmtp`, unless that is NULL."""
    if wait_for_signal(k, until) != SIGNAL:
        return 0
    left, is_32 = max(0, until - k.clock.ns), k.current.in_compat_syscall
    pack, number = (pack_timespec32, NR_RESTART_IA32) if is_32 else (pack_timespec, NR_RESTART)
    if rmtp and copy_to_user(k, rmtp, pack(left // SECOND, left % SECOND)):
        return -EFAULT
    k.current.signals.sleep = (until, rmtp, number)
    return -ERESTART_RESTARTBLOCK
