"""A parent waits for its children: they are zombies from their end until it has looked.

C counterpart: do_wait() and wait_task_zombie() in kernel/exit.c.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.errno import ECHILD, EINTR, ERESTARTSYS
from kshell.abi.signal import SI_KERNEL, SIGKILL
from kshell.abi.structs import pack_rusage
from kshell.abi.wait import WNOHANG
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.sched.wait import Waiting, wait_on
from kshell.kernel.task.task import Task, do_exit, release_task

IN_VAIN = (
    "The children wait for what no task will do: on Linux this call waits until somebody wakes them. "
    "Nobody can here, so kshell interrupts it."
)
_INT_MIN = -(1 << 31)


def by_pid(k: Kernel, pid: int) -> Callable[[Task], bool]:
    """Which children the `pid` of wait4() means: one, any (-1), a group's, or those of the caller's own group (0)."""
    if pid > 0:
        return lambda child: child.nr == pid
    group = -pid or k.current.group
    return (lambda child: True) if pid == -1 else lambda child: child.group == group


def do_wait(k: Kernel, wanted: Callable[[Task], bool], options: int, last: Waiting | None) -> Task | int:
    """The first such child that has ended; 0 where none has and WNOHANG is in `options`, or a negative errno."""
    me = k.current
    dead = next((each for each in k.zombies.values() if each.ppid == me.pid and wanted(each)), None)
    if dead is not None:
        return dead
    if not any(each.ppid == me.pid and wanted(each) for each in k.tasks.values()):
        return -ECHILD
    if options & WNOHANG:
        return 0
    wait_on(k, me, last)
    if me.signals.pending:
        return -ERESTARTSYS
    k.note(IN_VAIN)
    return -EINTR


def rusage_of(task: Task) -> bytes:
    """What a task has used."""
    return pack_rusage(
        utime=task.struct.utime // 1000,
        minflt=task.min_flt + task.cmin_flt,
        majflt=task.maj_flt + task.cmaj_flt,
        nvcsw=task.struct.nvcsw,
        nivcsw=task.struct.nivcsw,
    )


def reap(k: Kernel, but: Task | None = None) -> None:
    """Free those whose parent does not wait for them: init's, which looks at once, and those of who ignores SIGCHLD."""
    for task in list(k.zombies.values()):
        if task not in (k.current, but) and (task.ppid == 1 or task.is_autoreaped) and task.is_program:
            release_task(k, task)


def end_group(k: Kernel, group: int) -> None:
    """Nobody waits for the tasks of a process group any more: they are killed."""
    for task in [each for each in k.tasks.values() if each.group == group]:
        do_exit(k, task, None, Siginfo(SIGKILL, SI_KERNEL, why="its process group was ended"))
