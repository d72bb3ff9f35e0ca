"""User memory as who only looks sees it: nothing is changed by that, not even which pages are in RAM.

C counterpart: access_remote_vm(), but that brings pages in.
"""

from __future__ import annotations

from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import AddressSpace
from kshell.kernel.mm.vma import ANY_ACCESS
from kshell.machine.paging import FRAME_MASK
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, page_parts


def peek(k: Kernel, mm: AddressSpace, address: int, size: int) -> bytes:
    """Up to `size` bytes at a user address of `mm`; fewer where something there cannot be read."""
    found = b""
    for at, length in page_parts(address, size):
        vma, skip = mm.vmas.find(at), at & ~PAGE_MASK
        if vma is None or not vma.prot & ANY_ACCESS:
            break
        entry, page = mm.pages.leaf(at), bytes(PAGE_SIZE)
        if mm.pages.is_in_ram(entry):
            page = k.ram.bytes[entry & FRAME_MASK : (entry & FRAME_MASK) + PAGE_SIZE]
        elif entry:
            page = k.swap.read(entry)
        elif vma.inode is not None:
            content = vma.inode.pread(vma.offset + (at & PAGE_MASK) - vma.start, PAGE_SIZE)
            page = content.ljust(PAGE_SIZE, b"\0") if content else b""
        found += page[skip : skip + length]
        if not page:
            break
    return found
