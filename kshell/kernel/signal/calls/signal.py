"""Signals of one's own: what is done at them, which are blocked, which wait.

C counterpart: kernel/signal.c, arch/x86/kernel/signal_64.c.
"""

from __future__ import annotations

from kshell.abi.c_types import (
    Long,
    SigactionIn,
    SigactionOut,
    SigHow,
    Signal,
    SigsetIn,
    SigsetOut,
    SizeT,
    StackIn,
    StackOut,
)
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.ptregs import AX, SP
from kshell.abi.sigaction import (
    BLOCKABLE,
    SA_IA32_ABI,
    SA_KNOWN,
    SA_X32_ABI,
    SIG_BLOCK,
    SIG_SETMASK,
    SIG_UNBLOCK,
    SIGACTION,
    SIGSET_SIZE,
    STACK_T,
    is_ignored,
    sigmask,
)
from kshell.abi.signal import SI_KERNEL, SIGKILL, SIGRTMAX, SIGSEGV, SIGSTOP
from kshell.kernel.core.declare import SYSCALL_DEFINE0, SYSCALL_DEFINE2, SYSCALL_DEFINE4
from kshell.kernel.core.signal import SigAction, Siginfo, force_sig_info
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.kernel.report.user_faults import log_bad_frame
from kshell.kernel.signal.altstack import do_sigaltstack, stack_at
from kshell.kernel.signal.frame import restore_rt_frame
from kshell.kernel.signal.sigset import get_sigset


@SYSCALL_DEFINE4
def rt_sigaction(k: Kernel, sig: Signal, act: SigactionIn, oact: SigactionOut, sigsetsize: SizeT) -> Long:
    """Say what is done at a signal, and learn what was done until now; either pointer may be NULL.

    act points to four numbers of 64 bits: the handler (0 is SIG_DFL, 1 SIG_IGN), flags, the function that the handler
    returns to, and the signals that are blocked while it runs. A handler without SA_RESTORER cannot return, and x86-64
    does not even begin it: the signal then ends the program.

    EINVAL  sigsetsize is not 8, sig is no signal, or act is given for SIGKILL or SIGSTOP
    EFAULT  act cannot be read, or oact cannot be written
    """
    if sigsetsize != SIGSET_SIZE:
        return -EINVAL
    data = copy_from_user(k, act, SIGACTION.size) if act else b""
    if act and len(data) < SIGACTION.size:
        return -EFAULT
    old = do_sigaction(k, sig, SigAction(*SIGACTION.unpack(data)) if act else None)
    if isinstance(old, int):
        return old
    return -EFAULT if oact and copy_to_user(k, oact, SIGACTION.pack(*old)) else 0


def do_sigaction(k: Kernel, sig: int, new: SigAction | None) -> SigAction | int:
    """Have `new` done at a signal, unless it is None: what was done until now, or a negative errno."""
    if not 1 <= sig <= SIGRTMAX or (new and sig in (SIGKILL, SIGSTOP)):
        return -EINVAL
    old = k.current.signals.action(sig)
    if new:
        flags = new.flags & (SA_KNOWN if k.profile.version >= (5, 11) else ~(SA_IA32_ABI | SA_X32_ABI))
        flags |= SA_IA32_ABI * k.current.in_compat_syscall
        _set_action(k, sig, new._replace(flags=flags, mask=new.mask & BLOCKABLE))
    return old._replace(flags=old.flags & ~SA_IA32_ABI)


def _set_action(k: Kernel, sig: int, action: SigAction) -> None:
    """What is ignored from now on does not wait any longer."""
    signals = k.current.signals
    signals.actions[sig] = action
    if is_ignored(sig, action.handler):
        signals.discard(sigmask(sig))
        signals.recalculate()


@SYSCALL_DEFINE4
def rt_sigprocmask(k: Kernel, how: SigHow, nset: SigsetIn, oset: SigsetOut, sigsetsize: SizeT) -> Long:
    """Change which signals are blocked, and learn which were; either pointer may be NULL.

    how is SIG_BLOCK (these too), SIG_UNBLOCK (these no longer) or SIG_SETMASK (just these). Signal n is bit n-1.
    SIGKILL and SIGSTOP are never blocked, and to ask for it is no error.

    EINVAL  sigsetsize is not 8, or how is none of these
    EFAULT  nset cannot be read, or oset cannot be written
    """
    if sigsetsize != SIGSET_SIZE:
        return -EINVAL
    signals = k.current.signals
    old = signals.blocked
    if nset:
        new = get_sigset(k, nset)
        if new is None:
            return -EFAULT
        changed = {SIG_BLOCK: old | new, SIG_UNBLOCK: old & ~new, SIG_SETMASK: new}.get(how)
        if changed is None:
            return -EINVAL
        signals.blocked = changed
        signals.recalculate()
    if oset and copy_to_user(k, oset, old.to_bytes(SIGSET_SIZE, "little")):
        return -EFAULT
    return 0


@SYSCALL_DEFINE2
def rt_sigpending(k: Kernel, uset: SigsetOut, sigsetsize: SizeT) -> Long:
    """Store which signals wait because they are blocked.

    EINVAL  sigsetsize is more than 8
    EFAULT  uset cannot be written
    """
    if sigsetsize > SIGSET_SIZE:
        return -EINVAL
    signals = k.current.signals
    waiting = sigmask(*(info.signo for info in signals.queued)) & signals.blocked
    return -EFAULT if copy_to_user(k, uset, waiting.to_bytes(SIGSET_SIZE, "little")[:sigsetsize]) else 0


@SYSCALL_DEFINE2
def sigaltstack(k: Kernel, uss: StackIn, uoss: StackOut) -> Long:
    """Say which stack handlers with SA_ONSTACK run on, and learn which it was; either pointer may be NULL.

    uss points to a stack_t: where it begins, flags in 32 bits (SS_DISABLE: none), and its size.

    EFAULT  uss cannot be read, or uoss cannot be written
    EPERM   the present stack is that one
    EINVAL  the flags are none that there are
    ENOMEM  it has fewer than 2048 bytes
    """
    signals, sp = k.current.signals, k.current.regs[SP]
    old = STACK_T.pack(*stack_at(signals.stack, sp))
    if uss:
        data = copy_from_user(k, uss, STACK_T.size)
        if len(data) < STACK_T.size:
            return -EFAULT
        error = do_sigaltstack(signals, STACK_T.unpack(data), sp)
        if error:
            return error
    return -EFAULT if uoss and copy_to_user(k, uoss, old) else 0


@SYSCALL_DEFINE0
def rt_sigreturn(k: Kernel) -> Long:
    """Go back to what a signal has interrupted; only the function that a handler returns to may call it.

    All registers come out of the frame that lies at rsp, and the result is the rax of then. A frame that cannot be read
    ends the program by SIGSEGV.
    """
    task = k.current
    frame = task.regs[SP] - 8  # the handler's ret has taken the return address
    if restore_rt_frame(k, task, frame):
        task.signals.pending = True
        if k.on_event is not None:
            k.tell("signal", "sigreturn", frame, blocked=task.signals.blocked)
    else:
        task.regs[AX] = bad_frame(k, frame)
    k.cpu.reload()
    return task.regs[AX]


def bad_frame(k: Kernel, frame: int) -> int:
    """C: signal_fault()."""
    log_bad_frame(k, k.current, frame)
    force_sig_info(k, Siginfo(SIGSEGV, SI_KERNEL, why="rt_sigreturn found no good frame at the stack pointer"))
    return 0
