"""Exceptions in user code: which signal each deserves, and the line that Linux writes about it.

C counterpart: arch/x86/kernel/traps.c, arch/x86/mm/fault.c.
"""

from __future__ import annotations

import os
import re

from kshell.abi import ptregs, signal
from kshell.abi.loglevel import KERN_INFO
from kshell.kernel.core.clock import INTERRUPT_NS
from kshell.kernel.core.layout import TASK_SIZE_MAX, USER_TEXT
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.oom import handle_mm_fault, out_of_memory
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.kernel.report.show_regs import OPCODE_BYTES, OPCODE_PROLOGUE, opcodes_missing
from kshell.kernel.task.task import Task, do_exit
from kshell.machine import stop as stops
from kshell.machine.paging import FETCH, PRESENT, USER, WRITE
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE
from kshell.machine.stop import Stop, closed_gate

LINUX_SYSCALL = 0x80
TRAP_FLAG = 0x100
RDTSC = re.compile(rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf2\xf3]*\x0f(?:\x31|\x01\xf9)", re.DOTALL)  # and rdtscp
ACCESS_VERB = {WRITE: "wrote to", FETCH: "jumped to"}
# si_code by the exception flags of the x87 or SSE status, in the order in which Linux looks (fpu__exception_code).
FPU_CODES = {
    1: signal.FPE_FLTINV,
    4: signal.FPE_FLTDIV,
    8: signal.FPE_FLTOVF,
    0x12: signal.FPE_FLTUND,
    0x20: signal.FPE_FLTRES,
}
FPU_WORDS = {signal.FPE_FLTDIV: "a division by zero", signal.FPE_FLTINV: "an operation without a result, such as 0/0"}


def handle(k: Kernel, task: Task, stop: Stop) -> None:
    """Answer the exception that stopped `task`: mend it so that the run can go on, or end the task by a signal."""
    k.clock.advance(INTERRUPT_NS)
    ip = task.regs[ptregs.IP]
    if stop.kind == stops.PAGE_FAULT:
        page_fault(k, task, stop)
    elif stop.kind == stops.INTERRUPT:
        exception(k, task, stop)
    elif stop.kind == stops.UNDEFINED:
        invalid_opcode(k, task)
    elif stop.kind == stops.SIMD_FAULT:
        floating_point(k, task, stop.vector, "an SSE instruction met {}, which MXCSR does not mask")
    elif stop.kind == stops.SYSENTER:
        protection_fault(k, task, "sysenter is the way in of 32-bit programs, and this kernel runs none")
    elif stop.kind == stops.PRIVILEGED:
        protection_fault(k, task, "only the kernel may talk to ports (in, out)")
    elif stop.kind == stops.TRIPLE_FAULT:
        raise KernelPanic(
            "triple fault: ring 0 has overwritten descriptors or page tables, which the CPU needs. Reboot"
        )
    else:
        raise RuntimeError(f"a run stopped for an unknown reason: {stop.kind} at {ip:#x}")


def page_fault(k: Kernel, task: Task, stop: Stop) -> None:
    """do_page_fault for user code."""
    ip, address, access = task.regs[ptregs.IP], stop.address, stop.access
    if address < TASK_SIZE_MAX:
        signo, code = handle_mm_fault(k, task.mm, address, access) or (signal.SIGSEGV, signal.SEGV_ACCERR)
    else:
        signo, code = signal.SIGSEGV, signal.SEGV_MAPERR  # to user code the kernel's half does not exist
    if signo == signal.SIGKILL:
        return kill(k, task, out_of_memory(k))
    verb = ACCESS_VERB.get(access, "read")
    why = f"it {verb} {address:#x}: {_why_not(task, address, signo, code)}{_hint(k, task, ip, access)}"
    if signo == signal.SIGSEGV:
        _log_segfault(k, task, address, access)
    return kill(k, task, Siginfo(signo, code, address, ip, why))


def _why_not(task: Task, address: int, signo: int, code: int) -> str:
    if signo == signal.SIGBUS:
        return "the mapped file ends before that page"
    if address >= TASK_SIZE_MAX:
        return "that is kernel memory, and the page tables close it to ring 3"
    if code == signal.SEGV_ACCERR:
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


def exception(k: Kernel, task: Task, stop: Stop) -> None:
    """An exception by its vector (C: the exc_ or do_ function that the IDT has for it)."""
    ip, vector = task.regs[ptregs.IP], stop.vector
    if vector == stops.DIVIDE_ERROR:
        _log_trap(k, task, "trap divide error")
        why = "an integer was divided by zero, or the quotient does not fit"
        kill(k, task, Siginfo(signal.SIGFPE, signal.FPE_INTDIV, ip, ip, why))
    elif vector == stops.DEBUG:
        debug(k, task, stop)
    elif vector == stops.BREAKPOINT:
        _log_trap(k, task, "trap int3")
        kill(
            k,
            task,
            Siginfo(signal.SIGTRAP, signal.SI_KERNEL, None, ip, "int3 is a breakpoint, and no debugger is there"),
        )
    elif vector == stops.OVERFLOW:
        _log_trap(k, task, "trap overflow")
        why = "int 4 means that a sum did not fit (overflow), and ends the program"
        kill(k, task, Siginfo(signal.SIGSEGV, signal.SI_KERNEL, None, ip, why))
    elif vector == stops.STACK_SEGMENT:
        _log_trap(k, task, "trap stack segment")
        kill(k, task, Siginfo(signal.SIGBUS, signal.SI_KERNEL, None, ip, f"through rsp or rbp, {_no_address(stop)}"))
    elif vector == stops.FPU:
        status, control = k.cpu.fpu_status()
        floating_point(k, task, status & ~control & 0x3F, "an x87 instruction met {}, which is not masked")
    else:
        general_protection(k, task, stop)


def general_protection(k: Kernel, task: Task, stop: Stop) -> None:
    """#GP in user code: rdtsc is answered, for the rest the task is killed."""
    gate = closed_gate(stop.error)
    if gate == LINUX_SYSCALL:
        why = "int 0x80 is the way in of 32-bit programs, and this kernel runs none: use syscall"
    elif gate is not None:
        why = f"int {gate:#x} goes through a gate that is closed to user code"
    elif stop.address:
        why = _no_address(stop)
    elif (rdtsc := RDTSC.match(copy_from_user(k, task.regs[ptregs.IP], 15))) is not None:
        return read_time_stamp(k, task, rdtsc.end())
    else:
        why = "that instruction is the kernel's alone (privileged), or loads what it may not"
    return protection_fault(k, task, why, stop.error)


def _no_address(stop: Stop) -> str:
    verb = ACCESS_VERB.get(stop.access, "read")
    return f"it {verb} {stop.address:#x}, which is no address: bits 48 to 63 must repeat bit 47"


def protection_fault(k: Kernel, task: Task, why: str, error: int = 0) -> None:
    """signal.SIGSEGV without an address.  `error` is the code that the CPU pushed."""
    _log_trap(k, task, "general protection fault" if k.profile.version >= (5, 0) else "general protection", error)
    kill(k, task, Siginfo(signal.SIGSEGV, signal.SI_KERNEL, None, task.regs[ptregs.IP], why))


def debug(k: Kernel, task: Task, stop: Stop) -> None:
    """#DB: a single step, or int1, which leaves nothing in DR6."""
    ip = task.regs[ptregs.IP]
    if stop.error & stops.DR_STEP:
        task.regs[ptregs.FLAGS] &= ~TRAP_FLAG
        why = "the trap flag (TF) is set: the CPU stops after each instruction"
        kill(k, task, Siginfo(signal.SIGTRAP, signal.TRAP_TRACE, ip, ip, why))
    else:
        why = "int1 is a debug trap, and no debugger is there"
        kill(k, task, Siginfo(signal.SIGTRAP, signal.TRAP_BRKPT, ip, stop.address, why))


def floating_point(k: Kernel, task: Task, flags: int, why: str) -> None:
    """#MF or #XM; `flags` are the exceptions that were met and are not masked (C: math_error)."""
    ip = task.regs[ptregs.IP]
    code = next((code for bits, code in FPU_CODES.items() if flags & bits), 0)
    words = FPU_WORDS.get(code, "a result that cannot be represented")
    kill(k, task, Siginfo(signal.SIGFPE, code, ip, ip, why.format(words)))


def read_time_stamp(k: Kernel, task: Task, length: int) -> None:
    """rdtsc and rdtscp by the simulated clock, 1 GHz, on CPU 0."""
    regs = task.regs
    code = copy_from_user(k, regs[ptregs.IP], length)
    regs[ptregs.AX], regs[ptregs.DX] = k.clock.ns & 0xFFFFFFFF, k.clock.ns >> 32
    if code.endswith(b"\xf9"):
        regs[ptregs.CX] = 0
    regs[ptregs.IP] += length


def invalid_opcode(k: Kernel, task: Task) -> None:
    """#UD."""
    ip = task.regs[ptregs.IP]
    _log_trap(k, task, "trap invalid opcode")
    kill(k, task, Siginfo(signal.SIGILL, signal.ILL_ILLOPN, ip, ip, "the CPU knows no such instruction"))


def kill(k: Kernel, task: Task, info: Siginfo) -> None:
    """No handler can be installed here yet: a signal that an exception forces ends the task."""
    do_exit(k, task, None, info)


def _where(k: Kernel, task: Task) -> str:
    """`` in prog[401000+1000]``; nothing for memory that shows no file, such as the heap (C: print_vma_addr)."""
    ip = task.regs[ptregs.IP]
    vma = task.mm.find(ip)
    if vma is None or (vma.inode is None and vma.name != task.comm):
        return ""
    # A program's text begins behind the first page of its file, where an ELF file has its headers.
    start_in_file = vma.offset if vma.inode is not None else max(vma.start - USER_TEXT + PAGE_SIZE, 0)
    offset = f"{ip - vma.start + start_in_file:x}," if k.profile.version >= (6, 10) else ""
    return f" in {os.path.basename(vma.name)}[{offset}{vma.start:x}+{vma.end - vma.start:x}]"


def _opcodes(k: Kernel, ip: int) -> str:
    """The bytes around `ip`, as far as its page goes, that one in angle brackets (C: show_opcodes)."""
    start = max(ip - OPCODE_PROLOGUE, ip & PAGE_MASK)
    size = min(ip - start + OPCODE_BYTES - OPCODE_PROLOGUE, (start | ~PAGE_MASK) + 1 - start)
    code = copy_from_user(k, start, size)
    if start + len(code) <= ip:
        return opcodes_missing(k, ip)
    return " ".join(f"<{byte:02x}>" if start + at == ip else f"{byte:02x}" for at, byte in enumerate(code))


def _log_segfault(k: Kernel, task: Task, address: int, access: int) -> None:
    """C: show_signal_msg()."""
    regs = task.regs
    error = 4 | (2 if access == WRITE else 0) | (0x10 if access == FETCH else 0)
    entry = task.mm.pages.entry(address)
    if entry & PRESENT and (entry & USER or address >= TASK_SIZE_MAX):
        error |= 1
    cpu0 = " likely on CPU 0 (core 0, socket 0)" if k.profile.version >= (6, 1) else ""
    k.printk(
        KERN_INFO,
        f"{task.comm}[{task.pid}]: segfault at {address:x} ip {regs[ptregs.IP]:016x} sp {regs[ptregs.SP]:016x} "
        f"error {error:x}{_where(k, task)}{cpu0}",
    )
    k.printk(KERN_INFO, f"Code: {_opcodes(k, regs[ptregs.IP])}")


def _log_trap(k: Kernel, task: Task, what: str, error: int = 0) -> None:
    """C: show_signal() and do_general_protection()."""
    regs = task.regs
    registers = f"ip:{regs[ptregs.IP]:x} sp:{regs[ptregs.SP]:x}"
    k.printk(KERN_INFO, f"traps: {task.comm}[{task.pid}] {what} {registers} error:{error:x}{_where(k, task)}")
