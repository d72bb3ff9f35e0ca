"""What the end of a task means to others: its parent is told.

C counterpart: exit_notify() and do_notify_parent() in kernel/exit.c and kernel/signal.c.
"""

from __future__ import annotations

from kshell.abi.sigaction import SA_NOCLDWAIT, SIG_IGN
from kshell.abi.signal import CLD_EXITED, CLD_KILLED, SIGCHLD
from kshell.kernel.core.signal import Siginfo, send_signal
from kshell.kernel.kernel import Kernel
from kshell.kernel.sched.wait import wake_up
from kshell.kernel.task.task import Task


def exit_notify(k: Kernel, task: Task) -> None:
    """A task has ended, and stays as a zombie until somebody has looked: who waits for that is woken.

    A program is sent SIGCHLD; a shell asks by itself.
    """
    k.zombies[task.nr] = task
    wake_up(k, task)
    if k.tracer is not None and task is not k.current and task.is_program:
        k.tracer.task_ended(task.nr, task.struct.exit_code)
    parent = k.tasks.get(task.ppid)
    if parent is None or not task.is_program:
        return
    action = parent.signals.action(SIGCHLD)
    task.is_autoreaped = action.handler == SIG_IGN or bool(action.flags & SA_NOCLDWAIT)
    if parent.is_program and action.handler != SIG_IGN:
        send_signal(k, parent.signals, child_info(task))
    wake_up(k, parent)


def child_info(task: Task) -> Siginfo:
    """How a child has ended, as SIGCHLD and waitid() tell it."""
    code, status = (CLD_EXITED, task.exit_status or 0)
    if task.killed_by is not None:
        code, status = CLD_KILLED, task.killed_by.signo
    why = f"its child {task.nr} ({task.comm}) has ended"
    return Siginfo(SIGCHLD, code, why=why, sender=(task.nr, task.cred.uid), value=status, to_process=True)
