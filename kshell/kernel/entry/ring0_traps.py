"""Exceptions in ring 0: what stopped the CPU, as the error that it is in the kernel.

C counterpart: arch/x86/kernel/traps.c, arch/x86/mm/fault.c.
"""

from __future__ import annotations

import re

from kshell.abi.ptregs import IP, SP
from kshell.kernel.core.layout import STACK_STRIDE, THREAD_SIZE
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import Bug, CpuException, InvalidOpcode, KernelPanic, Lockup, StackOverflow
from kshell.kernel.kernel import Kernel
from kshell.machine import stop as stops
from kshell.machine.paging import FETCH
from kshell.machine.stop import Stop

UD2_SIZE = 2
CALL = re.compile(rb"\x41?\xff[\xd0-\xd7]\Z")  # call rax ... rdi, call r8 ... r15


def trap_of(k: Kernel, stop: Stop, regs: memoryview) -> BaseException:
    """The error behind a stop in ring 0 with registers `regs`.  Raises KernelPanic for a triple fault."""
    if stop.kind == stops.TRIPLE_FAULT:
        raise KernelPanic("triple fault: ring 0 took paging, long mode or its page tables away from the CPU. Reboot")
    if stop.kind == stops.HALTED:
        return Lockup("kernel code halted the CPU with interrupts off, and nothing can wake it")
    if stop.kind == stops.PAGE_FAULT:
        return _page_fault(k, stop)
    if stop.kind == stops.UNDEFINED:
        return _invalid_opcode(k, regs[IP])
    if stop.kind == stops.INTERRUPT and stop.vector == stops.DIVIDE_ERROR:
        return CpuException("divide error", "an integer was divided by zero, or the quotient does not fit")
    if stop.kind == stops.INTERRUPT and stop.vector == stops.BREAKPOINT:
        return CpuException("int3", "int3 is a breakpoint, and no debugger is there")
    if stop.address and stop.vector in (stops.GENERAL_PROTECTION, stops.STACK_SEGMENT):
        if stop.access == FETCH:
            _back_to_the_call(k, regs)
        return KernelFault(stop.address, stop.access, 0, is_stack=stop.vector == stops.STACK_SEGMENT)
    why = "that instruction loads or does what this CPU does not allow, even in ring 0"
    return CpuException("general protection fault", why)


def _back_to_the_call(k: Kernel, regs: memoryview) -> None:
    """Where a function pointer held what is no address, a real CPU faults at the call, before it has pushed anything;
    the emulator is one step further."""
    try:
        behind = k.memory.load(regs[SP])
        call = CALL.search(k.memory.read(behind - 3, 3))
    except KernelFault:
        return
    if call is not None:
        regs[IP], regs[SP] = behind - len(call[0]), regs[SP] + 8


def _page_fault(k: Kernel, stop: Stop) -> BaseException:
    low = k.current.stack
    if low - (STACK_STRIDE - THREAD_SIZE) <= stop.address < low:
        return StackOverflow(stop.address)
    try:
        k.memory.check(stop.address, stop.access)
    except KernelFault as fault:
        return fault
    return KernelFault(stop.address, stop.access, 0)  # mended meanwhile


def _invalid_opcode(k: Kernel, ip: int) -> BaseException:
    bug = k.bug_at(ip)
    return InvalidOpcode(ip) if bug is None else Bug(bug.file, bug.line)
