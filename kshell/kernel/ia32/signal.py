"""Signals in the structures of 32-bit programs; a set of signals is the same for both.

C counterpart: kernel/signal.c, arch/x86/kernel/signal_32.c.
"""

from __future__ import annotations

from struct import Struct

from kshell.abi.c_types import Long, PidT, Signal, SigsetIn, SizeT, TimespecIn
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.ptregs import SP
from kshell.abi.sigaction import COMPAT_SIGACTION, COMPAT_STACK_T, SIGINFO_SIZE, SIGSET_SIZE
from kshell.kernel.core.signal import SigAction
from kshell.kernel.ia32.compat import (
    CompatSigactionIn,
    CompatSigactionOut,
    CompatSiginfoIn,
    CompatSiginfoOut,
    CompatStackIn,
    CompatStackOut,
    OldTimespecIn,
    compat_call,
    same_as,
)
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.signal import siginfo
from kshell.kernel.signal.altstack import do_sigaltstack, stack_at
from kshell.kernel.signal.calls import signal, waiting
from kshell.kernel.signal.calls.kill import queue_siginfo
from kshell.kernel.signal.calls.signal import bad_frame, do_sigaction
from kshell.kernel.signal.calls.waiting import do_sigtimedwait
from kshell.kernel.signal.sigset import get_sigset

U32 = 0xFFFF_FFFF
PAIR, PAIR_64 = Struct("<ii"), Struct("<qq")
SIGRETURN, RT_SIGRETURN = 8, 4  # how far below the stack pointer each looks for its frame

rt_sigprocmask = same_as(signal.rt_sigprocmask, "compat_sys_rt_sigprocmask")
rt_sigpending = same_as(signal.rt_sigpending, "compat_sys_rt_sigpending")
rt_sigsuspend = same_as(waiting.rt_sigsuspend, "compat_sys_rt_sigsuspend")


@compat_call("compat_sys_rt_sigaction")
def rt_sigaction(k: Kernel, sig: Signal, act: CompatSigactionIn, oact: CompatSigactionOut, sigsetsize: SizeT) -> Long:
    """Say what is done at a signal, and learn what was done until now; either pointer may be NULL.

    act points to a handler, flags and a restorer of 32 bits each, and a set of 64. The handler would run as 32-bit
    code, which there is none of here: the signal then ends the program by SIGSEGV.

    EINVAL  sigsetsize is not 8, sig is no signal, or act is given for SIGKILL or SIGSTOP
    EFAULT  act cannot be read, or oact cannot be written
    """
    if sigsetsize != SIGSET_SIZE:
        return -EINVAL
    data = copy_from_user(k, act, COMPAT_SIGACTION.size) if act else b""
    if act and len(data) < COMPAT_SIGACTION.size:
        return -EFAULT
    old = do_sigaction(k, sig, SigAction(*COMPAT_SIGACTION.unpack(data)) if act else None)
    if isinstance(old, int):
        return old
    *words, mask = old
    return -EFAULT if oact and copy_to_user(k, oact, COMPAT_SIGACTION.pack(*_cut(words), mask)) else 0


def _cut(words: list[int]) -> list[int]:
    return [word & U32 for word in words]


@compat_call("compat_sys_sigaltstack")
def sigaltstack(k: Kernel, uss_ptr: CompatStackIn, uoss_ptr: CompatStackOut) -> Long:
    """Say which stack handlers with SA_ONSTACK run on, and learn which it was; either pointer may be NULL.

    uss_ptr points to three numbers of 32 bits: where it begins, flags (SS_DISABLE: none), and its size.

    EFAULT  uss_ptr cannot be read, or uoss_ptr cannot be written
    EPERM   the present stack is that one
    EINVAL  the flags are none that there are
    ENOMEM  it has fewer than 2048 bytes
    """
    signals, sp = k.current.signals, k.current.regs[SP]
    old = COMPAT_STACK_T.pack(*_cut([*stack_at(signals.stack, sp)]))
    if uss_ptr:
        data = copy_from_user(k, uss_ptr, COMPAT_STACK_T.size)
        if len(data) < COMPAT_STACK_T.size:
            return -EFAULT
        error = do_sigaltstack(signals, COMPAT_STACK_T.unpack(data), sp)
        if error:
            return error
    return -EFAULT if uoss_ptr and copy_to_user(k, uoss_ptr, old) else 0


@compat_call("compat_sys_rt_sigqueueinfo")
def rt_sigqueueinfo(k: Kernel, pid: PidT, sig: Signal, uinfo: CompatSiginfoIn) -> Long:
    """Send a signal with a siginfo of one's own, in which si_value has 4 bytes.

    EFAULT  uinfo cannot be read
    EPERM   its si_code is one of the kernel's or of kill, and pid is not the caller
    ESRCH   there is no such process
    EINVAL  sig is no signal
    EAGAIN  a real-time signal, of which too many wait already
    """
    data = copy_from_user(k, uinfo, SIGINFO_SIZE)
    return queue_siginfo(k, pid, siginfo.unpack_compat(sig, data)) if len(data) == SIGINFO_SIZE else -EFAULT


@compat_call("compat_sys_rt_sigtimedwait", "compat_sys_rt_sigtimedwait_time32")
def rt_sigtimedwait(
    k: Kernel, uthese: SigsetIn, uinfo: CompatSiginfoOut, uts: OldTimespecIn, sigsetsize: SizeT
) -> Long:
    """Take a signal of a set, as `man rt_sigtimedwait` says; the time at uts is two numbers of 4 bytes.

    EINVAL  sigsetsize is not 8, or uts is no time
    EFAULT  uthese or uts cannot be read, or uinfo cannot be written
    EAGAIN  the time is over
    EINTR   another signal came
    """
    return _sigtimedwait(k, (uthese, uinfo, uts, sigsetsize), PAIR)


@compat_call("compat_sys_rt_sigtimedwait_time64")
def rt_sigtimedwait_time64(
    k: Kernel, uthese: SigsetIn, uinfo: CompatSiginfoOut, uts: TimespecIn, sigsetsize: SizeT
) -> Long:
    """Take a signal of a set, as `man rt_sigtimedwait` says; the time at uts is two numbers of 8 bytes.

    EINVAL  sigsetsize is not 8, or uts is no time
    EFAULT  uthese or uts cannot be read, or uinfo cannot be written
    EAGAIN  the time is over
    EINTR   another signal came
    """
    return _sigtimedwait(k, (uthese, uinfo, uts, sigsetsize), PAIR_64)


def _sigtimedwait(k: Kernel, arguments: tuple[int, int, int, int], form: Struct) -> int:
    uthese, uinfo, uts, sigsetsize = arguments
    if sigsetsize != SIGSET_SIZE:
        return -EINVAL
    these, data = get_sigset(k, uthese), copy_from_user(k, uts, form.size) if uts else b""
    if these is None or (uts and len(data) < form.size):
        return -EFAULT
    time: tuple[int, int] | None = form.unpack(data) if uts else None
    info = do_sigtimedwait(k, these, time)
    if isinstance(info, int):
        return info
    return -EFAULT if uinfo and copy_to_user(k, uinfo, siginfo.pack_compat(info)) else info.signo


@compat_call("sys32_rt_sigreturn", "compat_sys_rt_sigreturn")
def rt_sigreturn(k: Kernel) -> Long:
    """Go back to what a signal has interrupted, from a handler of 32-bit code.

    No such handler runs here, so there is no frame of one either: the program ends by SIGSEGV.
    """
    return bad_frame(k, k.current.regs[SP] - RT_SIGRETURN)


@compat_call("sys32_sigreturn", "compat_sys_sigreturn")
def sigreturn(k: Kernel) -> Long:
    """The same for a handler that was set by the older sigaction: the program ends by SIGSEGV."""
    return bad_frame(k, k.current.regs[SP] - SIGRETURN)
