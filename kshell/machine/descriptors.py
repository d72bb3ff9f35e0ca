"""The segment descriptors (GDT), which the CPU reads by itself in the middle of an instruction.

The emulator has a TLB for each ring, and reads descriptors by that of ring 0, whatever ring it is in.  So their page is
closed to ring 3 like any other of the kernel's; what needs one is executed anew once ring 0 has the page at hand.

What the emulator reads is a copy of its own, at an address and in a frame to which nothing can write: a gate there
would lead out of the machine.  A kernel whose own table is no longer the same is one whose CPU has stopped.
"""

from __future__ import annotations

import struct
from typing import Any

from unicorn import unicorn_const as uc_const

from kshell.abi.c_types import U64
from kshell.machine.paging import READ
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, Ram
from kshell.machine.stop import Stop

# Linux's descriptors, so that its selectors mean what they do there, but for 0x23, 32-bit user code: there is none
# here, and a far jump to it is refused.
# The last one's limit is the number of the CPU, 0, which programs ask for (lsl).
GDT = (
    *(0, 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF, 0, 0x00CFF3000000FFFF, 0x00AFFB000000FFFF),
    *(0, 0, 0, 0, 0, 0, 0, 0, 0x0040F50000000000),
)
GDT_BYTES = struct.pack(f"<{len(GDT)}Q", *GDT)
DESCRIPTORS = 0xFFFF_FE00_0000_1000
"""Where the CPU finds them, as on Linux: in the first CPU's entry area (C: get_cpu_gdt_ro)."""


class Descriptors:
    """The emulator's copy, in a physical `frame` behind the end of RAM, and the kernel's own."""

    def __init__(self, uc: Any, ram: Ram) -> None:
        self.frame = ram.size
        self._ram, self._table = ram, 0
        uc.mem_map(self.frame, PAGE_SIZE, uc_const.UC_PROT_READ)
        uc.mem_write(self.frame, GDT_BYTES)

    def place(self, table: int) -> None:
        """The kernel's own are at the physical address `table`."""
        self._table = table

    def are_whole(self) -> bool:
        """Whether the kernel's own are what they were at boot."""
        return self._ram.bytes[self._table : self._table + len(GDT_BYTES)] == GDT_BYTES


def are_read_by(stop: Stop, ring: int) -> bool:
    """Whether what was refused to an instruction of ring 3 may have been a descriptor that the CPU wanted."""
    return ring == 3 and stop.access == READ and stop.address & PAGE_MASK & U64 == DESCRIPTORS
