"""x86-64 page tables: four levels of 512 eight-byte entries, inside RAM, as the hardware reads them.

Intel SDM volume 3, chapter 4.  Pages of 4 KiB only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kshell.machine.ram import PAGE_SIZE, ZERO_PAGE, Ram

PRESENT = 1
WRITABLE = 2
USER = 4
ACCESSED = 0x20
DIRTY = 0x40
PROT_NONE_PAGE = 0x100  # not present: the page is in RAM, and nobody may touch it (C: _PAGE_PROTNONE)
SPECIAL = 0x200  # a bit for software: the frame is not the task's own, as that of zeros (C: _PAGE_SPECIAL)
NX = 1 << 63
IN_RAM = PRESENT | PROT_NONE_PAGE
FRAME_MASK = 0x000F_FFFF_FFFF_F000
USER_END = 1 << 47
CANONICAL = (0, (1 << 17) - 1)  # bits 47 to 63 of an address: all alike, as a 48-bit CPU demands
LEVELS = (39, 30, 21)  # shifts of PML4, PDPT and PD; the last level, PT, is shift 12

# Access kinds, as Unicorn names them (UC_MEM_READ, UC_MEM_WRITE, UC_MEM_FETCH).
READ, WRITE, FETCH = 16, 17, 18


def is_canonical(address: int) -> bool:
    """Whether bits 48 to 63 repeat bit 47, as a 48-bit CPU demands."""
    return address < 1 << 47 or address >= (1 << 64) - (1 << 47)


class Protection:
    """What CR0.WP, CR4.SMAP and CR4.SMEP forbid ring 0.  `lifted` is EFLAGS.AC, by which ring 0 lifts SMAP."""

    def __init__(self) -> None:
        self.write_protect = self.smap = self.smep = True
        self.lifted = False

    @property
    def keeps_out(self) -> bool:
        """Whether SMAP keeps ring 0 out of the user's memory now."""
        return self.smap and not self.lifted

    def allows(self, pte: int, access: int) -> bool:
        """Whether ring 0 may do that to a page that is present."""
        if access != FETCH and pte & USER and self.keeps_out:
            return False
        return self.allows_lifted(pte, access)

    def allows_lifted(self, pte: int, access: int) -> bool:
        """The same with SMAP lifted."""
        if access == FETCH:
            return not pte & NX and not (pte & USER and self.smep)
        return access != WRITE or bool(pte & WRITABLE) or not self.write_protect


class PageTable:
    """One address space; `root` is the physical address that CR3 would hold."""

    def __init__(self, ram: Ram, kernel: PageTable | None = None) -> None:
        """An empty address space; with `kernel` given, its upper half is shared, as Linux does."""
        self.ram = ram
        self.free_swap: Callable[[int], object] = int  # told of each entry of a page in swap that is gone
        self.root = ram.alloc_frame()
        if kernel is not None:
            words, here, there = ram.words, self.root >> 3, kernel.root >> 3
            words[here + 256 : here + 512] = words[there + 256 : there + 512]

    def entry(self, address: int) -> int:
        """The page-table entry for `address`, or 0 where a level above it is missing, or leads out of RAM."""
        entry = self.leaf(address)
        return entry if entry & FRAME_MASK < self.ram.size else 0

    def leaf(self, address: int) -> int:
        """The last-level entry as it stands, that of a page in swap too; 0 where a level above it is missing."""
        found = self.levels(address)
        return found[-1] if len(found) > len(LEVELS) else 0

    def levels(self, address: int) -> list[int]:
        """The entries met on the way to `address`, PGD first, up to the first one that is not present."""
        words, table, found = self.ram.words, self.root, []
        for shift in (*LEVELS, 12):
            if table >= self.ram.size:
                break
            pte = words[(table + 8 * (address >> shift & 511)) >> 3]
            found.append(pte)
            if not pte & PRESENT:
                break
            table = pte & FRAME_MASK
        return found

    def _slot(self, address: int) -> int:
        """The index in `words` of the last-level entry; missing tables are made.  Raises OutOfMemory."""
        words = self.ram.words
        table, flags = self.root, PRESENT | WRITABLE | (USER if address < USER_END else 0)
        for shift in LEVELS:
            at = (table + 8 * (address >> shift & 511)) >> 3
            if not words[at] & PRESENT or words[at] & FRAME_MASK >= self.ram.size:
                words[at] = self.ram.alloc_frame() | flags
            table = words[at] & FRAME_MASK
        return (table + 8 * (address >> 12 & 511)) >> 3

    def set_entry(self, address: int, entry: int) -> None:
        """Write the last-level entry for `address`, whole."""
        self.ram.words[self._slot(address)] = entry

    def clear_entry(self, address: int) -> int:
        """Unmap one page; the entry that was there (0 if none).  The frame is the caller's to free."""
        old = self.entry(address)
        if old:
            self.ram.words[self._slot(address)] = 0
        return old

    def reserve_top_level(self, address: int) -> None:
        """Make the top-level entry for `address`, so that address spaces made later share what comes under it."""
        self._slot(address)

    def user_pages(self, start: int = 0, end: int = USER_END) -> Iterator[tuple[int, int]]:
        """Every page of the lower half that is in RAM and in [start, end): (address, entry), lowest first."""
        return ((page, entry) for page, entry in self.leaves(start, end) if self.is_in_ram(entry))

    def is_in_ram(self, entry: int) -> bool:
        """Whether a last-level entry leads to a frame."""
        return entry & IN_RAM != 0 and entry & FRAME_MASK < self.ram.size

    def leaves(self, start: int = 0, end: int = USER_END) -> Iterator[tuple[int, int]]:
        """The same with the pages in swap: every last-level entry that is not 0."""
        return self._leaves(self.root, LEVELS[0], 0, start, end)

    def _leaves(self, table: int, shift: int, base: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        for index in _indices(shift, base, start, end):
            pte = self.ram.words[(table >> 3) + index]
            address = base + (index << shift)
            if shift == 12 and pte:
                yield address, pte
            elif pte & PRESENT and pte & FRAME_MASK < self.ram.size:
                yield from self._leaves(pte & FRAME_MASK, shift - 9, address, start, end)

    def kernel_half(self) -> Iterator[tuple[int, int, int]]:
        """Every present entry of the upper half, those of the tables too: (address, shift, entry); 12 is a page's."""
        yield from self._entries(self.root, LEVELS[0], range(256, 512), 0xFFFF << 48)

    def _entries(self, table: int, shift: int, indices: range, base: int) -> Iterator[tuple[int, int, int]]:
        for index in indices:
            entry = self.ram.words[(table >> 3) + index]
            if entry & PRESENT and entry & FRAME_MASK < self.ram.size:
                address = base + (index << shift)
                yield address, shift, entry
                if shift > 12:
                    yield from self._entries(entry & FRAME_MASK, shift - 9, range(512), address)

    def clear_user(self, start: int = 0, end: int = USER_END) -> None:
        """Unmap the pages of [start, end) in the lower half; free them, and the tables that are empty then."""
        self._clear(self.root, LEVELS[0], 0, start, end)

    def move(self, start: int, end: int, target: int) -> None:
        """Have the entries of [start, end) at `target`, where there are none.  Raises OutOfMemory, with nothing moved.

        C: move_page_tables()."""
        moved = list(self.leaves(start, end))
        slots = [self._slot(page + target - start) for page, _ in moved]
        for slot, (page, entry) in zip(slots, moved, strict=True):
            self.ram.words[self._slot(page)], self.ram.words[slot] = 0, entry

    def _clear(self, table: int, shift: int, base: int, start: int, end: int) -> None:
        ram, indices = self.ram, _indices(shift, base, start, end)
        at = table >> 3
        entries = ram.words[at + indices.start : at + indices.stop].tolist()  # most are 0: all are looked at, at once
        for index, pte in zip(indices, entries, strict=True):
            if not pte:
                continue
            below = pte & FRAME_MASK
            if shift == 12:
                self._clear_leaf(at + index, pte)
            elif pte & PRESENT and below < ram.size:
                self._clear(below, shift - 9, base + (index << shift), start, end)
                if ram.bytes[below : below + PAGE_SIZE] == ZERO_PAGE:
                    ram.words[at + index] = 0
                    ram.free_frame(below)

    def _clear_leaf(self, index: int, entry: int) -> None:
        self.ram.words[index] = 0
        if self.is_in_ram(entry):
            self.ram.free_frame(entry & FRAME_MASK)
        elif not entry & IN_RAM:
            self.free_swap(entry)

    def destroy(self) -> None:
        """Free the user half, pages and tables, and the root.  The shared kernel half stays."""
        self.clear_user()
        self.ram.free_frame(self.root)


def _indices(shift: int, base: int, start: int, end: int) -> range:
    """The entries of a table over `base` that [start, end) touches."""
    first = max(start - base, 0) >> shift
    last = min(end - base + (1 << shift) - 1 >> shift, 512)
    return range(first, last)


def pages(start: int, size: int) -> range:
    """The addresses of the pages that [start, start + size) touches."""
    return range(start & ~(PAGE_SIZE - 1), start + size, PAGE_SIZE)
