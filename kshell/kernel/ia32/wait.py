"""Waiting for children, with what they have used and how they ended in the structures of 32-bit programs.

C counterpart: kernel/exit.c (COMPAT_SYSCALL_DEFINE4(wait4), waitid), and waitpid, which only the i386 table has.
"""

from __future__ import annotations

from kshell.abi.c_types import IdType, Long, PidT, WaitOptions, WaitStatus
from kshell.kernel.ia32.compat import CompatRusagePtr, CompatSiginfoOut, compat_call
from kshell.kernel.ia32.uname import compat_rusage
from kshell.kernel.kernel import Kernel
from kshell.kernel.process.calls.wait import kernel_wait4, kernel_waitid
from kshell.kernel.signal.siginfo import pack_compat

SENDER_AT = 12  # where si_pid stands in struct compat_siginfo


@compat_call("compat_sys_wait4")
def wait4(k: Kernel, upid: PidT, stat_addr: WaitStatus, options: WaitOptions, ru: CompatRusagePtr) -> Long:
    """Wait until a child has ended; return its number, and store its status and what it has used.

    upid is a child's number, -1 for any child, 0 for one of the caller's process group, -N for one of the group N.
    With WNOHANG the result is 0 where none has ended yet.  Either pointer may be NULL.

    EINVAL  options has unknown bits
    ESRCH   upid is -2147483648, the negative of which is no number
    ECHILD  there is no such child
    EFAULT  stat_addr or ru is not writable user memory; the child is gone nonetheless
    EINTR   a signal came, or nobody could end the wait
    """
    return kernel_wait4(k, upid, stat_addr, options, ru, compat_rusage)


@compat_call("sys_waitpid")
def waitpid(k: Kernel, pid: PidT, stat_addr: WaitStatus, options: WaitOptions) -> Long:
    """Wait until a child has ended, as wait4 does; what it has used is not asked for.

    EINVAL  options has unknown bits
    ESRCH   pid is -2147483648, the negative of which is no number
    ECHILD  there is no such child
    EFAULT  stat_addr is not writable user memory; the child is gone nonetheless
    EINTR   a signal came, or nobody could end the wait
    """
    return kernel_wait4(k, pid, stat_addr, options, 0)


@compat_call("compat_sys_waitid")
def waitid(
    k: Kernel, which: IdType, pid: PidT, uinfo: CompatSiginfoOut, options: WaitOptions, uru: CompatRusagePtr
) -> Long:
    """Wait until a child has ended, and store how, in the structures of 32-bit programs; the result is 0.

    EINVAL  options has unknown bits, or asks for nothing; which is none of these, or pid does not fit it
    ECHILD  there is no such child
    EFAULT  uinfo or uru is not writable user memory
    EINTR   a signal came, or nobody could end the wait
    """
    return kernel_waitid(k, which, pid, uinfo, options, uru, pack_compat, SENDER_AT, compat_rusage)
