"""Signals as they were before there were more than 32: signal, sigaction, sigprocmask, sigpending, sigsuspend.

C counterpart: the end of kernel/signal.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import Long, SigHow, Signal
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.sigaction import (
    BLOCKABLE,
    COMPAT_OLD_SIGACTION,
    SA_NODEFER,
    SA_RESETHAND,
    SIG_BLOCK,
    SIG_SETMASK,
    SIG_UNBLOCK,
    sigmask,
)
from kshell.kernel.core.signal import SigAction
from kshell.kernel.ia32.compat import (
    CompatOldSigactionIn,
    CompatOldSigactionOut,
    OldSigset,
    OldSigsetIn,
    OldSigsetOut,
    SigHandler,
    Unused,
    compat_call,
)
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.signal.calls.signal import do_sigaction
from kshell.kernel.signal.calls.waiting import do_sigsuspend

U32 = 0xFFFF_FFFF
OLD_SIGSET_SIZE = 4


@compat_call("sys_signal")
def signal(k: Kernel, sig: Signal, handler: SigHandler) -> Long:
    """Have a function called at a signal, once (0 is SIG_DFL, 1 SIG_IGN); the result is what was asked for until now.

    The function would run as 32-bit code, which there is none of here: the signal then ends the program by SIGSEGV.

    EINVAL  sig is no signal, or one of SIGKILL and SIGSTOP
    """
    old = do_sigaction(k, sig, SigAction(handler, SA_RESETHAND | SA_NODEFER))
    return old if isinstance(old, int) else old.handler


@compat_call("compat_sys_sigaction")
def sigaction(k: Kernel, sig: Signal, act: CompatOldSigactionIn, oact: CompatOldSigactionOut) -> Long:
    """Say what is done at a signal, and learn what was done until now; either pointer may be NULL.

    act points to four numbers of 32 bits: a handler, a set of the signals 1 to 32, flags, a restorer. The handler would
    run as 32-bit code, which there is none of here: the signal then ends the program by SIGSEGV.

    EFAULT  act cannot be read, or oact cannot be written
    EINVAL  sig is no signal, or act is given for SIGKILL or SIGSTOP
    """
    new = None
    if act:
        data = copy_from_user(k, act, COMPAT_OLD_SIGACTION.size)
        if len(data) < COMPAT_OLD_SIGACTION.size:
            return -EFAULT
        handler, mask, flags, restorer = COMPAT_OLD_SIGACTION.unpack(data)
        new = SigAction(handler, flags, restorer, mask)
    old = do_sigaction(k, sig, new)
    if isinstance(old, int):
        return old
    words = (each & U32 for each in (old.handler, old.mask, old.flags, old.restorer))
    return -EFAULT if oact and copy_to_user(k, oact, COMPAT_OLD_SIGACTION.pack(*words)) else 0


@compat_call("compat_sys_sigprocmask")
def sigprocmask(k: Kernel, how: SigHow, nset: OldSigsetIn, oset: OldSigsetOut) -> Long:
    """Change which of the signals 1 to 32 are blocked, and learn which were; either pointer may be NULL.

    EFAULT  nset cannot be read, or oset cannot be written
    EINVAL  how is none of SIG_BLOCK, SIG_UNBLOCK and SIG_SETMASK
    """
    signals = k.current.signals
    old = signals.blocked
    if nset:
        data = copy_from_user(k, nset, OLD_SIGSET_SIZE)
        if len(data) < OLD_SIGSET_SIZE:
            return -EFAULT
        new = int.from_bytes(data, "little")
        changed = {SIG_BLOCK: old | new, SIG_UNBLOCK: old & ~new, SIG_SETMASK: old & ~U32 | new}.get(how)
        if changed is None:
            return -EINVAL
        signals.blocked = changed & BLOCKABLE
        signals.recalculate()
    return -EFAULT if oset and _store(k, oset, old) else 0


@compat_call("compat_sys_sigpending")
def sigpending(k: Kernel, uset: OldSigsetOut) -> Long:
    """Store which of the signals 1 to 32 wait because they are blocked.

    EFAULT  uset cannot be written
    """
    signals = k.current.signals
    waiting = sigmask(*(info.signo for info in signals.queued)) & signals.blocked
    return -EFAULT if _store(k, uset, waiting) else 0


def _store(k: Kernel, pointer: int, signals: int) -> int:
    return copy_to_user(k, pointer, struct.pack("<I", signals & U32))


@compat_call("sys_sigsuspend")
def sigsuspend(k: Kernel, unused1: Unused, unused2: Unused, mask: OldSigset) -> Long:
    """Wait as pause does, with another mask of blocked signals meanwhile, which is passed itself.

    EINTR   a handler has run
    """
    return do_sigsuspend(k, mask & BLOCKABLE)
