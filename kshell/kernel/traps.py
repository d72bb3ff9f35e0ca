"""Exceptions in user code: which signal each deserves, and the line that Linux writes about it.

C counterpart: arch/x86/kernel/traps.c, arch/x86/mm/fault.c.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kshell.abi import ptregs
from kshell.abi.loglevel import KERN_INFO
from kshell.abi.signal import (
    BUS_ADRERR,
    FPE_FLTDIV,
    FPE_FLTINV,
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
from kshell.kernel.clock import INTERRUPT_NS
from kshell.kernel.layout import TASK_SIZE_MAX
from kshell.kernel.task import Siginfo, Task, do_exit
from kshell.kernel.uaccess import copy_from_user
from kshell.machine import cpu
from kshell.machine.paging import FETCH, PRESENT, USER, WRITE, is_canonical

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

DIVIDE, DEBUG, BREAKPOINT, SIMD = 0, 1, 3, 19
PREFIXES = rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3]*"
DIVIDES = re.compile(PREFIXES + rb"[\xf6\xf7][\x30-\x3f\x70-\x7f\xb0-\xbf\xf0-\xff]", re.DOTALL)
PORT_STRINGS = re.compile(PREFIXES + rb"[\x6c-\x6f]", re.DOTALL)
RDTSC = b"\x0f\x31"
RDPMC = b"\x0f\x33"
INT1 = b"\xf1"
ACCESS_VERB = {WRITE: "wrote to", FETCH: "jumped to"}


def handle(k: Kernel, task: Task, stop: cpu.Stop) -> None:
    """Answer the exception that stopped `task`: mend it so that the run can go on, or end the task by a signal."""
    k.clock.ns += INTERRUPT_NS
    ip = task.regs[ptregs.IP]
    if stop.kind == cpu.PAGE_FAULT:
        page_fault(k, task, stop.address, stop.access)
    elif stop.kind == cpu.INTERRUPT:
        interrupt(k, task, stop.vector)
    elif stop.kind == cpu.UNDEFINED:
        undefined(k, task)
    elif stop.kind == cpu.SYSENTER:
        general_protection(k, task, "sysenter is the way in of 32-bit programs, and this kernel runs none")
    elif stop.kind == cpu.PRIVILEGED:
        general_protection(k, task, "only the kernel may talk to ports (in, out)")
    else:
        raise RuntimeError(f"a run stopped for an unknown reason: {stop.kind} at {ip:#x}")


def page_fault(k: Kernel, task: Task, address: int, access: int) -> None:
    """do_page_fault for user code; `address` is what CR2 would hold."""
    ip = task.regs[ptregs.IP]
    if access != FETCH and PORT_STRINGS.match(copy_from_user(k, ip, 15)):
        return general_protection(k, task, "only the kernel may talk to ports (ins, outs)")
    if not is_canonical(address):
        return _non_canonical(k, task, address)
    if address < TASK_SIZE_MAX:
        signo, code = task.mm.fault(address, access) or (SIGSEGV, SEGV_ACCERR)
    else:
        signo, code = SIGSEGV, 1  # SEGV_MAPERR: to user code the kernel's half does not exist
    if signo == SIGKILL:
        return kill(k, task, Siginfo(SIGKILL, why="the machine ran out of memory, and the kernel chose this task"))
    verb = ACCESS_VERB.get(access, "read")
    why = f"it {verb} {address:#x}: {_why_not(task, address, signo, code)}{_hint(k, task, ip, access)}"
    if signo == SIGSEGV:
        _log_segfault(k, task, address, access)
    return kill(k, task, Siginfo(signo, code, address, ip, why))


def _why_not(task: Task, address: int, signo: int, code: int) -> str:
    if signo == SIGBUS:
        return "the mapped file ends before that page"
    if address >= TASK_SIZE_MAX:
        return "that is kernel memory, and the page tables close it to ring 3"
    if code == SEGV_ACCERR:
        vma = task.mm.find(address)
        letters = "".join(c if vma.prot & b else "-" for c, b in (("r", 1), ("w", 2), ("x", 4))) if vma else "---"
        return f"that page is mapped, but only {letters}"
    if address < 4096:
        return "nothing is mapped in the first page, so that a NULL pointer is found out"
    sp = task.regs[ptregs.SP]
    if abs(sp - address) < 1 << 16 and not task.mm.find(address) and address > 1 << 46:
        return "nothing is mapped there: the stack has outgrown its limit of 8 MiB"
    return "nothing is mapped there"


def _hint(k: Kernel, task: Task, ip: int, access: int) -> str:
    if access != FETCH and copy_from_user(k, ip, 2) == b"\0\0":
        return (
            ". The instruction is 00 00 = add byte ptr [rax], al: the program ran past its last instruction "
            "into zeros; end it with exit(2)"
        )
    return ""


def _non_canonical(k: Kernel, task: Task, address: int) -> None:
    from kshell.machine.disassembler import memory_operand

    ip = task.regs[ptregs.IP]
    code = copy_from_user(k, ip, 15)
    operand = memory_operand(code, ip) if code else None
    why = f"{address:#x} is not canonical: bits 48 to 63 must repeat bit 47"
    if operand is not None and operand.stack:
        _log_trap(k, task, "stack segment")
        kill(k, task, Siginfo(SIGBUS, SI_KERNEL, None, ip, why + ", and it went through the stack pointer (#SS)"))
    else:
        general_protection(k, task, why)


def general_protection(k: Kernel, task: Task, why: str) -> None:
    """#GP in user code: SIGSEGV without an address."""
    _log_trap(k, task, "general protection fault" if k.profile.oops_style == "6.19" else "general protection")
    kill(k, task, Siginfo(SIGSEGV, SI_KERNEL, None, task.regs[ptregs.IP], why))


def interrupt(k: Kernel, task: Task, vector: int) -> None:
    """An exception by its vector, or an `int n`, which stops with the same number but with rip behind it."""
    regs = task.regs
    ip = regs[ptregs.IP]
    before = copy_from_user(k, ip - 2, 2) if ip >= 2 else b""
    is_software = before == bytes((0xCD, vector))
    code = copy_from_user(k, ip, 15)
    if vector == BREAKPOINT:
        _log_trap(k, task, "int3")
        return kill(k, task, Siginfo(SIGTRAP, SI_KERNEL, None, ip, "int3 is a breakpoint, and no debugger is there"))
    if vector == DIVIDE and not (is_software and not DIVIDES.match(code)):
        _log_trap(k, task, "divide error", "trap ")
        why = "an integer was divided by zero, or the quotient does not fit"
        return kill(k, task, Siginfo(SIGFPE, FPE_INTDIV, ip, ip, why))
    if vector == DEBUG and not is_software:
        regs[ptregs.FLAGS] &= ~0x100
        why = "the trap flag (TF) is set: the CPU stops after each instruction"
        return kill(k, task, Siginfo(SIGTRAP, TRAP_TRACE, ip, ip, why))
    if vector == SIMD:
        return simd_exception(k, task, FPE_FLTDIV)
    if is_software:
        regs[ptregs.IP] = ip - 2
        if vector == 0x80:
            return general_protection(k, task, "int 0x80 is the way in of 32-bit programs, and this kernel runs none: use syscall")
        return general_protection(k, task, f"int {vector:#x} goes through a gate that is closed to user code")
    if code.startswith(RDTSC):
        return read_time_stamp(k, task, len(RDTSC))
    return general_protection(k, task, "that instruction is the kernel's alone (privileged), or loads what it may not")


def simd_exception(k: Kernel, task: Task, code: int) -> None:
    """#XM: an SSE instruction met a condition that MXCSR does not mask."""
    ip = task.regs[ptregs.IP]
    what = {FPE_FLTDIV: "division by zero", FPE_FLTINV: "an invalid operation"}.get(code, "an exception")
    kill(k, task, Siginfo(SIGFPE, code, ip, ip, f"an SSE instruction met {what}, which MXCSR does not mask"))


def read_time_stamp(k: Kernel, task: Task, length: int) -> None:
    """rdtsc by the simulated clock, 1 GHz."""
    regs = task.regs
    regs[ptregs.AX], regs[ptregs.DX] = k.clock.ns & 0xFFFFFFFF, k.clock.ns >> 32
    regs[ptregs.IP] += length


def undefined(k: Kernel, task: Task) -> None:
    """#UD, and what the emulator takes for one."""
    ip = task.regs[ptregs.IP]
    code = copy_from_user(k, ip, 15)
    if code.startswith(RDPMC):
        return general_protection(k, task, "only the kernel may read performance counters (rdpmc)")
    if code.startswith(INT1):
        task.regs[ptregs.IP] = ip + 1
        return kill(k, task, Siginfo(SIGTRAP, TRAP_BRKPT, ip + 1, ip, "int1 is a debug trap, and no debugger is there"))
    _log_trap(k, task, "invalid opcode", "trap ")
    return kill(k, task, Siginfo(SIGILL, ILL_ILLOPN, ip, ip, "the CPU knows no such instruction"))


def kill(k: Kernel, task: Task, signal: Siginfo) -> None:
    """No handler can be installed here yet: a signal that an exception forces ends the task."""
    do_exit(k, task, None, signal)


def _where(task: Task) -> str:
    name = task.mm.name_of(task.regs[ptregs.IP])
    return f" in {name}" if name else ""


def _log_segfault(k: Kernel, task: Task, address: int, access: int) -> None:
    """C: show_signal_msg()."""
    regs = task.regs
    error = 4 | (2 if access == WRITE else 0) | (0x10 if access == FETCH else 0)
    entry = task.mm.pages.entry(address)
    if entry & PRESENT and (entry & USER or address >= TASK_SIZE_MAX):
        error |= 1
    cpu0 = " likely on CPU 0 (core 0, socket 0)" if k.profile.oops_style == "6.19" else ""
    k.printk(
        KERN_INFO,
        f"{task.comm}[{task.pid}]: segfault at {address:x} ip {regs[ptregs.IP]:016x} sp {regs[ptregs.SP]:016x} "
        f"error {error:x}{_where(task)}{cpu0}",
    )


def _log_trap(k: Kernel, task: Task, what: str, kind: str = "") -> None:
    """C: show_signal() and do_general_protection()."""
    regs = task.regs
    if what in ("int3", "stack segment"):
        kind = "trap "
    k.printk(
        KERN_INFO,
        f"traps: {task.comm}[{task.pid}] {kind}{what} ip:{regs[ptregs.IP]:x} sp:{regs[ptregs.SP]:x} error:0{_where(task)}",
    )


__all__ = ["BUS_ADRERR", "handle", "kill", "simd_exception"]
