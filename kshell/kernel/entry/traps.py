"""Exceptions in user code: which signal each deserves.  Their words are in report/ (user_faults.py, why_signal.py).

C counterpart: arch/x86/kernel/traps.c, arch/x86/mm/fault.c.
"""

from __future__ import annotations

import re

from kshell.abi.c_types import U64
from kshell.abi.ptregs import AX, CX, DX, FLAGS, IP, ORIG_AX
from kshell.abi.signal import (
    FPE_FLTDIV,
    FPE_FLTINV,
    FPE_FLTOVF,
    FPE_FLTRES,
    FPE_FLTUND,
    FPE_INTDIV,
    ILL_ILLOPN,
    SEGV_ACCERR,
    SI_KERNEL,
    SIGBUS,
    SIGFPE,
    SIGILL,
    SIGKILL,
    SIGSEGV,
    SIGTRAP,
    TRAP_BRKPT,
    TRAP_TRACE,
)
from kshell.kernel.core.clock import INTERRUPT_NS
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.core.signal import Siginfo, force_sig_info
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.fault import error_code, handle_mm_fault
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.kernel.report import why_signal
from kshell.kernel.report.user_faults import log_segfault, log_trap
from kshell.kernel.task.task import Task
from kshell.kernel.vdso.vsyscall import emulate_vsyscall
from kshell.machine import stop as stops
from kshell.machine.ring0 import KernelPath
from kshell.machine.stop import Stop, closed_gate

TRAP_FLAG = 0x100
RDTSC = re.compile(rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf2\xf3]*\x0f(?:\x31|\x01\xf9)", re.DOTALL)  # and rdtscp
# si_code by the exception flags of the x87 or SSE status, in the order in which Linux looks (fpu__exception_code).
FPU_CODES = {1: FPE_FLTINV, 4: FPE_FLTDIV, 8: FPE_FLTOVF, 0x12: FPE_FLTUND, 0x20: FPE_FLTRES}
# By the vector: its name in the log, the signal, and the code.
TRAPS = {
    stops.DIVIDE_ERROR: ("trap divide error", SIGFPE, FPE_INTDIV),
    stops.BREAKPOINT: ("trap int3", SIGTRAP, SI_KERNEL),
    stops.OVERFLOW: ("trap overflow", SIGSEGV, SI_KERNEL),
}


def handle(k: Kernel, task: Task, stop: Stop) -> KernelPath | None:
    """Answer the exception that stopped `task`: mend it so that the run can go on, or send the task a signal.

    Where it was a call of machine code, the path through the kernel on which the run goes on.
    """
    k.clock.advance(INTERRUPT_NS)
    if stop.kind == stops.INTERRUPT and stop.vector in k.gates:
        return k.gates[stop.vector](k, task)
    task.regs[ORIG_AX] = U64  # -1: this is no system call
    if stop.kind == stops.PAGE_FAULT:
        page_fault(k, task, stop)
    elif stop.kind == stops.INTERRUPT:
        exception(k, task, stop)
    elif stop.kind == stops.UNDEFINED:
        trap(k, task, stops.UNDEFINED_OPCODE, SIGILL, ILL_ILLOPN, why_signal.NO_OPCODE, "trap invalid opcode")
    elif stop.kind == stops.SIMD_FAULT:
        floating_point(k, task, stops.SIMD, stop.vector, "SSE", "MXCSR does not mask")
    elif stop.kind == stops.SYSENTER:
        protection_fault(k, task, why_signal.SYSENTER)
    elif stop.kind == stops.PRIVILEGED:
        protection_fault(k, task, why_signal.PORTS)
    elif stop.kind == stops.TRIPLE_FAULT:
        raise KernelPanic(
            "triple fault: ring 0 has overwritten descriptors or page tables, which the CPU needs. Reboot"
        )
    else:
        raise RuntimeError(f"a run stopped for an unknown reason: {stop.kind} at {task.regs[IP]:#x}")
    return None


def page_fault(k: Kernel, task: Task, stop: Stop) -> None:
    """do_page_fault for user code."""
    ip, address, access = task.regs[IP], stop.address, stop.access
    if address >= TASK_SIZE_MAX and emulate_vsyscall(k, task, address, access):
        return
    signo, code = handle_mm_fault(k, task.mm, address, access) or (SIGSEGV, SEGV_ACCERR)
    if signo == SIGKILL:
        return  # it is sent already
    why = why_signal.page_fault(k, task, ip, stop, (signo, code))
    if signo == SIGSEGV and not task.signals.is_handled(signo):
        log_segfault(k, task, address, access)
    task.signals.trap = (stops.PAGE, error_code(task.mm, address, access, by_user=True), address)
    force_sig_info(k, Siginfo(signo, code, address, ip, why))


def exception(k: Kernel, task: Task, stop: Stop) -> None:
    """An exception by its vector (C: the exc_ or do_ function that the IDT has for it)."""
    if stop.vector in TRAPS:
        name, signo, code = TRAPS[stop.vector]
        trap(k, task, stop.vector, signo, code, why_signal.BY_VECTOR[stop.vector], name)
    elif stop.vector == stops.DEBUG:
        debug(k, task, stop)
    elif stop.vector == stops.STACK_SEGMENT:
        why = f"through rsp or rbp, {why_signal.no_address(stop)}"
        trap(k, task, stop.vector, SIGBUS, SI_KERNEL, why, "trap stack segment")
    elif stop.vector == stops.FPU:
        status, control = k.cpu.fpu_status()
        floating_point(k, task, stop.vector, status & ~control & 0x3F, "x87", "is not masked")
    else:
        general_protection(k, task, stop)


def general_protection(k: Kernel, task: Task, stop: Stop) -> None:
    """#GP in user code: rdtsc is answered, for the rest there is a signal."""
    gate = closed_gate(stop.error)
    if gate is not None:
        why = why_signal.closed_gate(gate)
    elif stop.address:
        why = why_signal.no_address(stop)
    elif (rdtsc := RDTSC.match(copy_from_user(k, task.regs[IP], 15))) is not None:
        return read_time_stamp(k, task, rdtsc.end())
    else:
        why = why_signal.PRIVILEGED
    return protection_fault(k, task, why, stop.error)


def protection_fault(k: Kernel, task: Task, why: str, error: int = 0) -> None:
    """SIGSEGV without an address.  `error` is the code that the CPU pushed."""
    name = "general protection fault" if k.profile.version >= (5, 0) else "general protection"
    trap(k, task, stops.GENERAL_PROTECTION, SIGSEGV, SI_KERNEL, why, name, error)


def debug(k: Kernel, task: Task, stop: Stop) -> None:
    """#DB: a single step, or int1, which leaves nothing in DR6 (and another si_addr: the instruction itself)."""
    ip = task.regs[IP]
    if stop.error & stops.DR_STEP:
        task.regs[FLAGS] &= ~TRAP_FLAG
        trap(k, task, stops.DEBUG, SIGTRAP, TRAP_TRACE, why_signal.SINGLE_STEP)
    else:
        task.signals.trap = (stops.DEBUG, 0, task.signals.trap[2])
        force_sig_info(k, Siginfo(SIGTRAP, TRAP_BRKPT, ip, stop.address, why_signal.INT1))


def floating_point(k: Kernel, task: Task, vector: int, flags: int, instruction: str, open_by: str) -> None:
    """#MF or #XM; `flags` are the exceptions that were met and are not masked (C: math_error)."""
    code = next((code for bits, code in FPU_CODES.items() if flags & bits), 0)
    trap(k, task, vector, SIGFPE, code, why_signal.floating_point(code, instruction, open_by))


def read_time_stamp(k: Kernel, task: Task, length: int) -> None:
    """rdtsc and rdtscp by the simulated clock, 1 GHz, on CPU 0."""
    regs = task.regs
    code = copy_from_user(k, regs[IP], length)
    regs[AX], regs[DX] = k.clock.ns & 0xFFFFFFFF, k.clock.ns >> 32
    if code.endswith(b"\xf9"):
        regs[CX] = 0
    regs[IP] += length


def trap(k: Kernel, task: Task, vector: int, signo: int, code: int, why: str, log: str = "", error: int = 0) -> None:
    """Send a signal for the instruction that the task is at, and `log` it if the task has no handler (C: do_trap).
    `error` is the code that the CPU pushed."""
    ip = task.regs[IP]
    if log and not task.signals.is_handled(signo):
        log_trap(k, task, log, error)
    task.signals.trap = (vector, error, task.signals.trap[2])
    force_sig_info(k, Siginfo(signo, code, None if code == SI_KERNEL else ip, ip, why))
