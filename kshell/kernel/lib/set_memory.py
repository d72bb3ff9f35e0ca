"""Whether pages of kernel memory can be written to.

C counterpart: arch/x86/mm/pat/set_memory.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Int, ULong
from kshell.abi.errno import EFAULT
from kshell.kernel.core.layout import KERNEL_DATA, KERNEL_TEXT
from kshell.kernel.core.sections import EXPORT_SYMBOL_GPL
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE


def set_memory_rw(k: Kernel, address: ULong, pages: Int) -> Int:
    """Let `pages` pages from `address` be written to; 0, or -EFAULT where nothing is mapped.

    The kernel's own text and read-only data stay read-only, with 0 all the same (C: static_protections).
    """
    return _set_memory(k, address, pages, True)


def set_memory_ro(k: Kernel, address: ULong, pages: Int) -> Int:
    """Close `pages` pages from `address` to writing; 0, or -EFAULT where nothing is mapped."""
    return _set_memory(k, address, pages, False)


def _set_memory(k: Kernel, address: int, pages: int, writable: bool) -> int:
    first = address & ~(PAGE_SIZE - 1)
    if not all(k.memory.space.entry(first + PAGE_SIZE * index) for index in range(pages)):
        return -EFAULT
    if first < KERNEL_DATA and first + PAGE_SIZE * pages > KERNEL_TEXT:
        if writable:
            k.note("set_memory_rw answers 0 and changes nothing: kernel text and .rodata stay read-only on x86")
        return 0
    k.memory.set_writable(first, PAGE_SIZE * pages, writable)
    return 0


EXPORT_SYMBOL_GPL(set_memory_rw)
EXPORT_SYMBOL_GPL(set_memory_ro)
