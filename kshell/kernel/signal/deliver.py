"""Delivery: what waits for a task is done before the task goes on in ring 3.

C counterpart: get_signal() in kernel/signal.c, arch_do_signal_or_restart() in arch/x86/kernel/signal.c.
"""

from __future__ import annotations

from kshell.abi.c_types import to_signed64
from kshell.abi.errno import EINTR, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS
from kshell.abi.ptregs import AX, CS, IP, ORIG_AX, SP, SS
from kshell.abi.sigaction import (
    BLOCKABLE,
    IGNORE,
    SA_IA32_ABI,
    SA_NODEFER,
    SA_RESETHAND,
    SA_RESTART,
    SIG_DFL,
    SIG_IGN,
    SS_AUTODISARM,
    STOP,
    default_action,
    sigmask,
)
from kshell.abi.signal import SI_KERNEL, SI_USER, SIGBUS, SIGCONT, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP
from kshell.kernel.core.signal import SigAction, Siginfo, Signals, force_sig_info, send_signal
from kshell.kernel.kernel import Kernel
from kshell.kernel.signal import fpstate
from kshell.kernel.signal.altstack import disarm
from kshell.kernel.signal.ctrl_c import is_last_press
from kshell.kernel.signal.death import die_of
from kshell.kernel.signal.frame import setup_rt_frame
from kshell.kernel.task.task import Task
from kshell.machine.ring3 import USER_CS, USER_SS
from kshell.machine.stop import GENERAL_PROTECTION

SYNCHRONOUS = (SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS)
SYSCALL_SIZE = 2  # of the instruction
RESTARTS = (-ERESTARTNOHAND, -ERESTARTSYS, -ERESTARTNOINTR, -ERESTART_RESTARTBLOCK)


def do_signal(k: Kernel) -> None:
    """Outside of a run: do what waits for the current task.  It may be dead after."""
    task = k.current
    signals = task.signals
    if signals.fpu is not None:
        _return(k, task, signals.fpu)
    while task.is_alive and (info := dequeue(signals, signals.blocked)) is not None:
        _act(k, task, info)
    if task.is_alive:
        _without_handler(task)
        signals.recalculate()


def dequeue(signals: Signals, mask: int) -> Siginfo | None:
    """Take the next signal that is not in `mask`: what an instruction did comes first, then one thread's own, then by
    number (C: dequeue_signal)."""
    free = [info for info in signals.queued if not mask & sigmask(info.signo)]
    info = min(free, key=_order, default=None)
    if info is not None:
        signals.queued.remove(info)
    return info


def _order(info: Siginfo) -> tuple[bool, bool, bool, int]:
    synchronous = info.signo in SYNCHRONOUS
    return not (synchronous and info.code > SI_USER), info.to_process, not synchronous, info.signo


def _return(k: Kernel, task: Task, fpu: bytes) -> None:
    """The end of rt_sigreturn.  The frame may ask for any selector: iretq takes those of ring 3's 64-bit code alone."""
    regs, task.signals.fpu = task.regs, None
    k.cpu.set_fpu_state(fpstate.unpack(fpu))
    if (regs[CS], regs[SS]) != (USER_CS, USER_SS):
        selector = regs[SS] if regs[CS] == USER_CS else regs[CS]
        task.signals.trap = (GENERAL_PROTECTION, selector & 0xFFFC, task.signals.trap[2])
        regs[CS], regs[SS] = USER_CS, USER_SS
        force_sig_info(k, Siginfo(SIGSEGV, SI_KERNEL, ip=regs[IP], why=f"iretq cannot load the selector {selector:#x}"))


def _act(k: Kernel, task: Task, info: Siginfo) -> None:
    """Do what the task asked for at this signal."""
    action = SigAction() if is_last_press(task, info) else task.signals.action(info.signo)
    _tell(k, info, action)
    if action.handler == SIG_IGN:
        return
    if action.handler != SIG_DFL:
        if action.flags & SA_RESETHAND:
            task.signals.actions[info.signo] = action._replace(handler=SIG_DFL)
        _handle(k, task, info, action)
    elif default_action(info.signo) == STOP:
        _stop(k, task, info)
    elif default_action(info.signo) != IGNORE:
        info.ip = info.ip or task.regs[IP]
        die_of(k, task, info)


def _tell(k: Kernel, info: Siginfo, action: SigAction) -> None:
    if k.tracer is not None:
        k.tracer.signal_delivered(info)
    if k.on_event is not None:
        does = {SIG_DFL: default_action(info.signo), SIG_IGN: IGNORE}.get(action.handler, "handler")
        k.tell("signal", "delivered", signo=info.signo, name=info.name, code=info.code, action=does)


def _stop(k: Kernel, task: Task, info: Siginfo) -> None:
    """The task stands still until SIGCONT.  There is no other task that could send it."""
    k.note(f"{info.name} stops a task until somebody sends SIGCONT; nobody can here, so kshell does so at once")
    if k.tracer is not None:
        k.tracer.task_stopped(info)
    send_signal(k, task.signals, Siginfo(SIGCONT, SI_USER, sender=(task.ppid, 0)))


def _handle(k: Kernel, task: Task, info: Siginfo, action: SigAction) -> None:
    """Let the task go on in its handler (C: handle_signal)."""
    signals = task.signals
    _after_call(task, restarts=bool(action.flags & SA_RESTART))
    if action.flags & SA_IA32_ABI or not setup_rt_frame(k, task, info, action):
        _force_sigsegv(k, task, info, action)
        return
    signals.saved_mask = None
    own = 0 if action.flags & SA_NODEFER else sigmask(info.signo)
    signals.blocked |= (action.mask | own) & BLOCKABLE
    if signals.stack[1] & SS_AUTODISARM:
        disarm(signals)
    if k.on_event is not None:
        k.tell("signal", "frame", task.regs[SP], signo=info.signo, name=info.name)
        k.on_event(3, "user", "instruction", task.regs[IP], {})


def _force_sigsegv(k: Kernel, task: Task, info: Siginfo, action: SigAction) -> None:
    """There is no way to run the handler (C: force_sigsegv)."""
    if info.signo == SIGSEGV:
        task.signals.actions.pop(SIGSEGV, None)
    why = f"the frame of its handler for {info.name} does not fit on its stack"
    if action.flags & SA_IA32_ABI:
        why = f"its handler for {info.name} was set by int 0x80, so it would run as 32-bit code, which there is none of"
    forced = Siginfo(SIGSEGV, SI_KERNEL, ip=task.regs[IP], why=why)
    force_sig_info(k, forced)
    if info.signo == SIGSEGV:
        forced.forced = "no room"


def _after_call(task: Task, restarts: bool) -> None:
    """A handler runs behind a call that a signal has interrupted: it answers EINTR, or is made again after."""
    regs = task.regs
    if to_signed64(regs[ORIG_AX]) == -1:
        return
    result = to_signed64(regs[AX])
    if result == -ERESTARTNOINTR or (result == -ERESTARTSYS and restarts):
        regs[AX] = regs[ORIG_AX]
        regs[IP] -= SYSCALL_SIZE
    elif result in (-ERESTARTSYS, -ERESTARTNOHAND, -ERESTART_RESTARTBLOCK):
        regs[AX] = -EINTR & (1 << 64) - 1


def _without_handler(task: Task) -> None:
    """No handler runs: a call that was interrupted is made again, and the mask is what it was before it."""
    regs, signals = task.regs, task.signals
    result = to_signed64(regs[AX])
    if to_signed64(regs[ORIG_AX]) != -1 and result in RESTARTS:
        sleep = signals.sleep if result == -ERESTART_RESTARTBLOCK else None
        regs[AX] = regs[ORIG_AX] if sleep is None else sleep[2]
        regs[IP] -= SYSCALL_SIZE
    if signals.saved_mask is not None:
        signals.blocked, signals.saved_mask = signals.saved_mask, None
