"""The memory of a user program: which ranges it may use, and the pages that are filled in when it touches them.

C counterpart: mm/mmap.c, mm/memory.c, mm/mprotect.c; struct vm_area_struct.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING

from kshell.abi.errno import EACCES, EINVAL, ENOMEM, EPERM
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
from kshell.abi.signal import BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV
from kshell.kernel.layout import MMAP_BASE, MMAP_MIN_ADDR, TASK_SIZE_MAX, USER_STACK_LIMIT
from kshell.machine.paging import FETCH, FRAME_MASK, NX, PRESENT, USER, WRITABLE, WRITE, PageTable
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.fs.shmem import RegularInode
    from kshell.kernel.kernel import Kernel

U64 = (1 << 64) - 1
MAX_MAP_COUNT = 65530  # vm.max_map_count
STACK_GUARD_GAP = 256 * PAGE_SIZE  # below a mapping that grows down, so that it does not grow into its neighbour
LOW_BEGIN, LOW_END = 0x4000_0000, 0x8000_0000  # where MAP_32BIT puts things
KEPT_FLAGS = MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN
ACCESS_PROT = {WRITE: PROT_WRITE, FETCH: PROT_EXEC}
ANY_ACCESS = PROT_READ | PROT_WRITE | PROT_EXEC  # x86 reads whatever may be written or executed
_start_of = attrgetter("start")


def page_align(size: int) -> int:
    """Rounded up to whole pages, as 64 bits hold it (C: PAGE_ALIGN)."""
    return size + PAGE_SIZE - 1 & PAGE_MASK & U64


class Vma:
    """[start, end) with one protection.  `inode` and `offset` (bytes) where it shows a file; `name` for people;
    `flags` are those of KEPT_FLAGS."""

    __slots__ = ("end", "flags", "inode", "name", "offset", "prot", "start")

    def __init__(
        self, start: int, end: int, prot: int, flags: int, name: str, inode: RegularInode | None, offset: int
    ) -> None:
        self.start, self.end, self.prot, self.name = start, end, prot, name
        self.flags = flags & KEPT_FLAGS
        self.inode, self.offset = inode, offset
        if inode is not None:
            inode.users += 1

    def part(self, start: int, end: int) -> Vma:
        """The same mapping, cut to [start, end)."""
        return Vma(start, end, self.prot, self.flags, self.name, self.inode, self.offset + start - self.start)

    def release(self) -> None:
        """It is gone: its file may go too."""
        if self.inode is not None:
            self.inode.users -= 1
            self.inode.put()

    @property
    def guarded_start(self) -> int:
        """The lowest address that others must keep away from (C: vm_start_gap)."""
        return max(self.start - STACK_GUARD_GAP, 0) if self.flags & MAP_GROWSDOWN else self.start

    def joins(self, after: Vma) -> bool:
        """Whether this and `after` are one mapping of fresh memory (C: can_vma_merge)."""
        same = (self.prot, self.flags, self.name) == (after.prot, after.flags, after.name)
        return same and self.end == after.start and self.inode is None and after.inode is None

    def __repr__(self) -> str:
        letters = "".join(c if self.prot & bit else "-" for c, bit in zip("rwx", (1, 2, 4), strict=True))
        return f"{self.start:x}-{self.end:x} {letters}p {self.name}"


class AddressSpace:
    """C: struct mm_struct.  `vmas` are sorted and never overlap."""

    def __init__(self, k: Kernel) -> None:
        self._k = k
        self.pages = PageTable(k.ram, k.memory.space)
        self.vmas: list[Vma] = []
        self.start_brk = self.brk = 0

    def find(self, address: int) -> Vma | None:
        """The mapping that `address` lies in."""
        at = bisect_right(self.vmas, address, key=_start_of) - 1
        return self.vmas[at] if at >= 0 and address < self.vmas[at].end else None

    def name_of(self, address: int) -> str:
        """``prog[401000+1000]`` for the mapping of `address`, as dmesg shows it; empty where it has no name."""
        vma = self.find(address)
        return f"{vma.name}[{vma.start:x}+{vma.end - vma.start:x}]" if vma and vma.name else ""

    # Faults.

    def fault(self, address: int, access: int) -> tuple[int, int] | None:
        """Bring in the page of a user address (C: handle_mm_fault).

        None when the page is there now; else (signal, si_code) that the access deserves.  Where RAM is used up, the
        current task gets SIGKILL from the OOM killer, whether it was in user code or in a system call.
        """
        vma = self.find(address) or self._grow_stack(address)
        if vma is None:
            return SIGSEGV, SEGV_MAPERR
        if not vma.prot & ACCESS_PROT.get(access, ANY_ACCESS):
            return SIGSEGV, SEGV_ACCERR
        page = address & PAGE_MASK
        if self.pages.entry(page) & PRESENT:
            return None
        content = b""
        if vma.inode is not None:
            content = vma.inode.pread(vma.offset + page - vma.start, PAGE_SIZE)
            if not content:
                return SIGBUS, BUS_ADRERR
        try:
            frame = self._k.ram.alloc_frame()
            try:
                self.pages.set_entry(page, frame | _pte_flags(vma.prot))
            except OutOfMemory:
                self._k.ram.free_frame(frame)
                raise
        except OutOfMemory:
            from kshell.kernel.oom import out_of_memory

            out_of_memory(self._k)
            return SIGKILL, 0
        if content:
            self._k.ram.bytes[frame : frame + len(content)] = content
        return None

    def _grow_stack(self, address: int) -> Vma | None:
        """C: expand_stack."""
        at = bisect_right(self.vmas, address, key=_start_of)
        if at == len(self.vmas):
            return None
        vma, start = self.vmas[at], address & PAGE_MASK
        below = self.vmas[at - 1] if at else None
        floor = MMAP_MIN_ADDR
        if below is not None:
            gap = STACK_GUARD_GAP if below.prot != PROT_NONE and not below.flags & MAP_GROWSDOWN else 0
            floor = below.end + gap
        if not vma.flags & MAP_GROWSDOWN or vma.end - start > USER_STACK_LIMIT or start < floor:
            return None
        vma.start = start
        return vma

    # mmap and its relatives; all answer a negative errno or a result.

    def map(
        self,
        address: int,
        size: int,
        prot: int,
        flags: int,
        name: str = "",
        inode: RegularInode | None = None,
        offset: int = 0,
    ) -> int:
        """Map `size` bytes (rounded up) at `address`, in place of what is there, and return it (C: mmap_region)."""
        end = address + page_align(size)
        if address & ~PAGE_MASK or end > TASK_SIZE_MAX:
            return -EINVAL
        self.unmap(address, end - address)
        private = not flags & (MAP_SHARED | MAP_NORESERVE)
        if private and prot & PROT_WRITE and end - address > self._k.ram.size:  # overcommit, but not beyond all sense
            return -ENOMEM
        self._insert(Vma(address, end, prot, flags | (0 if inode else MAP_ANONYMOUS), name, inode, offset))
        return address

    def get_unmapped_area(self, address: int, size: int, flags: int) -> int:
        """Where `size` bytes (whole pages) go: at `address` if that is fixed, or else if it is free."""
        if size > TASK_SIZE_MAX:
            return -ENOMEM
        if flags & MAP_FIXED:
            if address > TASK_SIZE_MAX - size:
                return -ENOMEM
            if address & ~PAGE_MASK:
                return -EINVAL
            return -EPERM if address < MMAP_MIN_ADDR and self._k.current.cred.euid else address
        address &= PAGE_MASK
        if address and size <= TASK_SIZE_MAX - max(address, MMAP_MIN_ADDR):
            address = max(address, MMAP_MIN_ADDR)
            if not self.overlaps(address, size, guarded=True):
                return address
        if flags & MAP_32BIT:
            return self._lowest_gap(LOW_BEGIN, LOW_END, size)
        return self._highest_gap(size) or self._lowest_gap(MMAP_BASE, TASK_SIZE_MAX, size)

    def overlaps(self, start: int, size: int, guarded: bool = False) -> bool:
        """Whether something is mapped in a range, or (guarded) may grow into it."""
        at = bisect_right(self.vmas, start, key=_start_of)
        if at and self.vmas[at - 1].end > start:
            return True
        if at == len(self.vmas):
            return False
        above = self.vmas[at]
        return (above.guarded_start if guarded else above.start) < start + size

    def _highest_gap(self, size: int) -> int:
        """The highest free place below MMAP_BASE, 0 if there is none (C: arch_get_unmapped_area_topdown)."""
        top = MMAP_BASE
        for vma in reversed(self.vmas):
            if top - vma.end >= size:
                return top - size
            top = min(top, vma.guarded_start)
        return top - size if top - size >= MMAP_MIN_ADDR else 0

    def _lowest_gap(self, bottom: int, end: int, size: int) -> int:
        for vma in self.vmas:
            if vma.end > bottom:
                if vma.guarded_start - bottom >= size:
                    break
                bottom = vma.end
        return bottom if bottom + size <= end else -ENOMEM

    def _insert(self, new: Vma) -> None:
        at = bisect_right(self.vmas, new.start, key=_start_of)
        self.vmas.insert(at, new)
        self._join(at, at + 1)

    def _join(self, first: int, last: int) -> None:
        """Make one of each two neighbours that are alike, from `first` - 1 to `last`."""
        vmas = self.vmas
        for at in range(min(last, len(vmas) - 1), max(first, 1) - 1, -1):
            if vmas[at - 1].joins(vmas[at]):
                vmas[at - 1].end = vmas.pop(at).end

    def _cut(self, start: int, end: int) -> tuple[int, int]:
        """Split mappings at `start` and `end`; the indices of those between."""
        for mark in (start, end):
            at = bisect_right(self.vmas, mark, key=_start_of) - 1
            if at >= 0 and self.vmas[at].start < mark < self.vmas[at].end:
                whole = self.vmas[at]
                self.vmas[at : at + 1] = [whole.part(whole.start, mark), whole.part(mark, whole.end)]
                whole.release()
        return (
            bisect_right(self.vmas, start - 1, key=_start_of),
            bisect_right(self.vmas, end - 1, key=_start_of),
        )

    def unmap(self, start: int, size: int) -> int:
        """Unmap a range; nothing there is no error (C: do_munmap)."""
        if start & ~PAGE_MASK or start > TASK_SIZE_MAX or size > TASK_SIZE_MAX - start or not size:
            return -EINVAL
        end = start + page_align(size)
        if self.overlaps(start, end - start):
            first, last = self._cut(start, end)
            for vma in self.vmas[first:last]:
                vma.release()
            del self.vmas[first:last]
            self.pages.clear_user(start, end)
            self._k.cpu.flush_tlb()
        return 0

    def protect(self, start: int, size: int, prot: int) -> int:
        """Change the protection of a range (C: do_mprotect_pkey)."""
        grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP)
        prot &= ~grows
        if grows == PROT_GROWSDOWN | PROT_GROWSUP or start & ~PAGE_MASK:
            return -EINVAL
        if size == 0:
            return 0
        end = start + page_align(size)
        if end <= start or end > 1 << 64 or size > page_align(size):
            return -ENOMEM
        if prot & ~(ANY_ACCESS | PROT_SEM):
            return -EINVAL
        vma = self.find(start)
        if vma is None and grows == PROT_GROWSDOWN:
            at = bisect_right(self.vmas, start, key=_start_of)
            vma = self.vmas[at] if at < len(self.vmas) and self.vmas[at].start < end else None
        if vma is None:
            return -ENOMEM
        if grows:
            if grows == PROT_GROWSUP or not vma.flags & MAP_GROWSDOWN:
                return -EINVAL
            start = vma.start
        return self._protect(start, end, prot & ANY_ACCESS)

    def _protect(self, start: int, end: int, prot: int) -> int:
        """Linux changes what comes before a hole, or before what may not be changed, and then answers the errno."""
        result = 0
        first, last = self._cut(start, min(end, TASK_SIZE_MAX))
        covered = start
        for vma in self.vmas[first:last]:
            if vma.start != covered:
                break
            if prot & PROT_WRITE and vma.flags & MAP_SHARED and vma.inode is not None:
                result = -EACCES
                break
            vma.prot = prot
            for page, entry in self.pages.user_pages(vma.start, vma.end):
                self.pages.set_entry(page, entry & FRAME_MASK | _pte_flags(prot))
            covered = vma.end
        self._join(first, last)
        self._k.cpu.flush_tlb()
        return result or (0 if covered >= end else -ENOMEM)

    def set_brk(self, wanted: int) -> int:
        """Move the end of the heap; the result is where it is now, moved or not (C: brk)."""
        if wanted < self.start_brk or wanted > TASK_SIZE_MAX:
            return self.brk
        old, new = page_align(self.brk), page_align(wanted)
        if new > old:
            if self.overlaps(old, new + PAGE_SIZE - old, guarded=True) or new - old > self._k.ram.size:
                return self.brk
            self._insert(Vma(old, new, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, "[heap]", None, 0))
        elif new < old:
            self.unmap(new, old - new)
        self.brk = wanted
        return wanted

    def resident(self) -> Iterator[int]:
        """The address of each page that is in RAM."""
        return (page for page, _ in self.pages.user_pages())

    def destroy(self) -> None:
        """Free every page and table (C: exit_mmap)."""
        for vma in self.vmas:
            vma.release()
        self.vmas.clear()
        self.pages.destroy()


def _pte_flags(prot: int) -> int:
    """Page-table bits for a protection.  x86 cannot write or execute without reading."""
    if prot == PROT_NONE:
        return PRESENT | NX  # the page keeps its content, but the user bit is gone
    return PRESENT | USER | (WRITABLE if prot & PROT_WRITE else 0) | (0 if prot & PROT_EXEC else NX)
