"""Timers in struct old_itimerval32: four numbers of 4 bytes.

C counterpart: kernel/time/itimer.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import ItimerWhich, Long
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.sigaction import ITIMER_PROF, ITIMER_REAL, ITIMERVAL, OLD_ITIMERVAL32
from kshell.kernel.ia32.compat import OldItimervalIn, OldItimervalOut, compat_call
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.signal.timer import remaining
from kshell.kernel.time.calls.itimer import do_setitimer, pack_itimerval


@compat_call("compat_sys_getitimer")
def getitimer(k: Kernel, which: ItimerWhich, it: OldItimervalOut) -> Long:
    """Store how much time a timer still has, and its interval.

    EINVAL  there is no such timer
    EFAULT  it is not writable user memory
    """
    if not ITIMER_REAL <= which <= ITIMER_PROF:
        return -EINVAL
    return _store(k, it, remaining(k, which))


@compat_call("compat_sys_setitimer")
def setitimer(k: Kernel, which: ItimerWhich, value: OldItimervalIn, ovalue: OldItimervalOut) -> Long:
    """Set a timer, as `man setitimer` says, and store what it was unless ovalue is NULL.

    EFAULT  value cannot be read, or ovalue is not writable user memory
    EINVAL  there is no such timer, or the microseconds are not in 0 to 999999, or the seconds are negative
    """
    data = copy_from_user(k, value, OLD_ITIMERVAL32.size) if value else bytes(OLD_ITIMERVAL32.size)
    if len(data) < OLD_ITIMERVAL32.size:
        return -EFAULT
    old = do_setitimer(k, which, OLD_ITIMERVAL32.unpack(data))
    if isinstance(old, int):
        return old
    return _store(k, ovalue, old) if ovalue else 0


def _store(k: Kernel, pointer: int, times: tuple[int, int]) -> int:
    numbers = [number & 0xFFFF_FFFF for number in ITIMERVAL.unpack(pack_itimerval(*times))]
    return -EFAULT if copy_to_user(k, pointer, struct.pack("<IIII", *numbers)) else 0
