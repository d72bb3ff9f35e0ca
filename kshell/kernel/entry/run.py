"""Running tasks: from the first user instruction to the outcome.

C counterpart: there is none; on Linux the scheduler runs tasks, and a parent learns of the outcome by wait4().
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.signal import SI_KERNEL, SIGINT
from kshell.kernel.core.clock import INSTRUCTION_NS
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.entry import traps
from kshell.kernel.entry.machine_code import budget_of, go_on
from kshell.kernel.kernel import Kernel
from kshell.kernel.process.schedule import is_due, schedule
from kshell.kernel.process.wait import end_group, reap
from kshell.kernel.signal.ctrl_c import press_is_sigint
from kshell.kernel.signal.deliver import do_signal
from kshell.kernel.signal.timer import tick, until_tick
from kshell.kernel.task.task import Task, do_exit, release_task
from kshell.kernel.trace.listening import heard_by
from kshell.kernel.trace.syscall_trace import syscall_trace_exit
from kshell.kernel.trace.tracer import Tracer
from kshell.machine.ring0 import KernelPath
from kshell.machine.stop import BUDGET, CTRL_C, CUT, STOPPED, Stop

TRAP_COST = 1000  # instructions charged for a trap that a run goes on after
CALL_COST = 100  # instructions charged for a system call


class Outcome(NamedTuple):
    """How a run ended: "returned" (to the shell, after one call), "exited" with `status`, "killed" by `signal`,
    "budget" (too many instructions), "interrupted" (Ctrl-C) or "asleep" (nobody is left who could go on)."""

    kind: str
    status: int | None = None
    signal: Siginfo | None = None


def run_task(k: Kernel, task: Task, calls: int = 0, budget: int = 0, background: bool = False) -> Outcome:
    """Run a task, the current one, in ring 3 until it ends, or has made `calls` system calls ("returned"; 0: any
    number).  Others have the CPU in turn; where it is in the `background`, all may sleep ("asleep").

    `budget` is a number of instructions, 0 for no limit; a system call counts as CALL_COST of them.
    """
    k.calls_left = calls or budget // CALL_COST or -1
    left = budget
    while True:
        now, path = k.current, k.current.path
        whole = budget_of(left, path) if budget else 0
        some = until_tick(k, whole)
        stop = k.cpu.run(now.frame, some, path)
        is_tick = some != whole and stop.kind == BUDGET
        if is_tick:
            tick(k)
        now.path = _path_after(k, now, stop, path, is_tick) if stop.ring == 0 else None
        left -= k.cpu.charged  # a warning is charged, too
        if stop.ring == 3 and stop.kind not in (STOPPED, CTRL_C, BUDGET, CUT):
            now.path = traps.handle(k, now, stop)
            left -= TRAP_COST
        if now.path is not None and now.waiting is None:
            continue
        if now.is_alive and (k.cpu.ctrl_c.pressed or stop.kind == CUT):
            k.on_cut(CTRL_C, 3)
            if not press_is_sigint(k):
                return Outcome("interrupted")
        if now.is_alive and now.signals.pending and now.waiting is None:
            do_signal(k)
        if not now.is_alive and k.tracer is not None:  # machine code that died has not come back to where a call ends
            syscall_trace_exit(k, k.tracer, now.regs)
        if not task.is_alive:
            return _ended(task)
        if is_due(k, task) and not schedule(k, None if background else task):
            return Outcome("asleep")
        if k.calls_left == 0 and calls:
            return Outcome("returned")
        if k.calls_left == 0 or (budget and left <= 0):
            k.on_cut(BUDGET, 3)
            return Outcome("budget")


def _path_after(k: Kernel, task: Task, stop: Stop, last: KernelPath | None, is_tick: bool) -> KernelPath | None:
    """What ring 0 goes on with, if it does: a tick ends nothing there."""
    if is_tick:
        return k.cpu.ring0.suspended(last.overtime if last is not None else 0)
    return go_on(k, stop, last, task.regs)


def _ended(task: Task) -> Outcome:
    if task.killed_by is not None and (task.killed_by.signo, task.killed_by.code) == (SIGINT, SI_KERNEL):
        return Outcome("interrupted")  # by Ctrl-C while it waited
    return Outcome("killed" if task.killed_by else "exited", task.exit_status, task.killed_by)


def run_program(k: Kernel, task: Task, budget: int = 0, tracer: Tracer | None = None) -> Outcome:
    """Run a loaded program to its end; an unfinished one (budget, Ctrl-C) is killed.

    The registers of `task` can still be read afterwards.
    `tracer` hears of its calls; without one it runs much faster.
    """
    with k.cpu.ctrl_c, heard_by(k, tracer):
        try:
            k.switch_to(task)
            k.cpu.reset()
            outcome = run_task(k, task, budget=budget)
            if outcome.kind in ("interrupted", "budget") or not _orphans_run(k, budget):
                end_group(k, task.group)
        finally:
            do_exit(k, task, 130)
            release_task(k, task)
            k.switch_to(k.shell_task)
            reap(k)
    return outcome


def _orphans_run(k: Kernel, budget: int) -> bool:
    """Let those go on that a program has left behind, until none can; False where the `budget` cuts that off."""
    end = k.clock.ns + budget * INSTRUCTION_NS
    while schedule(k, None):
        kind = run_task(k, k.current, budget=budget, background=True).kind
        if kind in ("interrupted", "budget") or (budget and k.clock.ns > end):
            return False
    return True
