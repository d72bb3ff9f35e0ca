"""Faults of machine code in ring 0 after which it goes on: at a page of the user's that is there now, or where the
exception table says.

C counterpart: arch/x86/mm/fault.c (do_user_addr_fault, kernelmode_fixup_or_oops), arch/x86/kernel/traps.c.
"""

from __future__ import annotations

from kshell.abi.c_types import U64
from kshell.abi.ptregs import FLAGS, IP
from kshell.kernel.core.clock import FAULT_NS
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.extable import has_types
from kshell.kernel.mm.fault import handle_mm_fault
from kshell.kernel.mm.fixup import EX_TYPE_UACCESS, TYPE_MASK, X86_TRAP_GP, X86_TRAP_PF, fixup_exception
from kshell.machine.paging import FETCH, PRESENT
from kshell.machine.stop import INTERRUPT, PAGE_FAULT, UNDEFINED, UNDEFINED_OPCODE, Stop

EFLAGS_AC = 1 << 18
NO_FIXUP_FOR_SMAP_SINCE = (5, 12)
NON_CANONICAL = "General protection fault in user access. Non-canonical address?"


def is_mended(k: Kernel, stop: Stop, regs: memoryview) -> bool:
    """Whether the path that `stop` has stopped may go on, at regs[IP]; else it is an oops."""
    if stop.kind == PAGE_FAULT:
        return _page_fault(k, stop, regs)
    if stop.kind == INTERRUPT:
        return _fixup(k, stop, regs, stop.vector)
    return stop.kind == UNDEFINED and fixup_exception(k, regs, UNDEFINED_OPCODE, stop.address) is not None


def _page_fault(k: Kernel, stop: Stop, regs: memoryview) -> bool:
    is_smap = stop.access != FETCH and stop.address < TASK_SIZE_MAX and _keeps_out(k, regs)
    if is_smap and k.profile.version >= NO_FIXUP_FOR_SMAP_SINCE:
        return False
    if not is_smap and _bring_in(k, stop.address, stop.access, regs[IP]):
        return True
    return fixup_exception(k, regs, X86_TRAP_PF, stop.address) is not None


def _keeps_out(k: Kernel, regs: memoryview) -> bool:
    return k.memory.protection.smap and not regs[FLAGS] & EFLAGS_AC


def is_there_now(k: Kernel, error: BaseException, ip: int) -> bool:
    """Whether a body at `ip` has raised `error` at a page of the user's that it may touch, and that is there now."""
    if not isinstance(error, KernelFault) or k.memory.protection.keeps_out:
        return False
    return _bring_in(k, error.address & U64, error.access, ip)


def _bring_in(k: Kernel, address: int, access: int, ip: int) -> bool:
    """Have a page of the user's brought in, as the program would; whether ring 0 may do then what it wanted."""
    protection, mm = k.memory.protection, k.current.mm
    if address >= TASK_SIZE_MAX or (access == FETCH and protection.smep):
        return False
    if handle_mm_fault(k, mm, address, access, ip) is not None:
        return False
    entry = mm.pages.entry(address)
    return entry & PRESENT != 0 and protection.allows_lifted(entry, access)


def _fixup(k: Kernel, stop: Stop, regs: memoryview, trap: int) -> bool:
    entry = fixup_exception(k, regs, trap, stop.address)
    if entry is None:
        return False
    k.clock.advance(FAULT_NS)
    by_uaccess = has_types(k) and entry.how & TYPE_MASK == EX_TYPE_UACCESS
    if trap == X86_TRAP_GP and by_uaccess and stop.address >> 63 and NON_CANONICAL not in k.warned:
        k.warned.add(NON_CANONICAL)  # WARN_ONCE
        warn(k, NON_CANONICAL)
    return True
