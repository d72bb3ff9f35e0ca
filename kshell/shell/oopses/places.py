"""What lies at an address, and what the bits of the CPU's words about it say."""

from __future__ import annotations

from kshell.kernel.core import layout
from kshell.kernel.kernel import Kernel
from kshell.machine.paging import FRAME_MASK, NX, PRESENT, USER, WRITABLE, is_canonical
from kshell.machine.ram import PAGE_SIZE

_REGIONS = (  # the first whose end lies above an address
    (PAGE_SIZE, "in the first page, which is never mapped"),
    (layout.TASK_SIZE_MAX, "in the user's half"),
    (layout.SLAB, "in the kernel's half, where nothing is"),
    (layout.PER_CPU, "in what kmalloc hands out"),
    (layout.VMALLOC, "in the kernel's half, where nothing is"),
    (layout.VMALLOC + (1 << 45), "among the kernel stacks"),
    (layout.KERNEL_TEXT, "in the kernel's half, where nothing is"),
    (layout.KERNEL_RODATA, "in the kernel's text"),
    (layout.KERNEL_DATA, "in the kernel's read-only data"),
    (layout.KERNEL_DATA_END, "in the kernel's data"),
    (layout.MODULES, "in the kernel's half, where nothing is"),
    (layout.MODULES + layout.MODULES_SIZE, "in module space"),
)
_BITS = (
    ("bit 0 is 0: no page is there", "bit 0 is 1: a page is there, and forbids it"),
    ("bit 1 is 0: not a write", "bit 1 is 1: a write"),
    ("bit 2 is 0: from ring 0", "bit 2 is 1: from ring 3"),
)
_FETCH = ("bit 4 is 0: not for execution", "bit 4 is 1: to execute it")


def region(k: Kernel, address: int) -> str:
    """Where an address lies, with the symbol that is there: ``in the kernel's read-only data (sys_call_table+0x0)``."""
    if not is_canonical(address):
        return "nowhere: it is no address"
    symbol = k.symbols.around(address)
    name = f" ({symbol.name}+{address - symbol.address:#x})" if symbol is not None else ""
    return next((words for end, words in _REGIONS if address < end), "in the last addresses of all") + name


def error_bits(code: int) -> str:
    """The bits of a page fault's error code."""
    said = [words[code >> bit & 1] for bit, words in enumerate(_BITS)]
    return "; ".join([*said, _FETCH[code >> 4 & 1]])


def entry_bits(entry: int) -> str:
    """An entry of a page table."""
    if not entry & PRESENT:
        return "not present"
    parts = ["writable" if entry & WRITABLE else "read-only", "the user's" if entry & USER else "the kernel's"]
    parts.append("no code (NX)" if entry & NX else "may be executed")
    return f"frame {entry & FRAME_MASK:#x}, {', '.join(parts)}"
