"""The mappings of one address space, in order: split, joined, and where there is room for another.

C counterpart: struct vm_area_struct, mm/vma.c, and vm_unmapped_area() in mm/mmap.c.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import attrgetter
from typing import Protocol

from kshell.abi.errno import ENOMEM
from kshell.abi.mman import (
    MAP_ANONYMOUS,
    MAP_GROWSDOWN,
    MAP_LOCKED,
    MAP_SHARED,
    PROT_EXEC,
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
)
from kshell.kernel.core.layout import MMAP_BASE, MMAP_MIN_ADDR, USER_STACK_LIMIT
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, Ram

STACK_GUARD_GAP = 256 * PAGE_SIZE  # below a mapping that grows down, so that it does not grow into its neighbour
ANY_ACCESS = PROT_READ | PROT_WRITE | PROT_EXEC  # x86 reads whatever may be written or executed
# What madvise() has noted; beyond the bits that mmap() knows.
VM_SEQ_READ, VM_RAND_READ, VM_DONTCOPY, VM_DONTDUMP, VM_WIPEONFORK = (1 << bit for bit in range(32, 37))
NOTES = VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY | VM_DONTDUMP | VM_WIPEONFORK
KEPT_FLAGS = MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_LOCKED | NOTES
_start_of = attrgetter("start")


class MappedInode(Protocol):
    """What an area knows of the file that it shows: fs/inode.py and fs/shmem.py have the rest."""

    users: int  # who keeps it when its names are gone
    shared_write: bool  # whether a shared mapping may write to it
    may: int  # the protections that a mapping can have
    splits: bool  # whether a part of a mapping can be changed, without the rest
    is_special: bool  # whether it is no file, but pages of the kernel's own

    def pread(self, pos: int, size: int) -> bytes:
        """Up to `size` bytes at `pos`; none behind its end."""

    def has_page(self, pos: int) -> bool:
        """Whether the page at `pos` is there, and no hole."""

    def punch_hole(self, start: int, end: int) -> None:
        """Give the whole pages of [start, end) back: they are zeros then."""

    def page_frame(self, ram: Ram, pos: int) -> int:
        """The frame that holds the page at `pos`; 0 behind its end, or where there is no room.  Raises OutOfMemory."""

    def put(self) -> None:
        """Give its memory back once nobody keeps it."""


class Vma:
    """[start, end) with one protection.  `inode` and `offset` (bytes) where it shows a file; `name` for people;
    `flags` are those of KEPT_FLAGS."""

    __slots__ = ("end", "flags", "inode", "name", "offset", "prot", "start")

    def __init__(
        self, start: int, end: int, prot: int, flags: int, name: str, inode: MappedInode | None, offset: int
    ) -> None:
        self.start, self.end, self.prot, self.name = start, end, prot, name
        self.flags = flags & KEPT_FLAGS
        self.inode, self.offset = inode, offset
        if inode is not None:
            inode.users += 1

    def part(self, start: int, end: int) -> Vma:
        """The same mapping, cut to [start, end)."""
        return Vma(start, end, self.prot, self.flags, self.name, self.inode, self.offset + start - self.start)

    def moved(self, start: int, place: int, end: int) -> Vma:
        """What lies at `start` and behind, at [place, end), where it is no heap and no stack."""
        name = "" if self.name in ("[heap]", "[stack]") else self.name
        return Vma(place, end, self.prot, self.flags, name, self.inode, self.offset + start - self.start)

    def release(self) -> None:
        """It is gone: its file may go too."""
        if self.inode is not None:
            self.inode.users -= 1
            self.inode.put()

    @property
    def may(self) -> int:
        """The protections that it can be given (C: VM_MAYREAD, VM_MAYWRITE, VM_MAYEXEC)."""
        if self.inode is None:
            return ANY_ACCESS
        read_only = self.flags & MAP_SHARED and not self.inode.shared_write
        return self.inode.may & ~PROT_WRITE if read_only else self.inode.may

    @property
    def guarded_start(self) -> int:
        """The lowest address that others must keep away from (C: vm_start_gap)."""
        return max(self.start - STACK_GUARD_GAP, 0) if self.flags & MAP_GROWSDOWN else self.start

    def joins(self, after: Vma) -> bool:
        """Whether this and `after` are one mapping, of fresh memory or of a file (C: can_vma_merge)."""
        same = (self.prot, self.flags, self.name) == (after.prot, after.flags, after.name)
        if not same or self.end != after.start or self.inode is not after.inode:
            return False
        return self.inode is None or after.offset - self.offset == after.start - self.start

    def __repr__(self) -> str:
        letters = "".join(c if self.prot & bit else "-" for c, bit in zip("rwx", (1, 2, 4), strict=True))
        return f"{self.start:x}-{self.end:x} {letters}p {self.name}"


class VmaList:
    """The mappings of one address space: sorted, and never overlapping (C: mm_mt, the maple tree of mm_struct)."""

    __slots__ = ("_full", "_vmas")

    def __init__(self) -> None:
        self._vmas: list[Vma] = []
        self._full = MMAP_BASE  # from here to MMAP_BASE there is no gap (C: free_area_cache, before the trees)

    def __iter__(self) -> Iterator[Vma]:
        return iter(self._vmas)

    def __len__(self) -> int:
        return len(self._vmas)

    def __getitem__(self, index: slice) -> list[Vma]:
        return self._vmas[index]

    def _after(self, address: int) -> int:
        """The index of the first mapping that begins above `address`."""
        return bisect_right(self._vmas, address, key=_start_of)

    def find(self, address: int) -> Vma | None:
        """The mapping that `address` lies in (C: vma_lookup)."""
        at = self._after(address) - 1
        return self._vmas[at] if at >= 0 and address < self._vmas[at].end else None

    def above(self, address: int) -> Vma | None:
        """The first mapping that begins above `address`."""
        at = self._after(address)
        return self._vmas[at] if at < len(self._vmas) else None

    def overlaps(self, start: int, size: int, guarded: bool = False) -> bool:
        """Whether something is mapped in a range, or (guarded) may grow into it."""
        if self.find(start) is not None:
            return True
        above = self.above(start)
        return above is not None and (above.guarded_start if guarded else above.start) < start + size

    def whole_at_ends(self, start: int, end: int) -> Vma | None:
        """A mapping that a range begins or ends in, and that can only be changed as a whole."""
        for mark in (start, end):
            vma = self.find(mark)
            if vma is not None and vma.start < mark and vma.inode is not None and not vma.inode.splits:
                return vma
        return None

    def grow_stack(self, address: int) -> Vma | None:
        """Let the mapping above `address` grow down to it, if it is one that does (C: expand_stack)."""
        at, start = self._after(address), address & PAGE_MASK
        if at == len(self._vmas):
            return None
        vma = self._vmas[at]
        floor = MMAP_MIN_ADDR
        if at:
            below = self._vmas[at - 1]
            gap = STACK_GUARD_GAP if below.prot != PROT_NONE and not below.flags & MAP_GROWSDOWN else 0
            floor = below.end + gap
        if not vma.flags & MAP_GROWSDOWN or vma.end - start > USER_STACK_LIMIT or start < floor:
            return None
        vma.start = start
        return vma

    # Where there is room.

    def highest_gap(self, size: int) -> int:
        """The highest free place below MMAP_BASE, 0 if there is none (C: unmapped_area_topdown).

        What lies below a mapping that grows down is kept from others where they would fit but for that."""
        top, guard, full = self._full, self._full, True
        for at in range(self._after(top if top < MMAP_BASE else top + STACK_GUARD_GAP) - 1, -1, -1):
            vma = self._vmas[at]
            full = full and vma.end >= top
            if top - vma.end >= size:
                top = min(top, guard)
                if top - vma.end >= size:
                    return top - size
            top, guard = min(top, vma.start), vma.guarded_start
            self._full = top if full else self._full
        return top - size if top - size >= MMAP_MIN_ADDR else 0

    def highest_gap_below(self, end: int, size: int) -> int:
        """The highest free place below `end`, or -ENOMEM."""
        for vma in reversed(self._vmas):
            if vma.end <= end - size:
                break
            end = min(end, vma.guarded_start)
        return end - size if end - size >= MMAP_MIN_ADDR else -ENOMEM

    def lowest_gap(self, bottom: int, end: int, size: int) -> int:
        """The lowest free place in [bottom, end), or -ENOMEM."""
        for vma in self._vmas:
            if vma.end > bottom:
                if vma.guarded_start - bottom >= size:
                    break
                bottom = vma.end
        return bottom if bottom + size <= end else -ENOMEM

    # Changes.

    def insert(self, new: Vma) -> None:
        """Add a mapping where nothing is mapped; it becomes part of a neighbour that is alike."""
        at = self._after(new.start)
        self._vmas.insert(at, new)
        self.join(at, at + 1)

    def join(self, first: int, last: int) -> None:
        """Make one of each two neighbours that are alike, from `first` - 1 to `last` (C: vma_merge)."""
        vmas = self._vmas
        for at in range(min(last, len(vmas) - 1), max(first, 1) - 1, -1):
            if vmas[at - 1].joins(vmas[at]):
                vmas[at].release()
                vmas[at - 1].end = vmas.pop(at).end

    def extend(self, vma: Vma, size: int) -> None:
        """Let a mapping reach `size` bytes further, where nothing is mapped."""
        vma.end += size
        at = self._after(vma.start)
        self.join(at - 1, at)

    def cut(self, start: int, end: int) -> tuple[int, int]:
        """Split mappings at `start` and `end`; the indices of those between (C: split_vma)."""
        for mark in (start, end):
            at = self._after(mark) - 1
            if at >= 0 and self._vmas[at].start < mark < self._vmas[at].end:
                whole = self._vmas[at]
                self._vmas[at : at + 1] = [whole.part(whole.start, mark), whole.part(mark, whole.end)]
                whole.release()
        return self._after(start - 1), self._after(end - 1)

    def remove(self, start: int, end: int) -> None:
        """Take what lies in a range out of the list."""
        self._full = min(max(self._full, end), MMAP_BASE)
        first, last = self.cut(start, end)
        for vma in self._vmas[first:last]:
            vma.release()
        del self._vmas[first:last]

    def clear(self) -> None:
        """Take all of them out."""
        for vma in self._vmas:
            vma.release()
        self._full = MMAP_BASE
        self._vmas.clear()
