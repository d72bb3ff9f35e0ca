"""What a program says of its memory, and may ask of it: madvise, mincore.

C counterpart: mm/madvise.c, mm/mincore.c.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.c_types import U64, Addr, BufOut, Long, Madvice, SizeT
from kshell.abi.errno import EACCES, EFAULT, EINVAL, ENOMEM
from kshell.abi.mman import (
    MADV_COLD,
    MADV_DODUMP,
    MADV_DOFORK,
    MADV_DONTDUMP,
    MADV_DONTFORK,
    MADV_DONTNEED,
    MADV_DONTNEED_LOCKED,
    MADV_FREE,
    MADV_KEEPONFORK,
    MADV_NORMAL,
    MADV_PAGEOUT,
    MADV_POPULATE_READ,
    MADV_POPULATE_WRITE,
    MADV_RANDOM,
    MADV_REMOVE,
    MADV_SEQUENTIAL,
    MADV_WILLNEED,
    MADV_WIPEONFORK,
    MAP_LOCKED,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
)
from kshell.kernel.core.declare import SYSCALL_DEFINE3
from kshell.kernel.kernel import Kernel
from kshell.kernel.mappings.swap_out import swap_out
from kshell.kernel.mm.address_space import AddressSpace, page_align
from kshell.kernel.mm.fault import populate
from kshell.kernel.mm.uaccess import access_ok, copy_to_user
from kshell.kernel.mm.vma import VM_DONTCOPY, VM_DONTDUMP, VM_RAND_READ, VM_SEQ_READ, VM_WIPEONFORK, Vma
from kshell.kernel.vdso.vma import SpecialMapping
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE

Advice = Callable[[Kernel, AddressSpace, Vma, int, int], int]
# Advice that is only noted: the flags of a mapping that go, and those that come.
NOTED = {
    MADV_NORMAL: (VM_RAND_READ | VM_SEQ_READ, 0),
    MADV_RANDOM: (VM_SEQ_READ, VM_RAND_READ),
    MADV_SEQUENTIAL: (VM_RAND_READ, VM_SEQ_READ),
    MADV_DONTFORK: (0, VM_DONTCOPY),
    MADV_DOFORK: (VM_DONTCOPY, 0),
    MADV_DONTDUMP: (0, VM_DONTDUMP),
    MADV_DODUMP: (VM_DONTDUMP, 0),
    MADV_WIPEONFORK: (0, VM_WIPEONFORK),
    MADV_KEEPONFORK: (VM_WIPEONFORK, 0),
}
SINCE = {MADV_COLD: (5, 4), MADV_PAGEOUT: (5, 4), MADV_POPULATE_READ: (5, 14), MADV_POPULATE_WRITE: (5, 14)}
SINCE[MADV_DONTNEED_LOCKED] = (5, 18)


@SYSCALL_DEFINE3
def madvise(k: Kernel, start: Addr, len_in: SizeT, behavior: Madvice) -> Long:
    """Say how a range of memory will be used; what only speeds things up changes nothing here.

    MADV_DONTNEED drops the pages: private memory reads as zeros then, or as the file. MADV_REMOVE makes a hole in
    shared memory. There are no huge pages, no merging of pages (KSM), and no hardware errors to inject.

    [since 5.4] MADV_PAGEOUT writes pages to swap.

    [since 5.14] MADV_POPULATE_READ and MADV_POPULATE_WRITE bring the pages in.

    EINVAL  start is no multiple of 4096, len_in is too large, or the advice is unknown, or does not fit the mapping
    ENOMEM  part of the range is not mapped; the rest of it is done all the same
    EACCES  MADV_REMOVE, and the mapping is not shared, or cannot be written to
    EFAULT  [since 5.14] MADV_POPULATE_READ or MADV_POPULATE_WRITE, and the file ends before that page
    """
    mm = k.current.mm
    act = ADVICE.get(behavior)
    if (act is None and behavior not in NOTED) or k.profile.version < SINCE.get(behavior, (0, 0)):
        return -EINVAL
    end = start + page_align(len_in)
    if start & ~PAGE_MASK or (len_in and not page_align(len_in)) or end > U64:
        return -EINVAL
    error, at = 0, start
    while at < end:
        vma = mm.vmas.find(at)
        if vma is None:
            error, vma = -ENOMEM, mm.vmas.above(at)
            if vma is None or vma.start >= end or behavior in (MADV_POPULATE_READ, MADV_POPULATE_WRITE):
                return error
            at = vma.start
        to = min(vma.end, end)
        if isinstance(vma.inode, SpecialMapping) and behavior in vma.inode.refuses:
            return -EINVAL
        answer = act(k, mm, vma, at, to) if act is not None else _note(mm, vma, at, to, behavior)
        if answer:
            return answer
        at = to
    return error


def _note(mm: AddressSpace, vma: Vma, start: int, end: int, behavior: int) -> int:
    """C: madvise_vma_behavior()."""
    if behavior == MADV_WIPEONFORK and vma.inode is not None and not vma.inode.is_special:
        return -EINVAL
    gone, come = NOTED[behavior]
    if vma.flags & ~gone | come != vma.flags:
        if mm.vmas.whole_at_ends(start, end) is not None:
            return -EINVAL
        mm.set_flags(start, end, gone, come)
    return 0


def _nothing(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    return 0


def _cold(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    return -EINVAL if vma.flags & MAP_LOCKED else 0


def _free(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    """The pages may go when memory is short; here they stay."""
    return -EINVAL if vma.flags & MAP_LOCKED or vma.inode is not None else 0


def _dontneed(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    return -EINVAL if vma.flags & MAP_LOCKED else _dontneed_locked(k, mm, vma, start, end)


def _dontneed_locked(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    mm.zap(start, end)
    return 0


def _remove(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    """C: madvise_remove(); only shared memory can be written to by all who map it."""
    if vma.flags & MAP_LOCKED or vma.inode is None:
        return -EINVAL
    writable = vma.inode.shared_write if k.profile.version >= (6, 7) else vma.prot & PROT_WRITE
    if not vma.flags & MAP_SHARED or not writable:
        return -EACCES
    mm.zap(start, end)
    vma.inode.punch_hole(vma.offset + start - vma.start, vma.offset + end - vma.start)
    return 0


def _pageout(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    if vma.flags & MAP_LOCKED:
        return -EINVAL
    for page, _ in list(mm.pages.user_pages(start, end)):
        swap_out(k, mm, page)
    return 0


def _populate_read(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    return populate(k, mm, vma, start, end, write=False) if vma.prot & PROT_READ else -EINVAL


def _populate_write(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int) -> int:
    return populate(k, mm, vma, start, end, write=True)


ADVICE: dict[int, Advice] = {
    MADV_WILLNEED: _nothing,
    MADV_COLD: _cold,
    MADV_FREE: _free,
    MADV_DONTNEED: _dontneed,
    MADV_DONTNEED_LOCKED: _dontneed_locked,
    MADV_REMOVE: _remove,
    MADV_PAGEOUT: _pageout,
    MADV_POPULATE_READ: _populate_read,
    MADV_POPULATE_WRITE: _populate_write,
}


@SYSCALL_DEFINE3
def mincore(k: Kernel, start: Addr, len: SizeT, vec: BufOut) -> Long:
    """Store a byte for each page of a range: 1 if it is in RAM, 0 if touching it takes a fault.

    EINVAL  start is no multiple of 4096
    ENOMEM  part of the range is not mapped; the bytes before that are stored
    EFAULT  vec is not writable user memory
    """
    if start & ~PAGE_MASK:
        return -EINVAL
    if not access_ok(k, start, len, "mincore"):
        return -ENOMEM
    pages = -(-len // PAGE_SIZE)
    if not access_ok(k, vec, pages, "mincore"):
        return -EFAULT
    mm, at = k.current.mm, start
    while pages:
        vma = mm.vmas.find(at)
        if vma is None:
            return -ENOMEM
        here = min(pages, PAGE_SIZE, (vma.end - at) // PAGE_SIZE)
        if copy_to_user(k, vec, _residency(mm, vma, at, here)):
            return -EFAULT
        at, vec, pages = at + here * PAGE_SIZE, vec + here, pages - here
    return 0


def _residency(mm: AddressSpace, vma: Vma, start: int, pages: int) -> bytes:
    """A byte a page; one of a file counts when anybody has it in RAM (C: mincore_page)."""
    there = {page for page, _ in mm.pages.user_pages(start, start + pages * PAGE_SIZE)}
    found = bytearray()
    for page in range(start, start + pages * PAGE_SIZE, PAGE_SIZE):
        in_file = (
            vma.inode is not None and not mm.pages.leaf(page) and vma.inode.has_page(vma.offset + page - vma.start)
        )
        found.append(page in there or in_file)
    return bytes(found)
