"""The only way from kernel code to user memory: copies that survive a bad pointer.

A user pointer may point anywhere, into the kernel too.  Every function here first asks whether the range is the
user's at all (access_ok), then walks the caller's page tables page by page; a missing page is brought in as if the
program had touched it, and one that cannot be is where the copy ends: the fault is looked up in the exception table,
which says that the routine goes on at its end, and returns how much is missing.

C counterpart: include/linux/uaccess.h, arch/x86/lib/usercopy_64.c, arch/x86/mm/extable.c (fixup_exception).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.errno import EFAULT
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.mm.extable import search_exception_tables
from kshell.kernel.mm.fault import handle_mm_fault
from kshell.machine.paging import FRAME_MASK, NX, PRESENT, READ, USER, WRITABLE, WRITE
from kshell.machine.ram import PAGE_SIZE, page_parts, page_pieces

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


def access_ok(address: int, size: int) -> bool:
    """Whether [address, address + size) lies below the end of user space.  It says nothing about mappings."""
    return address + size <= TASK_SIZE_MAX


def _user_page(k: Kernel, address: int, access: int) -> int:
    """The physical address behind a user address, or 0 where the program could not have touched it either."""
    mm = k.current.mm
    needed = PRESENT | USER | (WRITABLE if access == WRITE else 0)
    entry = mm.pages.entry(address)
    if entry & needed != needed:
        refused = handle_mm_fault(k, mm, address, access, _routine(k, access)) is not None
        entry = mm.pages.entry(address)
        if refused or entry & needed != needed:
            _fixup_exception(k, address, access)
            return 0
    if access == WRITE and not entry & NX:
        k.cpu.flush_code()
    return (entry & FRAME_MASK) + (address & PAGE_SIZE - 1)


def _routine(k: Kernel, access: int) -> int:
    """The address of the routine that makes such an access: its first instruction is that which faults."""
    return k.address_of(copy_to_user if access == WRITE else copy_from_user) or 0


def _fixup_exception(k: Kernel, address: int, access: int) -> None:
    """The CPU faulted on a user address in one of the routines below: on to its fixup, or else it is an oops."""
    if not search_exception_tables(k, _routine(k, access)):
        raise KernelFault(address, access, 2 if access == WRITE else 0)


def copy_from_user(k: Kernel, source: int, size: int) -> bytes:
    """Up to `size` bytes from user address `source`; fewer mean that the next one could not be read."""
    if not access_ok(source, size):
        return b""
    chunks = []
    for at, length in page_parts(source, size):
        frame = _user_page(k, at, READ)
        if not frame:
            break
        chunks.append(k.ram.bytes[frame : frame + length])
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def copy_to_user(k: Kernel, target: int, data: bytes) -> int:
    """Store `data` at user address `target`; the result is how many bytes could NOT be stored, 0 for success."""
    if not access_ok(target, len(data)):
        return len(data)
    for at, piece in page_pieces(target, data):
        frame = _user_page(k, at, WRITE)
        if not frame:
            return target + len(data) - at
        k.ram.bytes[frame : frame + len(piece)] = piece
    return 0


def strncpy_from_user(k: Kernel, source: int, count: int) -> bytes | int:
    """The bytes of a C string at `source`, without its NUL; `count` of them if there was no NUL among them, -EFAULT
    where it runs into memory that is not the user's."""
    found = b""
    for at, length in page_parts(source, count):
        chunk = copy_from_user(k, at, length)
        if not chunk:
            return -EFAULT
        end = chunk.find(0)
        if end >= 0:
            return found + chunk[:end]
        found += chunk
    return found
