"""Exceptions in user code: which signal each deserves, and the line that Linux writes about it.

C counterpart: arch/x86/kernel/traps.c, arch/x86/mm/fault.c.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from kshell.abi import ptregs
from kshell.abi.loglevel import KERN_INFO
from kshell.abi.signal import (
    FPE_FLTDIV,
    FPE_FLTINV,
    FPE_FLTOVF,
    FPE_FLTRES,
    FPE_FLTUND,
    FPE_INTDIV,
    ILL_ILLOPN,
    SEGV_ACCERR,
    SEGV_MAPERR,
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
from kshell.kernel.core.layout import TASK_SIZE_MAX, USER_TEXT
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.mm.oom import handle_mm_fault, out_of_memory
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.kernel.report.oops_report import OPCODE_BYTES, OPCODE_PROLOGUE, opcodes_missing
from kshell.kernel.task.task import Task, do_exit
from kshell.machine.paging import FETCH, PRESENT, USER, WRITE, is_canonical
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE
from kshell.machine.stop import INTERRUPT, PAGE_FAULT, PRIVILEGED, SIMD_FAULT, SYSENTER, UNDEFINED, Stop

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

DIVIDE, DEBUG, BREAKPOINT, OVERFLOW, UNDEFINED_OPCODE, FPU = 0, 1, 3, 4, 6, 16
LINUX_SYSCALL = 0x80
TRAP_FLAG = 0x100
PREFIXES = rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf2\xf3]*"


def _instruction(opcode: bytes) -> re.Pattern[bytes]:
    return re.compile(PREFIXES + opcode, re.DOTALL)


DIVIDES = _instruction(rb"[\xf6\xf7][\x30-\x3f\x70-\x7f\xb0-\xbf\xf0-\xff]")
PORT_STRINGS = _instruction(rb"[\x6c-\x6f]")
RDTSC = _instruction(rb"\x0f(?:\x31|\x01\xf9)")  # and rdtscp
INT1 = _instruction(rb"\xf1")
# Taken for undefined by the emulator, but #GP on a real CPU: rdpmc, sysret, int 6.
NOT_UNDEFINED = _instruction(rb"(?:\x0f\x33|\x0f\x07|\xcd\x06)")
# The other way round: control registers that do not exist.
NO_SUCH_CONTROL_REGISTER = re.compile(
    rb"[\x66\xf2\xf3]*(?:[\x40-\x43\x48-\x4b]?\x0f[\x20\x22][\xc8-\xcf\xe8-\xff]|[\x44-\x47\x4c-\x4f]\x0f[\x20\x22][\xc8-\xff])"
)
ACCESS_VERB = {WRITE: "wrote to", FETCH: "jumped to"}
# si_code by the exception flags of the x87 or SSE status, in the order in which Linux looks (fpu__exception_code).
FPU_CODES = ((1, FPE_FLTINV), (4, FPE_FLTDIV), (8, FPE_FLTOVF), (0x12, FPE_FLTUND), (0x20, FPE_FLTRES))
FPU_WORDS = {FPE_FLTDIV: "a division by zero", FPE_FLTINV: "an operation without a result, such as 0/0"}


def handle(k: Kernel, task: Task, stop: Stop) -> None:
    """Answer the exception that stopped `task`: mend it so that the run can go on, or end the task by a signal."""
    k.clock.ns += INTERRUPT_NS
    ip = task.regs[ptregs.IP]
    if stop.kind == PAGE_FAULT:
        page_fault(k, task, stop)
    elif stop.kind == INTERRUPT:
        interrupt(k, task, stop.vector)
    elif stop.kind == UNDEFINED:
        undefined(k, task)
    elif stop.kind == SIMD_FAULT:
        floating_point(k, task, stop.vector, "an SSE instruction met {}, which MXCSR does not mask")
    elif stop.kind == SYSENTER:
        general_protection(k, task, "sysenter is the way in of 32-bit programs, and this kernel runs none")
    elif stop.kind == PRIVILEGED:
        general_protection(k, task, "only the kernel may talk to ports (in, out)")
    else:
        raise RuntimeError(f"a run stopped for an unknown reason: {stop.kind} at {ip:#x}")


def page_fault(k: Kernel, task: Task, stop: Stop) -> None:
    """do_page_fault for user code."""
    ip, address, access = task.regs[ptregs.IP], stop.address, stop.access
    if access != FETCH and PORT_STRINGS.match(copy_from_user(k, ip, 15)):
        return general_protection(k, task, "only the kernel may talk to ports (ins, outs)")
    if not is_canonical(address):
        return _non_canonical(k, task, stop)
    if address < TASK_SIZE_MAX:
        signo, code = handle_mm_fault(k, task.mm, address, access) or (SIGSEGV, SEGV_ACCERR)
    else:
        signo, code = SIGSEGV, SEGV_MAPERR  # to user code the kernel's half does not exist
    if signo == SIGKILL:
        return kill(k, task, out_of_memory(k))
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


def _non_canonical(k: Kernel, task: Task, stop: Stop) -> None:
    """#GP, or #SS for an access through rsp or rbp.  After a jump rip is its target here, the jump itself on Linux."""
    address = stop.address
    why = f"{ACCESS_VERB.get(stop.access, 'read')} {address:#x}, which is no address: bits 48 to 63 must repeat bit 47"
    if not stop.stack:
        return general_protection(k, task, f"it {why}")
    _log_trap(k, task, "trap stack segment")
    return kill(k, task, Siginfo(SIGBUS, SI_KERNEL, None, task.regs[ptregs.IP], f"through rsp or rbp, it {why}"))


def general_protection(k: Kernel, task: Task, why: str, error: int = 0) -> None:
    """#GP in user code: SIGSEGV without an address.  `error` is the code that the CPU pushes."""
    _log_trap(k, task, "general protection fault" if k.profile.version >= (5, 0) else "general protection", error)
    kill(k, task, Siginfo(SIGSEGV, SI_KERNEL, None, task.regs[ptregs.IP], why))


def interrupt(k: Kernel, task: Task, vector: int) -> None:
    """An exception by its vector, or an `int n`, which stops with the same number but with rip behind it."""
    regs = task.regs
    ip = regs[ptregs.IP]
    before = copy_from_user(k, ip - 2, 2) if ip >= 2 else b""
    code = copy_from_user(k, ip, 15)
    is_software = before == bytes((0xCD, vector)) and not (vector == DIVIDE and DIVIDES.match(code))
    if vector == BREAKPOINT:
        _log_trap(k, task, "trap int3")
        why = "int3 is a breakpoint, and no debugger is there"
        return kill(k, task, Siginfo(SIGTRAP, SI_KERNEL, None, ip, why))
    if vector == OVERFLOW:
        _log_trap(k, task, "trap overflow")
        why = "int 4 means that a sum did not fit (overflow), and ends the program"
        return kill(k, task, Siginfo(SIGSEGV, SI_KERNEL, None, ip, why))
    if is_software:
        return _software_interrupt(k, task, vector)
    if vector == DIVIDE:
        _log_trap(k, task, "trap divide error")
        why = "an integer was divided by zero, or the quotient does not fit"
        return kill(k, task, Siginfo(SIGFPE, FPE_INTDIV, ip, ip, why))
    if vector == DEBUG:
        return _trap_flag(k, task, before)
    if vector == FPU:
        status, control = k.cpu.fpu_status()
        return floating_point(k, task, status & ~control & 0x3F, "an x87 instruction met {}, which is not masked")
    if (rdtsc := RDTSC.match(code)) is not None:
        return read_time_stamp(k, task, rdtsc.end())
    if NO_SUCH_CONTROL_REGISTER.match(code):
        return undefined(k, task)
    return general_protection(k, task, "that instruction is the kernel's alone (privileged), or loads what it may not")


def _software_interrupt(k: Kernel, task: Task, vector: int) -> None:
    task.regs[ptregs.IP] -= 2
    why = f"int {vector:#x} goes through a gate that is closed to user code"
    if vector == LINUX_SYSCALL:
        why = "int 0x80 is the way in of 32-bit programs, and this kernel runs none: use syscall"
    general_protection(k, task, why, gate_error(vector))


def gate_error(vector: int) -> int:
    """What the CPU pushes for a gate of the IDT that ring 3 may not use: its number, and bit 1 for "IDT"."""
    return vector * 8 + 2


def _trap_flag(k: Kernel, task: Task, before: bytes) -> None:
    regs = task.regs
    if before == b"\x0f\x05":  # the return from a system call sets the flag again: the next instruction traps
        return
    regs[ptregs.FLAGS] &= ~TRAP_FLAG
    ip = regs[ptregs.IP]
    why = "the trap flag (TF) is set: the CPU stops after each instruction"
    kill(k, task, Siginfo(SIGTRAP, TRAP_TRACE, ip, ip, why))


def floating_point(k: Kernel, task: Task, flags: int, why: str) -> None:
    """#MF or #XM; `flags` are the exceptions that were met and are not masked (C: math_error)."""
    ip = task.regs[ptregs.IP]
    code = next((code for bits, code in FPU_CODES if flags & bits), 0)
    words = FPU_WORDS.get(code, "a result that cannot be represented")
    kill(k, task, Siginfo(SIGFPE, code, ip, ip, why.format(words)))


def read_time_stamp(k: Kernel, task: Task, length: int) -> None:
    """rdtsc and rdtscp by the simulated clock, 1 GHz, on CPU 0."""
    regs = task.regs
    code = copy_from_user(k, regs[ptregs.IP], length)
    regs[ptregs.AX], regs[ptregs.DX] = k.clock.ns & 0xFFFFFFFF, k.clock.ns >> 32
    if code.endswith(b"\xf9"):
        regs[ptregs.CX] = 0
    regs[ptregs.IP] += length


def undefined(k: Kernel, task: Task) -> None:
    """#UD, and what the emulator takes for one."""
    ip = task.regs[ptregs.IP]
    code = copy_from_user(k, ip, 15)
    if NOT_UNDEFINED.match(code):
        error = gate_error(UNDEFINED_OPCODE) if b"\xcd\x06" in code[:3] else 0
        return general_protection(k, task, "only the kernel may do that (rdpmc, sysret, a closed gate)", error)
    if (rdtscp := RDTSC.match(code)) is not None:
        return read_time_stamp(k, task, rdtscp.end())
    if (int1 := INT1.match(code)) is not None:
        task.regs[ptregs.IP] = ip + int1.end()
        why = "int1 is a debug trap, and no debugger is there"
        return kill(k, task, Siginfo(SIGTRAP, TRAP_BRKPT, ip + int1.end(), ip, why))
    _log_trap(k, task, "trap invalid opcode")
    return kill(k, task, Siginfo(SIGILL, ILL_ILLOPN, ip, ip, "the CPU knows no such instruction"))


def kill(k: Kernel, task: Task, signal: Siginfo) -> None:
    """No handler can be installed here yet: a signal that an exception forces ends the task."""
    do_exit(k, task, None, signal)


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
