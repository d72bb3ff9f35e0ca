"""The memory management unit: which physical page an access of user code reaches, if any.

The emulator keeps a TLB, and asks here for each translation that is not in it.  The answer comes from the page tables
in RAM, walked as the hardware does, and from the kernel, which may bring the page in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress
from operator import ne
from typing import Any

from unicorn import unicorn_const as uc_const

from kshell.abi.c_types import U64, to_signed64
from kshell.machine.descriptors import DESCRIPTORS
from kshell.machine.paging import (
    CANONICAL,
    FETCH,
    FRAME_MASK,
    NX,
    PRESENT,
    READ,
    USER,
    WRITABLE,
    WRITE,
    PageTable,
    Protection,
)
from kshell.machine.quirks.code_watch import EDGE, CodeWatch
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, Ram

# The emulator's TLB has 256 entries at first, and grows only when it is flushed.
FIRST_FILLS, MOST_FILLS = 300, 20_000


class Mmu:
    """Translates for one CPU, in the address space that was loaded last (C: CR3).

    `on_page_fault(address, access)` is the kernel: it may map a page and return True.  `on_protection()` is told that
    ring 0 has changed what it may do.  `root` is what CR3 holds.
    `fault` is (address, access) of the first access of a run that was refused, None if none was; `error` is what the
    kernel raised meanwhile.  `descriptors` is the frame of what the CPU reads by itself.  A `closed` MMU brings in no
    page any more: the run is as good as over.
    """

    def __init__(self, uc: Any, ram: Ram, watch: CodeWatch, descriptors: int) -> None:
        self.on_page_fault: Callable[[int, int], bool] = lambda address, access: False
        self.on_protection: Callable[[], None] = lambda: None
        self.ring = 0
        self.watched = False  # whether code is looked at before it runs: not what boots
        self.protection = Protection()
        self.fault: tuple[int, int] | None = None
        self.error: BaseException | None = None
        self.closed = False
        self.blind = False  # the emulator asks for its own sake, as it does when a hook goes: any page will do
        self.ahead = -1  # a page that it only fetches ahead: what stands there is not executed
        self.refused = False  # the emulator was told of an exception
        self.flush_wanted = False
        self._opened = False  # whether ring 0 has a page of the user's in its TLB since SMAP was lifted
        self._uc, self._ram, self._watch, self._descriptors = uc, ram, watch, descriptors
        self._space: PageTable | None = None
        self.root = 0
        self._fills, self._fills_limit = 0, FIRST_FILLS
        uc.hook_add(uc_const.UC_HOOK_TLB_FILL, self._fill)

    def load(self, space: PageTable) -> bool:
        """Switch to another address space (C: load_cr3); False if it is the present one."""
        self.flush_wanted = True
        if space is self._space:
            return False
        self._space, self.root = space, space.root
        self._fills_limit = FIRST_FILLS
        return True

    def flush(self) -> None:
        """Forget cached translations; needed after a change of a page-table entry, or of the ring."""
        self._uc.ctl(uc_const.UC_CTL_TLB_FLUSH, uc_const.UC_CTL_IO_WRITE)
        self._fills = 0
        self.flush_wanted = self._opened = False

    def lift_smap(self, lifted: bool) -> None:
        """EFLAGS.AC is set or cleared: pages of the user's that ring 0 has met meanwhile are closed to it again."""
        self.protection.lifted = lifted
        if self._opened and not lifted:
            self.flush()

    def reopen(self) -> None:
        """The run begins, or goes on: nothing was refused."""
        self.fault, self.closed = None, False

    # The page tables.

    def walk(self, address: int) -> int:
        """The page-table entry of an address, 0 if there is none, or if it leads out of RAM."""
        words = self._ram.words
        pte = self.root
        try:
            for shift in (39, 30, 21, 12):
                pte = words[((pte & FRAME_MASK) + 8 * (address >> shift & 511)) >> 3]
                if not pte & PRESENT:
                    return 0
        except IndexError:
            return 0
        return pte if address >> 47 in CANONICAL and pte & FRAME_MASK < self._ram.size else 0

    def run(self, address: int, size: int, needed: int) -> tuple[int, int]:
        """Memory in one piece: the physical address behind `address`, and how many of the `size` bytes from there on
        follow each other in RAM, in pages whose entries have the bits `needed` and the others of the first one; 0 of
        them where the first page has not."""
        first, offset = self.walk(address), address & ~PAGE_MASK
        if first & needed != needed:
            return 0, 0
        frame = first & FRAME_MASK
        pages = min(
            -(-(offset + size) // PAGE_SIZE), 512 - (address >> 12 & 511), (self._ram.size - frame) // PAGE_SIZE
        )
        count = self._alike(address, first, pages) if pages > 1 else 1
        return frame + offset, min(count * PAGE_SIZE - offset, size)

    def _alike(self, address: int, first: int, pages: int) -> int:
        """How many of so many entries, of which `first` is that of `address`, differ by nothing but the next frame."""
        found = self._entries(address, pages)
        wanted = list(range(to_signed64(first), to_signed64(first) + pages * PAGE_SIZE, PAGE_SIZE))
        return pages if found == wanted else next(compress(range(pages), map(ne, found, wanted)))

    def _entries(self, address: int, count: int) -> list[int]:
        """So many entries of the last table on the way to an address that is mapped, its own first; signed, since small
        numbers are compared faster."""
        words, table = self._ram.words, self.root
        for shift in (39, 30, 21):
            table = words[((table & FRAME_MASK) + 8 * (address >> shift & 511)) >> 3]
        at = (table & FRAME_MASK) + 8 * (address >> 12 & 511) >> 3
        return words[at : at + count].cast("B").cast("q").tolist()

    def allows(self, pte: int, access: int) -> bool:
        """Whether the code of the present ring may do that to a page."""
        if self.ring == 3:
            if not pte & PRESENT or not pte & USER:
                return False
            return bool(pte & WRITABLE) if access == WRITE else access != FETCH or not pte & NX
        return pte & PRESENT != 0 and self.protection.allows(pte, access)

    def _bring_in(self, address: int, access: int) -> bool:
        """Let the kernel bring in a page; True if the access is allowed then."""
        if self.closed or self.ring == 0:  # what ring 0 meets is decided when it has stopped, and its ip is known
            return False
        try:
            mapped = self.on_page_fault(address, access)
        except BaseException as error:  # the binding would lose it: it is raised again when the run has stopped
            self.error = error
            return False
        return mapped and self.allows(self.walk(address), access)

    def could_write(self, address: int) -> bool:
        """Whether the code of the present ring could write there, though a run has ended by another fault."""
        self.closed, closed = False, self.closed
        try:
            return self.allows(self.walk(address), WRITE) or self._bring_in(address, WRITE)
        finally:
            self.closed = closed

    def read_user(self, address: int, size: int) -> bytes:
        """The bytes that user code would read at `address`; fewer where it cannot."""
        return b"".join(self._ram.bytes[at : at + length] for at, length in self._parts(address, size, READ))

    def write_user(self, address: int, data: bytes) -> int:
        """Write as user code would: all of `data`, or nothing where it cannot; how many bytes it could."""
        parts = list(self._parts(address, len(data), WRITE))
        done = 0
        for at, length in parts if sum(length for _, length in parts) == len(data) else ():
            self._ram.bytes[at : at + length] = data[done : done + length]
            done += length
        return sum(length for _, length in parts)

    def _parts(self, address: int, size: int, access: int) -> Iterator[tuple[int, int]]:
        """The pieces of physical memory behind an access of user code, page by page, as far as it may go."""
        while size > 0:
            pte = self.walk(address)
            if not self.allows(pte, access):
                if not self._bring_in(address, access):
                    return
                pte = self.walk(address)
            offset = address & ~PAGE_MASK
            length = min(size, PAGE_SIZE - offset)
            yield (pte & FRAME_MASK) + offset, length
            address, size = address + length & U64, size - length

    # Filling the TLB.

    def _fill(self, _uc: Any, address: int, access: int, entry: Any, _data: object) -> bool:
        self._fills += 1
        if self._fills > self._fills_limit:  # let a flush enlarge the TLB, or every access will come here
            self._fills_limit = min(2 * self._fills_limit, MOST_FILLS)
            self.flush_wanted = True
            self._uc.emu_stop()
        if address & PAGE_MASK & U64 == DESCRIPTORS:
            return self._fill_descriptors(address, access, entry)
        pte = self.walk(address)
        if not self.allows(pte, access):
            if self.blind or (access == FETCH and address & PAGE_MASK == self.ahead):
                entry.paddr, entry.perms = 0, uc_const.UC_PROT_READ | uc_const.UC_PROT_EXEC
                return True
            if not self._bring_in(address, access):
                return self._refuse(address, access)
            pte = self.walk(address)
        frame = pte & FRAME_MASK
        self._opened = self._opened or (self.ring == 0 and self.protection.lifted and pte & USER != 0)
        entry.paddr = frame
        if access == FETCH:
            if self.watched and not self._admit(address & PAGE_MASK & U64, frame):
                self.refused = True
                return False
            entry.perms = uc_const.UC_PROT_READ | uc_const.UC_PROT_EXEC
        elif (
            pte & WRITABLE or access == WRITE
        ):  # never writable and executable at once: code is looked at before it runs
            entry.perms = uc_const.UC_PROT_READ | uc_const.UC_PROT_WRITE
        else:
            entry.perms = uc_const.UC_PROT_READ
        return True

    def _fill_descriptors(self, address: int, access: int, entry: Any) -> bool:
        """The CPU reads them as ring 0 would, by the TLB of that ring; nobody may write there, or execute that."""
        if access != READ or self.ring == 3:
            return self._refuse(address, access)
        entry.paddr, entry.perms = self._descriptors, uc_const.UC_PROT_READ
        return True

    def _refuse(self, address: int, access: int) -> bool:
        if not self.closed:  # only the first address that is asked for is the one that faulted
            self.fault, self.closed = (address, access), True
        self.refused = True
        return False

    def _admit(self, page: int, frame: int) -> bool:
        """Let a page of code be looked at, with the ends of its neighbours; True if it may be translated."""
        before, after = self._neighbour(page - PAGE_SIZE), self._neighbour(page + PAGE_SIZE)
        data = self._ram.bytes
        lead = data[before + PAGE_SIZE - EDGE : before + PAGE_SIZE] if before else b""
        tail = data[after : after + EDGE] if after else b""
        return self._watch.admit(page, frame, lead, tail, self.ring)

    def _neighbour(self, page: int) -> int:
        """The frame of a page that could be executed, or 0."""
        pte = self.walk(page & U64)
        return pte & FRAME_MASK if self.allows(pte, FETCH) else 0
