"""Pages to swap: there is no pressure that drives them out, only who asks for it.

C counterpart: shrink_page_list() and add_to_swap(), mm/vmscan.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.mman import MAP_LOCKED, MAP_SHARED
from kshell.machine.paging import FRAME_MASK

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.mm.address_space import AddressSpace

# Why a page does not go there.
UNMAPPED, ABSENT, SWAPPED, LOCKED = "unmapped", "absent", "swapped", "locked"
ZERO, FILE, FULL = "zero", "file", "full"


def swap_out(k: Kernel, mm: AddressSpace, page: int) -> str:
    """Write a private page to swap and free its frame; "" when it is there, else why it stays."""
    vma, entry = mm.vmas.find(page), mm.pages.leaf(page)
    if vma is None:
        return UNMAPPED
    if not mm.pages.is_in_ram(entry):
        return SWAPPED if entry else ABSENT
    frame = entry & FRAME_MASK
    if frame == k.zero_page:
        return ZERO
    if vma.flags & MAP_SHARED or k.ram.is_shared(frame):
        return FILE
    if vma.flags & MAP_LOCKED:
        return LOCKED
    swapped = k.swap.write(frame)
    if not swapped:
        return FULL
    mm.pages.set_entry(page, swapped)
    k.ram.free_frame(frame)
    k.cpu.mmu.flush()
    return ""
