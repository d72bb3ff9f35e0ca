"""Who has the CPU next, and how it passes from one task to another: between two runs, when pt_regs is complete.

What a task leaves on the CPU is saved with it: its floating-point registers, or, where it stands in the kernel, the
whole path.  C counterpart: __schedule() and context_switch() in kernel/sched/core.c.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.sigaction import ITIMER_REAL
from kshell.abi.task_struct import TASK_RUNNING
from kshell.kernel.kernel import Kernel
from kshell.kernel.process.wait import reap
from kshell.kernel.signal.kill import interrupt_group
from kshell.kernel.signal.timer import run_timers
from kshell.kernel.task.task import Task
from kshell.kernel.trace.tracer import Tracer

SLICE_NS = 4_000_000  # how long a task may run while another one could, a tick at HZ = 250
PREEMPTED, WAITS, EXITED = "preempted", "waits", "exited"


def pick_next_task(ready: Sequence[Task], current: Task) -> Task:
    """Whose turn it is: who was given the CPU longest ago, but for the `current` one.  Nobody else decides."""
    return min(ready, key=lambda task: (task is current, task.on_cpu_since, task.nr))


def ready_tasks(k: Kernel, leader: Task | None) -> list[Task]:
    """Those that could run: programs, and the `leader`, for which the machine runs."""
    return [task for task in k.tasks.values() if (task.is_program or task is leader) and task.is_ready]


def is_due(k: Kernel, leader: Task) -> bool:
    """Whether the current task is to leave the CPU: it cannot go on, or another one waits and its time is over."""
    task = k.current
    if not task.is_alive or task.waiting is not None:
        return True
    return k.clock.ns - task.on_cpu_since >= SLICE_NS and len(ready_tasks(k, leader)) > 1


def schedule(k: Kernel, leader: Task | None) -> bool:
    """Give the CPU to the next task; False where none can run.

    Where all wait, the clock goes to the next timer; else only a person could help, and in the end the `leader`, for
    whom the machine runs, waits in vain.
    """
    while not (ready := ready_tasks(k, leader)):
        if not _timer_runs_out(k) and not (leader is not None and (_is_interrupted(k, leader) or _in_vain(leader))):
            return False
    task = pick_next_task(ready, k.current)
    if task is not k.current:
        context_switch(k, task)
    reap(k, leader)
    return True


def _timer_runs_out(k: Kernel) -> bool:
    armed = [task for task in k.tasks.values() if task.is_program and ITIMER_REAL in task.signals.timers]
    if not armed:
        return False
    task = min(armed, key=lambda each: (each.signals.timers[ITIMER_REAL][0], each.nr))
    k.clock.advance(max(0, task.signals.timers[ITIMER_REAL][0] - k.clock.ns))
    run_timers(k, task)
    return True


def _is_interrupted(k: Kernel, leader: Task) -> bool:
    if leader.is_alive and k.tty.wait():
        k.cpu.ctrl_c.take()
        interrupt_group(k, leader.group)
        return True
    return False


def _in_vain(leader: Task) -> bool:
    if leader.waiting is None:
        return False
    leader.waiting.in_vain = True
    return True


def context_switch(k: Kernel, task: Task) -> None:
    """Save what the current task has on the CPU, and load another one's."""
    before = k.current
    why = EXITED if not before.is_alive else PREEMPTED if before.waiting is None else WAITS
    if k.on_event is not None:
        k.tell("sched", "switch", prev=before.nr, prev_comm=before.comm, next=task.nr, next_comm=task.comm, why=why)
    if before.is_alive:
        before.user_state = k.cpu.user_state() if before.path is None else None
    before.calls_left, k.calls_left = k.calls_left, task.calls_left
    if k.tracer is not None:
        _tell_tracer(k.tracer, before, task)
    k.switch_to(task)
    if why == PREEMPTED:
        before.struct.state = TASK_RUNNING
        before.struct.nvcsw, before.struct.nivcsw = before.struct.nvcsw - 1, before.struct.nivcsw + 1
    if task.path is None:
        k.cpu.set_user_state(task.user_state)


def _tell_tracer(tracer: Tracer, before: Task, task: Task) -> None:
    """A call that one task has begun is not the other one's."""
    if not before.is_alive and before.is_program:
        tracer.task_ended(before.nr, before.struct.exit_code)
    if tracer.running is not None:
        tracer.call_waits(tracer.running)
    before.call, tracer.running = tracer.running, task.call
