"""Waiting for a signal: pause, rt_sigsuspend, rt_sigtimedwait; and going on with a sleep that one has interrupted.

C counterpart: kernel/signal.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Long, SiginfoOut, SigsetIn, SizeT, TimespecIn
from kshell.abi.errno import EAGAIN, EFAULT, EINTR, EINVAL, ERESTARTNOHAND
from kshell.abi.sigaction import SIGSET_SIZE
from kshell.abi.structs import TIMESPEC_SIZE, unpack_timespec
from kshell.kernel.core.declare import SYSCALL_DEFINE0, SYSCALL_DEFINE2, SYSCALL_DEFINE4
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.signal import siginfo
from kshell.kernel.signal.deliver import dequeue
from kshell.kernel.signal.sigset import get_sigset
from kshell.kernel.signal.sleep import sleep_until
from kshell.kernel.signal.wait import NOBODY, SIGNAL, fatal_signals, wait_for_one_of, wait_for_signal

SECOND = 10**9


@SYSCALL_DEFINE0
def pause(k: Kernel) -> Long:
    """Wait until a signal comes that has a handler, or ends the task.

    A timer that is armed runs out at once: the machine's clock goes there. Without one, it is Ctrl-C that ends the
    wait at the prompt; in a script nobody could, and kshell interrupts the call.

    EINTR  a handler has run
    """
    return -EINTR if wait_for_signal(k) == NOBODY else -ERESTARTNOHAND


@SYSCALL_DEFINE2
def rt_sigsuspend(k: Kernel, unewset: SigsetIn, sigsetsize: SizeT) -> Long:
    """Wait as pause does, with another mask of blocked signals meanwhile.

    EINVAL  sigsetsize is not 8
    EFAULT  unewset cannot be read
    EINTR   a handler has run
    """
    if sigsetsize != SIGSET_SIZE:
        return -EINVAL
    mask = get_sigset(k, unewset)
    return -EFAULT if mask is None else do_sigsuspend(k, mask)


def do_sigsuspend(k: Kernel, mask: int) -> int:
    """Wait with this mask (C: sigsuspend)."""
    signals = k.current.signals
    before, signals.blocked = signals.blocked, mask
    signals.recalculate()
    if wait_for_signal(k) == NOBODY:
        signals.blocked = before
        return -EINTR
    signals.saved_mask = before
    return -ERESTARTNOHAND


@SYSCALL_DEFINE4
def rt_sigtimedwait(k: Kernel, uthese: SigsetIn, uinfo: SiginfoOut, uts: TimespecIn, sigsetsize: SizeT) -> Long:
    """Take a signal of a set, which should be blocked, without a handler; wait for one as long as uts says, or for ever
    if that is NULL. The result is its number; uinfo, if not NULL, receives its siginfo.

    EINVAL  sigsetsize is not 8, or uts is no time
    EFAULT  uthese or uts cannot be read, or uinfo cannot be written
    EAGAIN  the time is over
    EINTR   another signal came
    """
    if sigsetsize != SIGSET_SIZE:
        return -EINVAL
    these, data = get_sigset(k, uthese), copy_from_user(k, uts, TIMESPEC_SIZE) if uts else b""
    if these is None or (uts and len(data) < TIMESPEC_SIZE):
        return -EFAULT
    info = do_sigtimedwait(k, these, unpack_timespec(data) if uts else None)
    if isinstance(info, int):
        return info
    return -EFAULT if uinfo and copy_to_user(k, uinfo, siginfo.pack(info)) else info.signo


def do_sigtimedwait(k: Kernel, these: int, time: tuple[int, int] | None) -> Siginfo | int:
    """The signal that was taken, or a negative errno; `time` is in seconds and nanoseconds, None for ever."""
    signals, until = k.current.signals, None
    if time is not None:
        seconds, nanoseconds = time
        if seconds < 0 or not 0 <= nanoseconds < SECOND:
            return -EINVAL
        until = k.clock.ns + seconds * SECOND + nanoseconds
    info = dequeue(signals, ~these)
    if info is None:
        ended = wait_for_one_of(k, these, until)
        info = dequeue(signals, ~these | fatal_signals(signals))
        if info is None:
            return -EINTR if ended in (SIGNAL, NOBODY) else -EAGAIN
    signals.recalculate()
    return info


@SYSCALL_DEFINE0
def restart_syscall(k: Kernel) -> Long:
    """Go on with a sleep that a signal has interrupted and that no handler has seen; the kernel itself asks for this.

    EINTR  there is none
    """
    sleep = k.current.signals.sleep
    return -EINTR if sleep is None else sleep_until(k, *sleep[:2])
