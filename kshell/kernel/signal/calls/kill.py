"""Sending signals: kill, tkill, tgkill, rt_sigqueueinfo.

C counterpart: kernel/signal.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Long, PidT, SiginfoIn, Signal
from kshell.abi.errno import EINVAL, EPERM, ESRCH
from kshell.abi.signal import SI_TKILL, SI_USER
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE3
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.signal.kill import info_of, kill_something_info, send_to
from kshell.kernel.signal.siginfo import copy_siginfo_from_user


@SYSCALL_DEFINE2
def kill(k: Kernel, pid: PidT, sig: Signal) -> Long:
    """Send a signal to a process: pid, or 0 for the caller's group, -1 for every other process, -pid for a group.

    sig 0 sends nothing, and only asks whether a signal could be sent. Each process here is a group of its own.

    ESRCH   there is no such process
    EINVAL  sig is no signal
    """
    return kill_something_info(k, pid, info_of(k, sig, SI_USER, "by kill()"))


@SYSCALL_DEFINE2
def tkill(k: Kernel, pid: PidT, sig: Signal) -> Long:
    """Send a signal to a thread.

    EINVAL  pid is not positive, or sig is no signal
    ESRCH   there is no such thread
    """
    return -EINVAL if pid <= 0 else send_to(k, k.tasks.get(pid), info_of(k, sig, SI_TKILL, "by tkill()"))


@SYSCALL_DEFINE3
def tgkill(k: Kernel, tgid: PidT, pid: PidT, sig: Signal) -> Long:
    """Send a signal to the thread pid of the process tgid; here both are the same number.

    EINVAL  tgid or pid is not positive, or sig is no signal
    ESRCH   there is no such thread in that process
    """
    if pid <= 0 or tgid <= 0:
        return -EINVAL
    return send_to(k, k.tasks.get(pid) if pid == tgid else None, info_of(k, sig, SI_TKILL, "by tgkill()"))


@SYSCALL_DEFINE3
def rt_sigqueueinfo(k: Kernel, pid: PidT, sig: Signal, uinfo: SiginfoIn) -> Long:
    """Send a signal with a siginfo of one's own, as sigqueue(3) does.

    EFAULT  uinfo cannot be read
    E2BIG   [since 4.20] behind byte 48 is something, and its si_code is none that the kernel knows
    EPERM   its si_code is one of the kernel's or of kill, and pid is not the caller
    ESRCH   there is no such process
    EINVAL  sig is no signal
    EAGAIN  a real-time signal, of which too many wait already
    """
    info = copy_siginfo_from_user(k, sig, uinfo)
    return info if isinstance(info, int) else queue_siginfo(k, pid, info)


def queue_siginfo(k: Kernel, pid: int, info: Siginfo) -> int:
    """C: do_rt_sigqueueinfo()."""
    if (info.code >= 0 or info.code == SI_TKILL) and pid != k.current.pid:
        return -EPERM
    info.to_process = True
    info.why = info_of(k, info.signo, SI_USER, "by rt_sigqueueinfo()").why
    return send_to(k, k.tasks.get(pid), info) if pid > 0 else -ESRCH
