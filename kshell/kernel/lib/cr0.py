"""The control register CR0, of which one bit does anything here: WP.

C counterpart: arch/x86/kernel/cpu/common.c (native_write_cr0), <asm/special_insns.h>.
"""

from __future__ import annotations

from kshell.abi.c_types import ULong
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel
from kshell.machine.control_registers import CR0_WP, read_control_register

X86_CR0_WP = CR0_WP  # write protect: a read-only page is read-only in ring 0 too


def native_read_cr0(k: Kernel) -> ULong:
    """The control register CR0."""
    return read_control_register(k.cpu.mmu, 0)


def native_write_cr0(k: Kernel, val: ULong) -> None:
    """Write CR0; the one bit that does anything here is X86_CR0_WP.  Linux pins it since 5.3: a warning, and it stays.

    The CPU keeps WP clear until somebody sets it again, whatever becomes of the task.
    """
    wanted = bool(val & X86_CR0_WP)
    if not wanted and k.profile.version >= (5, 3):
        wanted = True
        if "cr0" not in k.warned:
            k.warned.add("cr0")  # WARN_ONCE
            warn(k, "CR0 WP bit went missing!?")
    k.memory.protection.write_protect = wanted
    k.memory.flush()


EXPORT_SYMBOL(native_read_cr0)
EXPORT_SYMBOL(native_write_cr0)
