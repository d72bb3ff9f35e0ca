"""The swap area: where pages go for which there is no room in RAM, and what stands in a page table meanwhile.

C counterpart: mm/swapfile.c, and swp_entry_t in arch/x86/include/asm/pgtable_64.h.
"""

from __future__ import annotations

from kshell.machine.ram import PAGE_SIZE, Ram

SLOTS = 16384  # of a page each
_OFFSET_SHIFT, _OFFSET_MASK = 9, (1 << 50) - 1


def entry_of(slot: int) -> int:
    """The page-table entry of a page in swap: not present, and the slot's number inverted, so that a CPU which
    speculates with it reaches no RAM (L1TF).  The highest five bits are the swap area's number, 0."""
    return (~slot & _OFFSET_MASK) << _OFFSET_SHIFT


def slot_of(entry: int) -> int:
    """C: swp_offset()."""
    return ~(entry >> _OFFSET_SHIFT) & _OFFSET_MASK


class SwapArea:
    """One swap area; slot 0 is its header."""

    def __init__(self, ram: Ram) -> None:
        self._ram = ram
        self._slots: dict[int, bytes] = {}

    @property
    def used(self) -> int:
        """Slots in use."""
        return len(self._slots)

    def write(self, frame: int) -> int:
        """Store a frame's content; its entry, or 0 where the area is full."""
        slot = next((slot for slot in range(1, SLOTS) if slot not in self._slots), 0)
        if slot:
            self._slots[slot] = self._ram.bytes[frame : frame + PAGE_SIZE]
        return entry_of(slot) if slot else 0

    def read(self, entry: int) -> bytes:
        """What the page of `entry` held."""
        return self._slots[slot_of(entry)]

    def free(self, entry: int) -> None:
        """Nobody has that entry any more (C: swap_free)."""
        self._slots.pop(slot_of(entry), None)
