"""The way of an address through the page tables, entry by entry, and what the pages of an area are.

C counterpart: dump_pagetable() in arch/x86/mm/fault.c, walk_page_range() in mm/pagewalk.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import AddressSpace
from kshell.machine.paging import FRAME_MASK, LEVELS, PROT_NONE_PAGE, PageTable

NAMES = ("PGD", "PUD", "PMD", "PTE")
SHIFTS = (*LEVELS, 12)
RAM, ZERO, SWAP, NOBODY = "ram", "zero", "swap", "prot_none"


class Step(NamedTuple):
    """One entry that the walk meets: its `level` (PGD ... PTE), which of its table's 512 it is, its physical address,
    and its value."""

    level: str
    number: int
    at: int
    value: int


def walk(space: PageTable, address: int) -> list[Step]:
    """The entries on the way to an address, up to the first that is not present."""
    table, steps = space.root, []
    for name, shift, value in zip(NAMES, SHIFTS, space.levels(address), strict=False):
        number = address >> shift & 511
        steps.append(Step(name, number, table + 8 * number, value))
        table = value & FRAME_MASK
    return steps


def states(k: Kernel, mm: AddressSpace, start: int, end: int) -> Iterator[tuple[int, str]]:
    """(address, state) of each page of a range that has an entry."""
    for page, entry in mm.pages.leaves(start, end):
        if not mm.pages.is_in_ram(entry):
            yield page, SWAP
        elif entry & PROT_NONE_PAGE:
            yield page, NOBODY
        else:
            yield page, ZERO if entry & FRAME_MASK == k.zero_page else RAM
