"""Sending a signal from one task to another: whom it is for.  All tasks are one user's, so each may send to each.

C counterpart: kill_something_info() and group_send_sig_info() in kernel/signal.c.
"""

from __future__ import annotations

from kshell.abi.errno import EAGAIN, EINVAL, ESRCH
from kshell.abi.sigaction import CORE, SIG_DFL, TERMINATE, default_action, sigmask
from kshell.abi.signal import SI_KERNEL, SI_USER, SIGINT, SIGKILL, SIGRTMAX, SIGRTMIN
from kshell.kernel.core.layout import THREAD_SIZE
from kshell.kernel.core.signal import Siginfo, send_signal
from kshell.kernel.kernel import Kernel
from kshell.kernel.sched.wait import resched
from kshell.kernel.signal.death import die_of
from kshell.kernel.task.task import Task
from kshell.machine.ram import PAGE_SIZE

INT_MIN = -(1 << 31)


def sigpending_limit(k: Kernel) -> int:
    """How many signals may wait for the tasks of one user (C: RLIMIT_SIGPENDING, as fork_init sets it)."""
    return k.ram.frames_total * PAGE_SIZE // (8 * THREAD_SIZE) // 2


def send_to(k: Kernel, task: Task | None, info: Siginfo) -> int:
    """Send a signal to a task, or only ask whether that may be (signal 0): 0 or a negative errno."""
    if task is None:
        return -ESRCH
    if not 0 <= info.signo <= SIGRTMAX:
        return -EINVAL
    if not info.signo:
        return 0
    if info.signo >= SIGRTMIN and info.code != SI_USER and len(task.signals.queued) >= sigpending_limit(k):
        return -EAGAIN
    if task is not k.current and _is_fatal(task, info.signo):
        die_of(k, task, info)  # it sleeps, is woken, and dies
    else:
        send_signal(k, task.signals, info)
    if task is not k.current:
        resched(k)
    return 0


def _is_fatal(task: Task, signo: int) -> bool:
    signals = task.signals
    ends = signals.action(signo).handler == SIG_DFL and default_action(signo) in (TERMINATE, CORE)
    return signo == SIGKILL or (ends and not signals.blocked & sigmask(signo))


def info_of(k: Kernel, signo: int, code: int, how: str) -> Siginfo:
    """What the caller's kill() says of itself."""
    task = k.current
    why = f"process {task.pid} ({task.comm}) sent it {how}"
    return Siginfo(signo, code, why=why, sender=(task.pid, task.cred.uid), to_process=code == SI_USER)


def kill_something_info(k: Kernel, pid: int, info: Siginfo) -> int:
    """kill(2): a process, a group, or all but the caller.  A zombie takes no signal, but is there."""
    if pid == INT_MIN:
        return -ESRCH
    if pid > 0:
        return 0 if pid in k.zombies and 0 <= info.signo <= SIGRTMAX else send_to(k, k.tasks.get(pid), info)
    group = -pid or k.current.group
    wanted = [task for task in k.tasks.values() if (task is not k.current if pid == -1 else task.group == group)]
    results = [send_to(k, task, info) for task in wanted]
    return (0 if 0 in results else results[-1]) if results else -ESRCH


def interrupt_group(k: Kernel, group: int, but: Task | None = None) -> None:
    """Ctrl-C: the terminal sends SIGINT to every task of a process group."""
    for task in [each for each in k.tasks.values() if each.group == group and each is not but]:
        send_to(k, task, Siginfo(SIGINT, SI_KERNEL, why="Ctrl-C was pressed: the terminal sends SIGINT"))
