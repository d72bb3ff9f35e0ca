"""Machine code in kernel and module text, and the way between it and bodies in Python.

It gets onto the CPU by do_syscall_64 (a slot of the table, or a body that ends in a call of it), or by `call` from
outside of a run, as insmod does for init.  A body stands behind a `vmcall`.

C counterpart: there is none; on Linux it is all machine code.
"""

from __future__ import annotations

from functools import partial

from kshell.abi.c_types import U64, to_signed64
from kshell.abi.ptregs import AX, C_ARGUMENTS, IP, ORIG_AX, SP
from kshell.kernel.core import layout
from kshell.kernel.core.calling import CallAgain, TailCall, from_machine_code
from kshell.kernel.core.clock import BODY_NS, FAULT_NS
from kshell.kernel.core.pointers import Lockup
from kshell.kernel.entry import oops
from kshell.kernel.entry.addr_limit import addr_limit_user_check, kill_for_limit
from kshell.kernel.entry.entry import (
    CallStatistics,
    entry_SYSCALL_64,
    lookup,
    new_statistics,
    syscall_exit_to_user_mode,
)
from kshell.kernel.entry.kernel_fault import is_mended, is_there_now
from kshell.kernel.entry.ring0_traps import UD2_SIZE, trap_of
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.task import TaskExit
from kshell.kernel.trace.syscall_trace import syscall_trace_begin
from kshell.machine.ring0 import VMCALL_SIZE, KernelEntry, KernelPath
from kshell.machine.stop import BUDGET, CTRL_C, CUT, PROBED, SLEEPING, STOPPED, Stop

# What a path may take to its end after Ctrl-C (stops, 3 ms each) or a script's budget: then it is a loop.
OVERTIME = {CTRL_C: 10, BUDGET: 1, CUT: 0}
OVERTIME_BUDGET = 1_000_000  # instructions
UNCALLABLE = layout.FIXED["do_syscall_64"][0]  # the body that no C code calls


def attach(k: Kernel) -> None:
    """The machine is booted: from here on ring 0 calls us."""
    k.cpu.ring0.on_vmcall = partial(on_vmcall, k)
    k.cpu.ring0.on_return = partial(on_return, k)
    k.cpu.on_entry = partial(on_entry, k)
    k.cpu.on_dispatch = partial(entry_SYSCALL_64, k, by_text=True)
    k.cpu.on_result, k.cpu.on_exit = partial(on_result, k), partial(on_exit, k)
    k.cpu.mmu.on_protection = k.memory.flush
    k.cpu.guards.time_stamp = lambda: k.clock.ns
    k.call_out = partial(call, k)


def on_vmcall(k: Kernel, regs: memoryview) -> bool:
    """Machine code has called the function at regs[IP]: run its body in Python; False if there is none.

    One that touched a page of the user's which was not there yet is called anew."""
    address = regs[IP]
    body = k.bodies.get(address)
    if body is None or address == UNCALLABLE:
        return False
    try:
        run = k.runners[body]
    except KeyError:
        run = k.runners[body] = from_machine_code(body)
    if run is None:
        return False
    if k.on_event is not None:
        k.code_trace.body_called(address, body, regs)
    k.clock.advance(BODY_NS)
    try:
        result = int(run(k, regs) or 0)  # None: C's void
    except CallAgain:
        k.cpu.stop(SLEEPING)
    except TailCall as call:
        regs[IP] = call.address
        for slot, value in zip(C_ARGUMENTS, call.args, strict=False):
            regs[slot] = value & U64
    except TaskExit:
        k.cpu.stop()
    except BaseException as error:  # whatever else comes out of a body is an oops
        if not is_there_now(k, error, address):
            oops.die(k, error, _user_regs(k), regs)
            k.cpu.stop()
    else:
        regs[AX], regs[IP] = result & U64, address + VMCALL_SIZE
        if k.on_event is not None:
            k.code_trace.body_returned(regs[SP], result)
    return True


def _user_regs(k: Kernel) -> memoryview | None:
    """pt_regs, if a system call brought us here."""
    return None if k.cpu.ring0.user_frame is None else k.current.regs


def on_return(k: Kernel, result: int) -> None:
    """A function that a system call reached has returned: the way out."""
    syscall_exit_to_user_mode(k, _with_result(k, result))
    if k.cpu.ctrl_c.pressed:
        k.cpu.stop()


def _with_result(k: Kernel, result: int) -> memoryview:
    regs = k.current.regs
    if addr_limit_user_check(k):
        kill_for_limit(k)
    if result > U64 - 4095:
        statistics_of(k, regs[ORIG_AX]).errors += 1
    regs[AX], k.current.in_compat_syscall = result, False
    return regs


def statistics_of(k: Kernel, orig_ax: int) -> CallStatistics:
    """Those of the current task's call."""
    if k.current.in_compat_syscall:
        return k.ia32.statistics_of(k, orig_ax)
    return new_statistics(k, lookup(k, orig_ax)[1])


# The same by the text of the way in.


def on_entry(k: Kernel, regs: memoryview) -> None:
    """A `syscall` is at LSTAR, and pt_regs is not yet: `regs` are the registers there."""
    if k.tracer is not None:
        syscall_trace_begin(k, k.tracer, regs, lookup(k, regs[ORIG_AX])[1])


def on_result(k: Kernel, result: int) -> None:
    """The function that do_syscall_64 called has returned; a signal is delivered there."""
    _with_result(k, result)
    if k.current.signals.pending:
        on_exit(k)


def on_exit(k: Kernel) -> None:
    """The call is over."""
    syscall_exit_to_user_mode(k, k.current.regs)
    if k.cpu.ctrl_c.pressed:
        k.cpu.stop()


def call(k: Kernel, address: int, *args: int) -> int:
    """Outside of a run: call the function at `address` for the current task, on its kernel stack; its signed result.

    It may take as many instructions as the machine was booted with.  Raises TaskExit where it died: that is reported
    already.
    """
    what: KernelEntry | KernelPath = KernelEntry(address, k.current.stack_in_use, args)
    left, path = k.init_budget, None
    while True:
        outcome = k.cpu.call(what, budget_of(left, path) if k.init_budget else 0)
        if isinstance(outcome, int):
            k.cpu.ctrl_c.hand_on()
            return to_signed64(outcome)
        path = go_on(k, outcome, path, None)
        if path is None:
            raise TaskExit
        what, left = path, left - k.cpu.charged


def budget_of(left: int, path: KernelPath | None) -> int:
    """How many instructions may run, if `left` are left of a budget: more for a path that should have ended."""
    return max(left + (OVERTIME_BUDGET if path is not None and path.overtime else 0), 1)


def go_on(k: Kernel, stop: Stop, last: KernelPath | None, user_regs: memoryview | None) -> KernelPath | None:
    """The CPU has stopped in ring 0: the path to go on with, or None where it is over, by an oops if need be.

    `last` is the path that the run went on with, if it did; `user_regs` pt_regs, if a system call began it.
    """
    ring0, overtime = k.cpu.ring0, last.overtime if last is not None else 0
    if stop.kind == STOPPED:
        return None
    if stop.kind == SLEEPING and k.current.waiting is not None:
        return ring0.suspended()
    if stop.kind == SLEEPING:
        path, task = ring0.suspended(), k.current
        before, task.stack_in_use = task.stack_in_use, ring0.regs[SP]
        k.schedule()
        task.stack_in_use = before
        return path
    if stop.kind in (PROBED, CTRL_C) and k.on_break is not None:
        path = ring0.suspended(last.overtime if last is not None and stop.kind == PROBED else 0)
        if k.on_break(stop.kind, user_regs is not None):
            return path
    if stop.kind in OVERTIME:
        if overtime < OVERTIME[stop.kind]:
            k.calls_left = 1 if stop.kind == BUDGET else k.calls_left
            return ring0.suspended(overtime + 1)
        words = "until Ctrl-C" if k.on_cut(stop.kind, 0) == CTRL_C else "for longer than a script may"
        oops.die(k, Lockup(f"kernel code looped {words}"), user_regs, ring0.regs)
        return None
    if is_mended(k, stop, ring0.regs):
        if k.cpu.ctrl_c.pressed:  # a loop of such faults
            return go_on(k, Stop(CTRL_C), last, user_regs)
        return ring0.suspended(overtime)
    k.clock.advance(FAULT_NS)
    bug = k.bug_at(ring0.regs[IP])
    if bug is not None and bug.is_warning:
        oops.warn_machine_code(k, bug, user_regs, ring0.regs)
        ring0.regs[IP] += UD2_SIZE
        if k.cpu.ctrl_c.pressed:  # a loop of warnings is one, too
            return go_on(k, Stop(CTRL_C), last, user_regs)
        return ring0.suspended(overtime)
    oops.die(k, trap_of(k, stop, ring0.regs), user_regs, ring0.regs)
    return None
