"""Waiting: a call that cannot go on leaves the CPU to other tasks, and is made again when its task is woken.

A body looks, waits or acts, in that order, and holds nothing while it waits: what it must remember is in its Waiting.

C counterpart: kernel/sched/wait.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kshell.kernel.core.calling import CallAgain

if TYPE_CHECKING:
    from kshell.kernel.core.signal import Signals
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.trace.tracer import Call
    from kshell.machine.ring0 import KernelPath


class Waiting:
    """A task waits for `what` to change; `done` is what its call has done before.  `is_over`: it was woken;
    `in_vain`: nobody is left who could wake it; `interruptible`: a signal ends the wait, too."""

    __slots__ = ("done", "in_vain", "interruptible", "is_over", "what")

    def __init__(self, what: object, done: int, interruptible: bool) -> None:
        self.what, self.done, self.interruptible = what, done, interruptible
        self.is_over = self.in_vain = False


class Switched:
    """A task as far as it is one of many, which have the CPU in turn."""

    is_program = False  # the scheduler may choose it; a shell's own task runs when its shell says so
    is_autoreaped = False  # nobody waits for it: its parent ignores SIGCHLD
    waiting: Waiting | None = None  # from when its call stops to when that is made again
    path: KernelPath | None = None  # where it stands in the kernel, if it does
    user_state: Any = None  # what it has left on the CPU beside pt_regs
    call: Call | None = None  # of which who listens has not heard the end
    calls_left = -1  # as Kernel.calls_left
    signals: Signals
    nr: int
    group: int  # the number of its process group, and of its session (C: task_pgrp, task_session)
    session: int
    sleeps = False  # it is in msleep, for which the CPU may do other work (C: __state)
    lends_cpu = False  # it stands in the kernel while another shell has the CPU, and goes on after that

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Those that no other task may have (C: struct pid, which each use keeps)."""
        return self.nr, self.group, self.session

    @property
    def is_ready(self) -> bool:
        """Whether it could run."""
        last = self.waiting
        if self.lends_cpu:
            return False
        return last is None or last.is_over or last.in_vain or (last.interruptible and self.signals.pending)


def resumed(k: Kernel) -> Waiting | None:
    """At the beginning of a body that may wait: what it has waited for, if it is called anew."""
    task = k.current
    last, task.waiting = task.waiting, None
    return last


def wait_on(k: Kernel, what: object, last: Waiting | None, done: int = 0, interruptible: bool = True) -> None:
    """Let the current task wait until somebody wakes those who wait on `what`; the body is called anew then.

    Returns where it must not wait: a signal is pending, or no other task could ever wake it.  `last` is what the body
    has waited for before, if it has.
    """
    task = k.current
    task.signals.recalculate()
    if (interruptible and task.signals.pending) or (last is not None and last.in_vain) or not others(k):
        return
    task.waiting = Waiting(what, done, interruptible)
    raise CallAgain


def others(k: Kernel) -> bool:
    """Whether there is a program beside the current task; not for who is called from outside of a run."""
    return k.cpu.task_frame is not None and any(each.is_program and each is not k.current for each in k.tasks.values())


def wake_up(k: Kernel, what: object) -> None:
    """What some tasks may wait for has changed: they can run, as soon as the current one leaves the CPU."""
    for task in k.tasks.values():
        if task.waiting is not None and task.waiting.what is what:
            task.waiting.is_over = True
            resched(k)


def resched(k: Kernel) -> None:
    """Have the run end behind this call: another task can run (C: set_tsk_need_resched)."""
    k.current.signals.pending = True
