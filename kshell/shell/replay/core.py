"""What is left of a program that has ended: its registers, and its memory as it was, as in a core file.

C counterpart: do_coredump() in fs/coredump.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from kshell.abi import ptregs
from kshell.kernel.kernel import Kernel
from kshell.machine.paging import FRAME_MASK
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE

MOST_PAGES = 512  # that are kept: those at rip and rsp, and then the lowest


class Core(NamedTuple):
    """`registers` by Linux's names, and `pages`: the bytes of each page by its address."""

    registers: dict[str, int]
    pages: dict[int, bytes]

    def read(self, address: int, length: int) -> bytes:
        """What stood in one page; nothing where the program had none."""
        at = address & ~PAGE_MASK
        return self.pages.get(address & PAGE_MASK, b"")[at : at + length]


def core_of(k: Kernel) -> Core:
    """The core of the current task, whose memory is still there."""
    registers = dict(zip(ptregs.NAMES, k.current.regs.tolist(), strict=True))
    pages = dict(islice(_pages(k, registers), MOST_PAGES))
    return Core(registers, {address: k.ram.bytes[at : at + PAGE_SIZE] for address, at in pages.items()})


def _pages(k: Kernel, registers: dict[str, int]) -> Iterator[tuple[int, int]]:
    """Address and place in RAM of the task's pages, the likeliest to be looked at first."""
    for name in ("ip", "sp"):
        start = registers[name] & PAGE_MASK
        for address, entry in k.current.mm.pages.user_pages(start, start + 2 * PAGE_SIZE):
            yield address, entry & FRAME_MASK
    for address, entry in k.current.mm.pages.user_pages():
        yield address, entry & FRAME_MASK
