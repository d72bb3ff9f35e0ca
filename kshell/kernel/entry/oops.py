"""Oops: what kills the kernel's present task, and how the kernel tells it.

C counterpart: arch/x86/kernel/dumpstack.c, arch/x86/mm/fault.c, lib/bug.c.  The wording of a report is in
report/oops_report.py and why_oops.py, and which functions were running in report/stacktrace.py; here is what each kind
of death means.
"""

from __future__ import annotations

import sys

from kshell.abi.signal import SIGKILL, SIGSEGV
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import BugEntry, KernelPanic, Lockup
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.oom import out_of_memory
from kshell.kernel.report import oops_report
from kshell.kernel.report.oops_report import describe
from kshell.kernel.report.stacktrace import kernel_frames, running_frames
from kshell.kernel.report.taint import add_taint
from kshell.kernel.report.unwind import machine_frames
from kshell.kernel.report.why_oops import why_oopsed
from kshell.kernel.task.task import TaskExit, do_exit
from kshell.machine.ram import OutOfMemory


def die(k: Kernel, error: BaseException, regs: memoryview | None = None, machine: memoryview | None = None) -> None:
    """Report `error`, which came out of kernel code, taint the kernel and kill the current task.

    `regs` is pt_regs if a system call brought us here; `machine` are the registers of ring 0 if machine code was
    running, or has called the body that raised it.  Raises KernelPanic where even the report fails, since a module
    has overwritten what it needs.
    """
    try:
        _die(k, error, regs, machine)
    except Exception as second:  # this is the last line of defence: what fails here is broken beyond repair
        raise KernelPanic(f"{describe(error)}, and its report failed: {describe(second)}") from error


def _die(k: Kernel, error: BaseException, regs: memoryview | None, machine: memoryview | None) -> None:
    """Each kind of death: no memory left, a loop without an end, and an oops proper."""
    if isinstance(error, TaskExit):
        return
    task = k.current
    frames = kernel_frames(k, error)
    if machine is not None:
        running = machine_frames(k, machine, regs is not None)
        frames += running[1:] if frames else running  # a body's own frame is Python's
    begin = k.log.written
    if isinstance(error, OutOfMemory):
        signal = out_of_memory(k)
    elif isinstance(error, Lockup):
        oops_report.lockup(k, frames, regs, machine)
        why = f"{error}. On Linux nothing could have stopped it but a reboot; kshell ends the task"
        signal = Siginfo(SIGKILL, why=why)
    else:
        k.oopses += 1
        k.taint.debug_locks = False
        oops_report.oops(k, error, frames, regs, machine)
        add_taint(k, "D", lockdep_still_ok=False)
        why = f"the kernel oopsed while it worked for this task: {why_oopsed(k, error, frames)}"
        paging = isinstance(error, KernelFault) and not error.is_general_protection
        signal = Siginfo(SIGKILL if paging else SIGSEGV, why=why)
    if not isinstance(error, OutOfMemory):
        k.last_oops = k.last_report = oops_report.known(k, begin, signal.why, frames, machine)
    do_exit(k, task, None, signal)


def warn(k: Kernel, text: str = "") -> None:
    """Report what must not be, taint the kernel, and go on; the caller is the place (C: WARN, WARN_ON)."""
    frames = running_frames(k, sys._getframe(1))
    if k.cpu.mmu.ring == 3:
        oops_report.warning(k, text, frames)
        return
    machine, in_call = k.cpu.ring0.regs, k.cpu.ring0.user_frame is not None
    body, *callers = machine_frames(k, machine, in_call)
    if len(frames) == 1:
        frames = [frames[0]._replace(symbol=body.symbol)]
    oops_report.warning(k, text, [*frames, *callers], k.current.regs if in_call else None, machine)


def warn_machine_code(k: Kernel, bug: BugEntry, regs: memoryview | None, machine: memoryview) -> None:
    """The same for the ud2 of a WARN() in machine code."""
    frames = machine_frames(k, machine, regs is not None)
    frames[0] = frames[0]._replace(file=bug.file, line=bug.line)
    oops_report.warning(k, "", frames, regs, machine)


def dump_stack(k: Kernel) -> None:
    """Say who runs and how it came to the caller (C: dump_stack)."""
    if k.cpu.mmu.ring == 3:
        oops_report.dump_stack(k, running_frames(k, sys._getframe(1)))
    else:
        ring0 = k.cpu.ring0
        oops_report.dump_stack(k, machine_frames(k, ring0.regs, ring0.user_frame is not None))
