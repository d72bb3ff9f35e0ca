"""Tasks: what the kernel knows of each, the one that runs, and the way from one to the next (C: <linux/sched.h>)."""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.cred import *
from kshell.abi.task_struct import *
from kshell.linux.kernel import Kernel, container_of, extern
from kshell.linux.types import PidT, Ptr

current: Ptr[task_struct] = Ptr()
"""The task that runs: ``current.pid``, ``current.comm``, ``current.cred.uid.val``."""
init_task = extern("init_task", task_struct)
"""The idle task, where the list of all tasks begins and ends."""


def next_task(task: Ptr[task_struct]) -> Ptr[task_struct]:
    """The task behind one in the list of all tasks; behind the last comes init_task.

    >>> t = next_task(current)
    """
    return container_of(task.tasks.next, task_struct, "tasks")


def for_each_process() -> Iterator[Ptr[task_struct]]:
    """Each process, in a `for`; the idle task, init_task, is none.

    >>> for each in for_each_process(): x += each.pid
    """


def task_pid_nr(k: Kernel, task: Ptr[task_struct]) -> PidT:
    """The number of a task: ``task->pid``.

    >>> x = task_pid_nr(k, current)
    """
    return task.pid


def task_tgid_nr(k: Kernel, task: Ptr[task_struct]) -> PidT:
    """The number of a task's process: ``task->tgid``.

    >>> x = task_tgid_nr(k, current)
    """
    return task.tgid
