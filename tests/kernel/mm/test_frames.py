"""Frames and swap slots are accounted for, and contents are what a plain model has, whatever is done to a mapping."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MREMAP_FIXED, MREMAP_MAYMOVE
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.mappings.swap_out import swap_out
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user
from kshell.machine.paging import FRAME_MASK
from kshell.machine.ram import PAGE_SIZE

BASE, PAGES = 0x2000_0000, 12
END = BASE + 2 * PAGES * PAGE_SIZE
R, W = 1, 2
FILE_PAGES = 4
MREMAP, MADVISE, DONTNEED = 25, 28, 4
FIXED = MREMAP_MAYMOVE | MREMAP_FIXED


def page(number: int) -> int:
    return BASE + number * PAGE_SIZE


class Model:
    """A page as a program sees it: its protection, its bytes, and what they are again once it is dropped."""

    def __init__(self, prot: int, first: bytes) -> None:
        self.prot, self.data, self.first = prot, first, first


class Frames(RuleBasedStateMachine):
    """Private mappings of fresh memory and of a file, in one address space."""

    pages, lengths = st.integers(0, PAGES - 1), st.integers(1, 5)
    protections = st.sampled_from([0, R, R | W, R | W])

    def __init__(self) -> None:
        super().__init__()
        self.k = boot("6.19")
        self.mm = self.k.shell_task.mm
        self.inode = RegularInode(self.k.fs.shm_mnt, 0o644, 0)
        self.inode.nlink = 0
        self.text = [bytes([65 + n]) * PAGE_SIZE for n in range(FILE_PAGES)]
        for n, text in enumerate(self.text):
            self.inode.pwrite(n * PAGE_SIZE, text)
        self.inode.users += 1
        self.own = {self.inode.page_frame(self.k.ram, n * PAGE_SIZE) for n in range(FILE_PAGES)} | {self.k.zero_page}
        self.model: dict[int, Model] = {}
        self.used = self.k.ram.frames_used

    @rule(start=pages, count=lengths, prot=protections)
    def map(self, start: int, count: int, prot: int) -> None:
        flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
        assert self.mm.map(page(start), count * PAGE_SIZE, prot, flags) == page(start)
        self.model.update({n: Model(prot, bytes(PAGE_SIZE)) for n in range(start, start + count)})

    @rule(start=pages, prot=protections)
    def map_file(self, start: int, prot: int) -> None:
        self.mm.map(page(start), FILE_PAGES * PAGE_SIZE, prot, MAP_PRIVATE | MAP_FIXED, inode=self.inode)
        self.model.update({start + n: Model(prot, text) for n, text in enumerate(self.text)})

    @rule(start=pages, count=lengths)
    def unmap(self, start: int, count: int) -> None:
        assert self.mm.unmap(page(start), count * PAGE_SIZE) == 0
        for number in range(start, start + count):
            self.model.pop(number, None)

    @rule(start=pages, count=lengths, prot=protections)
    def protect(self, start: int, count: int, prot: int) -> None:
        self.mm.protect(page(start), count * PAGE_SIZE, prot)
        for number in range(start, start + count):
            if number not in self.model:
                break
            self.model[number].prot = prot

    @rule(number=pages, byte=st.integers(1, 255))
    def write(self, number: int, byte: int) -> None:
        found = self.model.get(number)
        allowed = found is not None and found.prot & W != 0
        assert copy_to_user(self.k, page(number), bytes([byte])) == (0 if allowed else 1)
        if found is not None and allowed:
            found.data = bytes([byte]) + found.data[1:]

    @rule(number=pages)
    def read(self, number: int) -> None:
        found = self.model.get(number)
        expected = found.data if found is not None and found.prot else b""
        assert copy_from_user(self.k, page(number), PAGE_SIZE) == expected

    @rule(number=pages)
    def to_swap(self, number: int) -> None:
        before = self.k.swap.used
        stays = swap_out(self.k, self.mm, page(number))
        assert self.k.swap.used == before + (not stays)

    @rule(start=pages, count=lengths)
    def drop(self, start: int, count: int) -> None:
        run_stub(self.k, MADVISE, [page(start), count * PAGE_SIZE, DONTNEED])
        for number in range(start, start + count):
            if number in self.model:
                self.model[number].data = self.model[number].first

    @rule(start=pages, count=lengths, place=st.integers(0, 2 * PAGES - 6))
    def move(self, start: int, count: int, place: int) -> None:
        size = count * PAGE_SIZE
        moved = run_stub(self.k, MREMAP, [page(start), size, size, FIXED, page(place)]).call
        assert moved is not None
        if moved.ret == page(place):
            there = {n: self.model.pop(start + n, None) for n in range(count)}
            for n, found in there.items():
                if found is not None:
                    self.model[place + n] = found
        # What stood in the way is gone.
        self.model = {n: found for n, found in self.model.items() if self.mm.vmas.find(page(n)) is not None}

    @invariant()
    def every_frame_has_as_many_as_the_page_table_says(self) -> None:
        ram, leaves = self.k.ram, list(self.mm.pages.leaves())
        found = Counter(entry & FRAME_MASK for _, entry in leaves if self.mm.pages.is_in_ram(entry))
        for frame in set(found) | self.own:
            assert ram.is_shared(frame) == (found[frame] + (frame in self.own) > 1)
        assert self.k.swap.used == sum(not self.mm.pages.is_in_ram(entry) for _, entry in leaves)

    def teardown(self) -> None:
        self.mm.unmap(BASE, END - BASE)
        self.mm.zap(0, 1 << 47)
        self.inode.users -= 1
        self.inode.put()
        assert (self.k.ram.frames_used, self.k.swap.used) == (self.used - FILE_PAGES, 0)


TestFrames = Frames.TestCase
