"""The memory of a user program: which ranges it may use, and the pages that are filled in when it touches them.

C counterpart: struct mm_struct, mm/mmap.c, mm/memory.c, mm/mprotect.c.  The list of its mappings is in vma.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kshell.abi.c_types import U64, to_signed64
from kshell.abi.errno import EACCES, EINVAL, ENOMEM, EPERM, is_error
from kshell.abi.mman import (
    MAP_32BIT,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_NORESERVE,
    MAP_SHARED,
    PROT_EXEC,
    PROT_GROWSDOWN,
    PROT_GROWSUP,
    PROT_NONE,
    PROT_READ,
    PROT_SEM,
    PROT_WRITE,
)
from kshell.kernel.core.layout import MMAP_BASE, MMAP_BASE_32, MMAP_MIN_ADDR, TASK_SIZE_MAX
from kshell.kernel.mm.vma import ANY_ACCESS, MappedInode, Vma, VmaList
from kshell.machine.paging import (
    ACCESSED,
    DIRTY,
    FRAME_MASK,
    NX,
    PRESENT,
    PROT_NONE_PAGE,
    SPECIAL,
    USER,
    WRITABLE,
    PageTable,
)
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, whole_pages

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

MAX_MAP_COUNT = 65530  # vm.max_map_count
LOW_BEGIN, LOW_END = 0x4000_0000, 0x8000_0000  # where MAP_32BIT puts things
KEPT_BITS = ACCESSED | DIRTY | SPECIAL  # of an entry, when its protection changes


def page_align(size: int) -> int:
    """Rounded up to whole pages, as 64 bits hold it (C: PAGE_ALIGN)."""
    return whole_pages(size) & U64


class AddressSpace:
    """C: struct mm_struct.  `vmas` says what is mapped, `pages` which of it is in RAM; the arguments that the program
    was started with stand between `arg_start` and `arg_end`."""

    def __init__(self, k: Kernel) -> None:
        self._k = k
        self.pages = PageTable(k.ram, k.memory.space)
        self.pages.free_swap = k.swap.free
        self.vmas = VmaList()
        self.users = 1  # tasks
        self.changes = 0  # of mappings that were there: who made one sees whether it is still as it was
        self.start_brk = self.brk = 0
        self.arg_start = self.arg_end = 0
        self.vdso = 0  # where the code of the vDSO is (C: mm->context.vdso)

    # mmap and its relatives; all answer a negative errno or a result.

    def map(
        self,
        address: int,
        size: int,
        prot: int,
        flags: int,
        name: str = "",
        inode: MappedInode | None = None,
        offset: int = 0,
    ) -> int:
        """Map `size` bytes (rounded up) at `address`, in place of what is there, and return it (C: mmap_region)."""
        end = address + page_align(size)
        if address & ~PAGE_MASK or end > TASK_SIZE_MAX:
            return -EINVAL
        counted = inode is None or inode.shared_write if flags & MAP_SHARED else prot & PROT_WRITE
        if counted and not flags & MAP_NORESERVE and end - address > self._k.ram.size:  # more than all sense
            return -ENOMEM
        if end > address and (error := self.unmap(address, end - address)):
            return error
        self.vmas.insert(Vma(address, end, prot, flags | (0 if inode else MAP_ANONYMOUS), name, inode, offset))
        return address

    def get_unmapped_area(self, address: int, size: int, flags: int) -> int:
        """Where `size` bytes (whole pages) go: at `address` if that is fixed, or else if it is free."""
        if size > TASK_SIZE_MAX:
            return -ENOMEM
        if flags & MAP_FIXED:
            if is_error(to_signed64(address)):  # C: IS_ERR_VALUE(), for what should have been a result
                return to_signed64(address)
            if address > TASK_SIZE_MAX - size:
                return -ENOMEM
            if address & ~PAGE_MASK:
                return -EINVAL
            return -EPERM if address < MMAP_MIN_ADDR and self._k.current.cred.euid else address
        address &= PAGE_MASK
        is_32 = self._k.current.in_compat_syscall  # to such a caller MAP_32BIT says nothing
        limit = LOW_END if flags & MAP_32BIT and not is_32 else TASK_SIZE_MAX
        if address and size <= limit - max(address, MMAP_MIN_ADDR):
            address = max(address, MMAP_MIN_ADDR)
            if not self.vmas.overlaps(address, size, guarded=True):
                return address
        if is_32:
            return self.vmas.highest_gap_below(MMAP_BASE_32, size)
        if flags & MAP_32BIT:
            return self.vmas.lowest_gap(LOW_BEGIN, LOW_END, size)
        return self.vmas.highest_gap(size) or self.vmas.lowest_gap(MMAP_BASE, TASK_SIZE_MAX, size)

    def unmap(self, start: int, size: int) -> int:
        """Unmap a range; nothing there is no error (C: do_munmap)."""
        if start & ~PAGE_MASK or start > TASK_SIZE_MAX or size > TASK_SIZE_MAX - start or not size:
            return -EINVAL
        end = start + page_align(size)
        if self.vmas.whole_at_ends(start, end):
            return -EINVAL
        if self.vmas.overlaps(start, end - start):
            self.changes += 1
            self.vmas.remove(start, end)
            self.zap(start, end)
        return 0

    def zap(self, start: int, end: int) -> None:
        """Free the pages of [start, end): what is mapped there is as it was at first (C: zap_page_range)."""
        self.pages.clear_user(start, end)
        self._k.cpu.mmu.flush()

    def protect(self, start: int, size: int, prot: int) -> int:
        """Change the protection of a range (C: do_mprotect_pkey)."""
        grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP)
        prot &= ~grows
        if grows == PROT_GROWSDOWN | PROT_GROWSUP or start & ~PAGE_MASK:
            return -EINVAL
        if size == 0:
            return 0
        end = start + page_align(size)
        if end <= start or end > U64 or size > page_align(size):
            return -ENOMEM
        if prot & ~(ANY_ACCESS | PROT_SEM):
            return -EINVAL
        vma = self.vmas.find(start)
        if vma is None and grows == PROT_GROWSDOWN:
            vma = self.vmas.above(start)
        if vma is None or vma.start >= end:
            return -ENOMEM
        if grows:
            if grows == PROT_GROWSUP or not vma.flags & MAP_GROWSDOWN:
                return -EINVAL
            start = vma.start
        return self._protect(start, end, prot & ANY_ACCESS)

    def _protect(self, start: int, end: int, prot: int) -> int:
        """Linux changes what comes before a hole, or before what may not be changed, and then answers the errno."""
        whole = self.vmas.whole_at_ends(start, end)
        if whole is not None:
            return -EACCES if prot & ~whole.may else 0 if prot == whole.prot else -EINVAL
        self.changes += 1
        result = 0
        first, last = self.vmas.cut(start, min(end, TASK_SIZE_MAX))
        covered = start
        for vma in self.vmas[first:last]:
            if vma.start != covered:
                break
            if prot & ~vma.may:
                result = -EACCES
                break
            vma.prot = prot
            for page, entry in self.pages.user_pages(vma.start, vma.end):
                flags = self.pte_flags(vma, entry & FRAME_MASK) | entry & KEPT_BITS
                self.pages.set_entry(page, entry & FRAME_MASK | flags)
            covered = vma.end
        self.vmas.join(first, last)
        self._k.cpu.mmu.flush()
        return result or (0 if covered >= end else -ENOMEM)

    def set_flags(self, start: int, end: int, gone: int, come: int) -> None:
        """Change the flags of the mappings in a range (C: madvise_update_vma)."""
        self.changes += 1
        first, last = self.vmas.cut(start, end)
        for vma in self.vmas[first:last]:
            vma.flags = vma.flags & ~gone | come
        self.vmas.join(first, last)

    def set_brk(self, wanted: int) -> int:
        """Move the end of the heap; the result is where it is now, moved or not (C: brk)."""
        if wanted < self.start_brk or wanted > TASK_SIZE_MAX:
            return self.brk
        old, new = page_align(self.brk), page_align(wanted)
        if new > old:
            if self.vmas.overlaps(old, new + PAGE_SIZE - old, guarded=True) or new - old > self._k.ram.size:
                return self.brk
            self.vmas.insert(Vma(old, new, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, "[heap]", None, 0))
        elif new < old:
            self.unmap(new, old - new)
        self.brk = wanted
        return wanted

    def pte_flags(self, vma: Vma, frame: int) -> int:
        """Page-table bits for a page of `vma`.  In a private mapping nobody writes to what others have too."""
        flags = PTE_FLAGS[vma.prot & ANY_ACCESS]
        if not vma.flags & MAP_SHARED and self.pages.ram.is_shared(frame):
            flags &= ~WRITABLE
        return flags

    def resident(self) -> Iterator[int]:
        """The address of each page that is in RAM."""
        return (page for page, _ in self.pages.user_pages())

    def shared(self) -> AddressSpace:
        """The same, for one task more (C: mmget)."""
        self.users += 1
        return self

    def destroy(self) -> None:
        """One task fewer; the last one frees every page and table (C: mmput, exit_mmap)."""
        self.users -= 1
        if not self.users:
            self.vmas.clear()
            self.pages.destroy()


def unmap_mapping(k: Kernel, inode: MappedInode) -> None:
    """A file has lost its pages: no page table may lead to them, nor to copies (C: unmap_mapping_range)."""
    for task in k.tasks.values():
        for vma in task.mm.vmas:
            if vma.inode is inode:
                task.mm.zap(vma.start, vma.end)


def _pte_flags(prot: int) -> int:
    """Page-table bits for a protection.  x86 cannot write or execute without reading."""
    if prot == PROT_NONE:
        return PROT_NONE_PAGE | NX  # the page keeps its content, but is not present
    return PRESENT | USER | (WRITABLE if prot & PROT_WRITE else 0) | (0 if prot & PROT_EXEC else NX)


PTE_FLAGS = [_pte_flags(prot) for prot in range(ANY_ACCESS + 1)]
