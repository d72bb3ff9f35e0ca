"""CR0, CR2, CR3 and CR4, as code in ring 0 reads and writes them.

C counterpart: arch/x86/include/asm/special_insns.h, arch/x86/include/uapi/asm/processor-flags.h.
"""

from __future__ import annotations

from kshell.kernel.kernel import Kernel

CR0_WP = 1 << 16
CR0 = 0x8004_0033  # PE, MP, ET, NE, AM, PG
CR0_NEEDED = 0x8000_0001  # PE, PG: without them the CPU would not find its next instruction
CR4_SMEP, CR4_SMAP = 1 << 20, 1 << 21
CR4 = 0x6F0  # PSE, PAE, MCE, PGE, OSFXSR, OSXMMEXCPT
CR4_NEEDED = 0x20  # PAE


def read_control_register(k: Kernel, number: int) -> int:
    """What `mov reg, cr0` to cr4 reads."""
    if number == 0:
        return CR0 | (CR0_WP if k.memory.protection.write_protect else 0)
    if number == 3:
        return k.current.mm.pages.root
    if number == 4:
        return CR4 | (CR4_SMEP if k.memory.protection.smep else 0) | (CR4_SMAP if k.memory.protection.smap else 0)
    return 0


def write_control_register(k: Kernel, number: int, value: int) -> bool:
    """`mov cr0, reg` and its relatives: False if the CPU cannot go on with that.  WP, SMAP and SMEP take effect."""
    if number == 0 and value & CR0_NEEDED == CR0_NEEDED:
        k.memory.protection.write_protect = bool(value & CR0_WP)
    elif number == 4 and value & CR4_NEEDED:
        k.memory.protection.smap, k.memory.protection.smep = bool(value & CR4_SMAP), bool(value & CR4_SMEP)
    else:
        return number == 2 or (number == 3 and value == read_control_register(k, 3))
    k.memory.flush()
    return True
