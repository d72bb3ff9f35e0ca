"""CR0, CR2, CR3 and CR4, as code in ring 0 reads and writes them.  WP, SMAP and SMEP take effect.

C counterpart: arch/x86/include/asm/special_insns.h, arch/x86/include/uapi/asm/processor-flags.h.
"""

from __future__ import annotations

from kshell.machine.mmu import Mmu

CR0_WP = 1 << 16
CR0 = 0x8004_0033  # PE, MP, ET, NE, AM, PG
CR0_NEEDED = 0x8000_0001  # PE, PG: without them the CPU would not find its next instruction
CR4_SMEP, CR4_SMAP = 1 << 20, 1 << 21
CR4 = 0x6F0  # PSE, PAE, MCE, PGE, OSFXSR, OSXMMEXCPT
CR4_NEEDED = 0x20  # PAE


def read_control_register(mmu: Mmu, number: int) -> int:
    """What `mov reg, cr0` to cr4 reads."""
    protection = mmu.protection
    if number == 0:
        return CR0 | (CR0_WP if protection.write_protect else 0)
    if number == 3:
        return mmu.root
    if number == 4:
        return CR4 | (CR4_SMEP if protection.smep else 0) | (CR4_SMAP if protection.smap else 0)
    return 0


def write_control_register(mmu: Mmu, number: int, value: int) -> bool:
    """`mov cr0, reg` and its relatives: False if the CPU cannot go on with that."""
    if number == 0 and value & CR0_NEEDED == CR0_NEEDED:
        mmu.protection.write_protect = bool(value & CR0_WP)
    elif number == 4 and value & CR4_NEEDED:
        mmu.protection.smap, mmu.protection.smep = bool(value & CR4_SMAP), bool(value & CR4_SMEP)
    else:
        return number == 2 or (number == 3 and value == mmu.root)
    mmu.on_protection()
    return True
