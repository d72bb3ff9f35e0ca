"""Oops: what kills the kernel's present task, and how the kernel tells it.

C counterpart: arch/x86/kernel/dumpstack.c, arch/x86/mm/fault.c, lib/bug.c.  The wording of a report is in
oops_report.py, and which functions were running in stacktrace.py; here is what each kind of death means.
"""

from __future__ import annotations

import os
import sys

from kshell.abi.signal import SIGKILL, SIGSEGV
from kshell.kernel.core.layout import MODULES, MODULES_SIZE, TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import (
    Bug,
    BugEntry,
    CpuException,
    InvalidOpcode,
    KernelPanic,
    SoftLockup,
    StackOverflow,
)
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.core.taint import add_taint
from kshell.kernel.entry.stacktrace import kernel_frames, running_frames
from kshell.kernel.entry.unwind import machine_frames
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.oom import out_of_memory
from kshell.kernel.report import oops_report
from kshell.kernel.report.oops_report import describe
from kshell.kernel.report.show_regs import Frame
from kshell.kernel.task.task import TaskExit, do_exit
from kshell.machine.paging import FETCH, WRITE
from kshell.machine.ram import PAGE_SIZE, OutOfMemory


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
    elif isinstance(error, SoftLockup):
        oops_report.soft_lockup(k, frames, regs, machine)
        why = f"{error}. On Linux nothing could have stopped it but a reboot; kshell ends the task"
        signal = Siginfo(SIGKILL, why=why)
    else:
        k.oopses += 1
        k.taint.debug_locks = False
        oops_report.oops(k, error, frames, regs, machine)
        add_taint(k, "D", lockdep_still_ok=False)
        why = f"the kernel oopsed while it worked for this task: {explain(k, error, frames)}"
        paging = isinstance(error, KernelFault) and not error.is_general_protection
        signal = Siginfo(SIGKILL if paging else SIGSEGV, why=why)
    if not isinstance(error, OutOfMemory):
        k.last_oops = oops_report.known(k, begin, signal.why, frames, machine)
    do_exit(k, task, None, signal)


def explain(k: Kernel, error: BaseException, frames: list[Frame]) -> str:
    """Why it oopsed, in a sentence for the person at the shell."""
    if isinstance(error, InvalidOpcode):
        return f"the CPU knows no such instruction as that at {k.symbols.describe(error.address)}"
    if isinstance(error, SoftLockup | Bug):
        return str(error)
    place = f"{os.path.basename(frames[0].file)}:{frames[0].line}: " if frames and frames[0].file else ""
    if isinstance(error, CpuException | StackOverflow):
        return place + str(error)
    if not isinstance(error, KernelFault):
        return place + describe(error)
    verb = {WRITE: "wrote to", FETCH: "called"}.get(error.access, "read")
    here = place if frames and frames[0].symbol.endswith("]") else ""
    return f"{here}it {verb} {error.address:#x}, and {_why_fault(k, error)}"


def _why_fault(k: Kernel, fault: KernelFault) -> str:
    """Why the kernel may not touch that address."""
    address = fault.address
    if fault.is_general_protection:
        return "that is no address: bits 48 to 63 must repeat bit 47"
    if address < PAGE_SIZE:
        if fault.access == FETCH and address:
            return (
                f"that is the number {address} and no function: where a function belongs, a pointer was given what one "
                "returned (k[STUB] = f(...) stores a number, k[STUB] = f the function)"
            )
        return "that is a NULL pointer"
    if address < TASK_SIZE_MAX:
        if not fault.error_code & 1:
            return "nothing is mapped there"
        if fault.access == FETCH:
            return "that is user memory, which the kernel must not execute (SMEP)"
        return "that is user memory, which the kernel may touch by copy_from_user and copy_to_user only (SMAP)"
    if fault.error_code & 1:
        symbol = k.symbols.around(address)
        name = f" ({symbol.name})" if symbol else ""
        return "that memory is no code (NX)" if fault.access == FETCH else f"that memory is read-only{name}"
    if MODULES <= address < MODULES + MODULES_SIZE and k.last_unloaded:
        return f"nothing lives there any more: a module was unloaded ({k.last_unloaded} last), and its address was kept"
    return "nothing is mapped there"


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
    oops_report.dump_stack(k, running_frames(k, sys._getframe(1)))
