"""Waiting for children: wait4, waitid.

C counterpart: kernel/exit.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from kshell.abi.c_types import IdType, Long, PidT, RusagePtr, SiginfoOut, WaitOptions, WaitStatus
from kshell.abi.errno import EFAULT, EINVAL, ESRCH
from kshell.abi.wait import (
    OPTIONS_OF_WAIT4,
    OPTIONS_OF_WAITID,
    P_ALL,
    P_PGID,
    P_PID,
    WCONTINUED,
    WEXITED,
    WNOWAIT,
    WSTOPPED,
)
from kshell.kernel.core.declare import SYSCALL_DEFINE4, SYSCALL_DEFINE5
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user
from kshell.kernel.process.exit import child_info
from kshell.kernel.process.wait import by_pid, do_wait, rusage_of
from kshell.kernel.sched.wait import resumed
from kshell.kernel.signal import siginfo
from kshell.kernel.signal.kill import INT_MIN
from kshell.kernel.task.task import release_task

WORDS = 12  # bytes of si_signo, si_errno and si_code, and of si_pid, si_uid and si_status
SENDER_AT = 16  # where the latter begin


@SYSCALL_DEFINE4
def wait4(k: Kernel, upid: PidT, stat_addr: WaitStatus, options: WaitOptions, ru: RusagePtr) -> Long:
    """Wait until a child has ended; return its number, and store its status and what it has used.

    upid is a child's number, -1 for any child, 0 for one of the caller's process group, -N for one of the group N.
    With WNOHANG the result is 0 where none has ended yet.  Either pointer may be NULL.

    EINVAL  options has unknown bits
    ESRCH   upid is -2147483648, the negative of which is no number
    ECHILD  there is no such child
    EFAULT  stat_addr or ru is not writable user memory; the child is gone nonetheless
    EINTR   a signal came, or nobody could end the wait
    """
    return kernel_wait4(k, upid, stat_addr, options, ru)


@SYSCALL_DEFINE5
def waitid(k: Kernel, which: IdType, upid: PidT, infop: SiginfoOut, options: WaitOptions, ru: RusagePtr) -> Long:
    """Wait until a child has ended, and store how, as SIGCHLD would tell it; the result is 0.

    which says what upid is: P_ALL nothing, P_PID a child's number, P_PGID that of a process group, 0 for the caller's
    own.  options must ask for WEXITED, or for what never comes here: WSTOPPED, WCONTINUED.  WNOWAIT leaves the child as
    it is; with WNOHANG the result is 0 and all is 0 where none has ended yet.

    EINVAL  options has unknown bits, or asks for nothing; which is none of these, or upid does not fit it
    ECHILD  there is no such child
    EFAULT  infop or ru is not writable user memory
    EINTR   a signal came, or nobody could end the wait
    """
    return kernel_waitid(k, which, upid, infop, options, ru)


def kernel_wait4(
    k: Kernel, upid: int, stat_addr: int, options: int, ru: int, as_rusage: Callable[[bytes], bytes] = bytes
) -> int:
    """What wait4 does; `as_rusage` makes of a struct rusage what the caller has of it."""
    last = resumed(k)
    if options & ~OPTIONS_OF_WAIT4:
        return -EINVAL
    if upid == INT_MIN:
        return -ESRCH
    child = do_wait(k, by_pid(k, upid), options, last)
    if isinstance(child, int):
        return child
    status, used = child.struct.exit_code, rusage_of(child)
    release_task(k, child)
    if stat_addr and copy_to_user(k, stat_addr, struct.pack("<I", status & 0xFFFF_FFFF)):
        return -EFAULT
    return -EFAULT if ru and copy_to_user(k, ru, as_rusage(used)) else child.nr


def kernel_waitid(
    k: Kernel,
    which: int,
    upid: int,
    infop: int,
    options: int,
    ru: int,
    as_siginfo: Callable[[Siginfo], bytes] = siginfo.pack,
    sender_at: int = SENDER_AT,
    as_rusage: Callable[[bytes], bytes] = bytes,
) -> int:
    """What waitid does; the last three are of the structures that the caller has.  Of its siginfo only what tells of a
    child is written: three numbers, and three from `sender_at` on."""
    last = resumed(k)
    if options & ~OPTIONS_OF_WAITID or not options & (WEXITED | WSTOPPED | WCONTINUED):
        return -EINVAL
    if (which == P_PID and upid <= 0) or (which == P_PGID and upid < 0) or which not in (P_ALL, P_PID, P_PGID):
        return -EINVAL
    pid = {P_ALL: -1, P_PID: upid, P_PGID: -upid}[which]
    child = do_wait(k, by_pid(k, pid), options, last)
    image = bytes(sender_at + WORDS)
    if not isinstance(child, int):
        image, used = as_siginfo(child_info(child)), rusage_of(child)
        if not options & WNOWAIT:
            release_task(k, child)
        if ru and copy_to_user(k, ru, as_rusage(used)):
            return -EFAULT
    elif child < 0:
        return child
    parts = [(infop, image[:WORDS]), (infop + sender_at, image[sender_at : sender_at + WORDS])] if infop else []
    return -EFAULT if any(copy_to_user(k, address, data) for address, data in parts) else 0
