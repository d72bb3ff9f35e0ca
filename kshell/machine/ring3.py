"""From ring 0 to ring 3, once, at the end of booting: the segment descriptors, and the `iretq` that goes through them.

C counterpart: arch/x86/kernel/cpu/common.c, arch/x86/include/asm/segment.h.
"""

from __future__ import annotations

from typing import Any

from unicorn import x86_const as x86

from kshell.machine.descriptors import DESCRIPTORS, GDT_BYTES
from kshell.machine.paging import FRAME_MASK, PageTable
from kshell.machine.ram import PAGE_SIZE

KERNEL_CS, KERNEL_SS, USER_CS, USER_SS = 0x10, 0x18, 0x33, 0x2B
IRETQ = b"\x48\xcf"
CR0_NE = 1 << 5
CR4_TSD, CR4_OSFXSR, CR4_OSXMMEXCPT = 1 << 2, 1 << 9, 1 << 10


def enter_ring3(uc: Any, space: PageTable, iret: int, stack_top: int) -> Any:
    """Load the descriptor table and execute the `iretq` at `iret`, with `stack_top` as the stack.

    Both are kernel addresses mapped in `space`.  The result is a context saved in ring 0: to restore it is the way
    back, since writing cs changes the selector and not the ring.
    """
    uc.reg_write(x86.UC_X86_REG_CR0, uc.reg_read(x86.UC_X86_REG_CR0) | CR0_NE)
    uc.reg_write(x86.UC_X86_REG_CR4, uc.reg_read(x86.UC_X86_REG_CR4) | CR4_TSD | CR4_OSFXSR | CR4_OSXMMEXCPT)
    uc.reg_write(x86.UC_X86_REG_GDTR, (0, DESCRIPTORS, len(GDT_BYTES) - 1, 0))
    uc.reg_write(x86.UC_X86_REG_CS, KERNEL_CS)
    uc.reg_write(x86.UC_X86_REG_SS, KERNEL_SS)
    ring0 = uc.context_save()
    landing = iret + 0x10  # nothing is executed there, but the emulator wants to fetch it: any mapped page will do
    frame = (landing, USER_CS, 0x202, 0x2000, USER_SS)  # ip, cs, flags, sp, ss: what iretq pops
    page = space.entry(stack_top - 1) & FRAME_MASK
    at = (page + PAGE_SIZE - 8 * len(frame)) >> 3
    for offset, word in enumerate(frame):
        space.ram.words[at + offset] = word
    uc.reg_write(x86.UC_X86_REG_RSP, stack_top - 8 * len(frame))
    uc.emu_start(iret, landing)
    if uc.reg_read(x86.UC_X86_REG_CS) != USER_CS:
        raise RuntimeError("the emulator did not enter ring 3")
    return ring0
