"""The memory of a user program: which ranges it may use, and the pages that are filled in when it touches them.

C counterpart: mm/mmap.c, mm/memory.c, mm/mprotect.c; struct vm_area_struct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.errno import EACCES, EEXIST, EINVAL, ENOMEM
from kshell.abi.loglevel import KERN_ERR
from kshell.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    PROT_EXEC,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from kshell.abi.signal import BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV
from kshell.kernel.layout import MMAP_BASE, MMAP_MIN_ADDR, TASK_SIZE_MAX, USER_STACK_LIMIT
from kshell.machine.paging import FETCH, FRAME_MASK, NX, PRESENT, USER, WRITABLE, WRITE, PageTable
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.fs.inode import Inode
    from kshell.kernel.kernel import Kernel

MAX_MAP_COUNT = 65530


class Vma:
    """[start, end) with one protection.  `inode` and `offset` (bytes) where it shows a file; `name` for people."""

    __slots__ = ("end", "flags", "inode", "name", "offset", "prot", "start")

    def __init__(
        self, start: int, end: int, prot: int, flags: int, name: str = "", inode: Inode | None = None, offset: int = 0
    ) -> None:
        self.start, self.end, self.prot, self.flags, self.name = start, end, prot, flags, name
        self.inode, self.offset = inode, offset

    def part(self, start: int, end: int) -> Vma:
        """The same mapping, cut to [start, end)."""
        return Vma(start, end, self.prot, self.flags, self.name, self.inode, self.offset + start - self.start)

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
        for vma in self.vmas:
            if vma.start <= address < vma.end:
                return vma
        return None

    def name_of(self, address: int) -> str:
        """``prog[401000+1000]`` for the mapping of `address`, as dmesg shows it; empty where it has no name."""
        vma = self.find(address)
        return f"{vma.name}[{vma.start:x}+{vma.end - vma.start:x}]" if vma and vma.name else ""

    # Faults.

    def fault(self, address: int, access: int) -> tuple[int, int] | None:
        """Bring in the page of a user address (C: handle_mm_fault).

        None when the page is there now; else (signal, si_code) that the access deserves.
        """
        vma = self.find(address) or self._grow_stack(address)
        if vma is None:
            return SIGSEGV, SEGV_MAPERR
        wanted = {WRITE: PROT_WRITE, FETCH: PROT_EXEC}.get(access, PROT_READ | PROT_WRITE | PROT_EXEC)
        if not vma.prot & wanted:
            return SIGSEGV, SEGV_ACCERR
        page = address & PAGE_MASK
        if self.pages.entry(page) & PRESENT:
            return None
        try:
            content = self._file_page(vma, page)
            if content is None:
                return SIGBUS, BUS_ADRERR
            frame = self._k.ram.alloc_frame()
            self.pages.set_entry(page, frame | _pte_flags(vma.prot))
        except OutOfMemory:
            self._k.printk(KERN_ERR, f"Out of memory: Kill process {self._k.current.pid} ({self._k.current.comm})")
            return SIGKILL, 0
        if content:
            self._k.ram.bytes[frame : frame + len(content)] = content
        return None

    def _file_page(self, vma: Vma, page: int) -> bytes | None:
        """What a file gives for a page: empty for anonymous memory, None past the end of the file."""
        if vma.inode is None:
            return b""
        content = vma.inode.contents()
        at = vma.offset + page - vma.start
        if isinstance(content, int) or at >= len(content):
            return None
        return content[at : at + PAGE_SIZE]

    def _grow_stack(self, address: int) -> Vma | None:
        for index, vma in enumerate(self.vmas):
            if vma.start > address:
                below = self.vmas[index - 1].end if index else MMAP_MIN_ADDR
                grown = address & PAGE_MASK
                if vma.flags & MAP_GROWSDOWN and vma.end - grown <= USER_STACK_LIMIT and grown >= below:
                    vma.start = grown
                    return vma
                return None
        return None

    # mmap and its relatives; all answer a negative errno or a result.

    def map(
        self, address: int, size: int, prot: int, flags: int, name: str = "", inode: Inode | None = None, offset: int = 0
    ) -> int:
        """Map `size` bytes (rounded up) and return where (C: do_mmap)."""
        if size == 0:
            return -EINVAL
        size = (size + PAGE_SIZE - 1) & PAGE_MASK
        if size == 0 or size > TASK_SIZE_MAX:
            return -ENOMEM
        if len(self.vmas) > MAX_MAP_COUNT:
            return -ENOMEM
        start = self._place(address, size, flags)
        if start < 0:
            return start
        if flags & MAP_FIXED:
            self.unmap(start, size)
        self._insert(Vma(start, start + size, prot, flags | (0 if inode else MAP_ANONYMOUS), name, inode, offset))
        return start

    def _place(self, address: int, size: int, flags: int) -> int:
        if flags & (MAP_FIXED | MAP_FIXED_NOREPLACE):
            if address & ~PAGE_MASK:
                return -EINVAL
            if address + size > TASK_SIZE_MAX:
                return -ENOMEM
            if address < MMAP_MIN_ADDR:
                return -EACCES if self._k.current.cred.euid else (-EINVAL if address < 0 else address)
            if flags & MAP_FIXED_NOREPLACE and self._overlaps(address, size):
                return -EEXIST
            return address
        hint = (address + PAGE_SIZE - 1) & PAGE_MASK
        if hint >= MMAP_MIN_ADDR and hint + size <= TASK_SIZE_MAX and not self._overlaps(hint, size):
            return hint
        return self._find_gap(size)

    def _overlaps(self, start: int, size: int) -> bool:
        return any(vma.start < start + size and start < vma.end for vma in self.vmas)

    def _find_gap(self, size: int) -> int:
        """The highest gap below MMAP_BASE (C: arch_get_unmapped_area_topdown)."""
        top = MMAP_BASE
        for vma in reversed(self.vmas):
            if vma.start >= top:
                continue
            if top - vma.end >= size:
                return top - size
            top = vma.start
        return top - size if top - size >= MMAP_MIN_ADDR else -ENOMEM

    def _insert(self, new: Vma) -> None:
        at = 0
        while at < len(self.vmas) and self.vmas[at].start < new.start:
            at += 1
        if at and self._joins(self.vmas[at - 1], new):
            self.vmas[at - 1].end = new.end
        else:
            self.vmas.insert(at, new)

    def _joins(self, before: Vma, after: Vma) -> bool:
        same = (before.prot, before.flags, before.name) == (after.prot, after.flags, after.name)
        return before.end == after.start and same and before.inode is None and after.inode is None

    def _cut(self, start: int, end: int) -> list[Vma]:
        """Split mappings at `start` and `end`; the ones between them."""
        result: list[Vma] = []
        for vma in self.vmas:
            marks = [vma.start, *(m for m in (start, end) if vma.start < m < vma.end), vma.end]
            if len(marks) == 2:
                result.append(vma)
            else:
                result += [vma.part(a, b) for a, b in zip(marks, marks[1:], strict=False)]
        self.vmas = result
        return [vma for vma in result if vma.start >= start and vma.end <= end]

    def unmap(self, start: int, size: int) -> int:
        """Unmap a range; nothing there is no error (C: do_munmap)."""
        if start & ~PAGE_MASK or size == 0 or start + size > TASK_SIZE_MAX:
            return -EINVAL
        end = start + ((size + PAGE_SIZE - 1) & PAGE_MASK)
        gone = self._cut(start, end)
        for vma in gone:
            self._drop_pages(vma.start, vma.end)
        if gone:
            doomed = set(map(id, gone))
            self.vmas = [vma for vma in self.vmas if id(vma) not in doomed]
            self._k.cpu.flush_tlb()
        return 0

    def _drop_pages(self, start: int, end: int) -> None:
        for page, entry in self._present(start, end):
            self.pages.clear_entry(page)
            self._k.ram.free_frame(entry & FRAME_MASK)

    def _present(self, start: int, end: int) -> list[tuple[int, int]]:
        if (end - start) // PAGE_SIZE < 4096:
            found = ((page, self.pages.entry(page)) for page in range(start, end, PAGE_SIZE))
            return [(page, entry) for page, entry in found if entry & PRESENT]
        return [(page, entry) for page, entry in self.pages.user_pages() if start <= page < end]

    def protect(self, start: int, size: int, prot: int) -> int:
        """Change the protection of a range (C: do_mprotect_pkey)."""
        if start & ~PAGE_MASK:
            return -EINVAL
        if size == 0:
            return 0
        end = start + ((size + PAGE_SIZE - 1) & PAGE_MASK)
        if end <= start:
            return -ENOMEM
        if prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC):
            return -EINVAL
        covered = start
        for vma in self.vmas:
            if vma.start <= covered < vma.end:
                covered = vma.end
        # Linux changes what comes before a hole, then answers ENOMEM.
        for vma in self._cut(start, min(end, max(covered, start))):
            vma.prot = prot
            for page, entry in self._present(vma.start, vma.end):
                self.pages.set_entry(page, entry & FRAME_MASK | _pte_flags(prot))
        self._k.cpu.flush_tlb()
        return 0 if covered >= end else -ENOMEM

    def set_brk(self, wanted: int) -> int:
        """Move the end of the heap; the result is where it is now, moved or not (C: brk)."""
        if wanted < self.start_brk or wanted > self.start_brk + (1 << 36):
            return self.brk
        old, new = (self.brk + PAGE_SIZE - 1) & PAGE_MASK, (wanted + PAGE_SIZE - 1) & PAGE_MASK
        if new > old:
            if self._overlaps(old, new - old):
                return self.brk
            self._insert(Vma(old, new, PROT_READ | PROT_WRITE, MAP_ANONYMOUS, "[heap]"))
        elif new < old:
            self.unmap(new, old - new)
        self.brk = wanted
        return wanted

    def destroy(self) -> None:
        """Free every page and table (C: exit_mmap)."""
        self.vmas.clear()
        self.pages.destroy()


def _pte_flags(prot: int) -> int:
    """Page-table bits for a protection.  x86 cannot write or execute without reading."""
    if prot == PROT_NONE:
        return PRESENT | NX  # the page keeps its content, but the user bit is gone
    return PRESENT | USER | (WRITABLE if prot & PROT_WRITE else 0) | (0 if prot & PROT_EXEC else NX)
