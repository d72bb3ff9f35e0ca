"""Physical memory: one host buffer, handed out in frames of 4096 bytes."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterable, Iterator

PAGE_SIZE = 4096
PAGE_MASK = ~(PAGE_SIZE - 1)
ZERO_PAGE = bytes(PAGE_SIZE)


def whole_pages(size: int) -> int:
    """`size` bytes, rounded up (C: PAGE_ALIGN)."""
    return size + PAGE_SIZE - 1 & PAGE_MASK


def page_parts(address: int, size: int) -> Iterable[tuple[int, int]]:
    """[address, address + size) cut at page boundaries: (address, length) each."""
    if 0 < size <= PAGE_SIZE - (address & PAGE_SIZE - 1):  # as most are
        return ((address, size),)
    return _parts(address, size)


def _parts(address: int, size: int) -> Iterator[tuple[int, int]]:
    while size > 0:
        length = min(size, PAGE_SIZE - (address & PAGE_SIZE - 1))
        yield address, length
        address += length
        size -= length


def page_pieces(address: int, data: bytes) -> Iterable[tuple[int, bytes]]:
    """`data`, which goes to `address`, cut at page boundaries: (address, bytes) each."""
    if 0 < len(data) <= PAGE_SIZE - (address & PAGE_SIZE - 1):
        return ((address, data),)
    return ((at, data[at - address : at - address + length]) for at, length in _parts(address, len(data)))


class OutOfMemory(Exception):
    """Every frame of RAM is in use."""


class Ram:
    """`size` bytes of physical memory (a multiple of 4096), byte 0 at physical address 0.

    `bytes` is the buffer itself; `words` the same memory as 64-bit little-endian words, indexed by
    physical address / 8.  The CPU sees both at once, since it runs on this very buffer.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        # Private, so that a forked process has a machine of its own.
        flags = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
        self.bytes = mmap.mmap(-1, size, **flags)
        self.words = memoryview(self.bytes).cast("Q")
        self._keep = ctypes.c_char.from_buffer(self.bytes)  # the exporting object must outlive the CPU
        self.host_address = ctypes.addressof(self._keep)
        self._next_fresh = PAGE_SIZE  # frame 0 is never handed out: physical address 0 means "none"
        self._free: list[int] = []
        self._shares: dict[int, int] = {}  # frame -> who has it besides the first
        self.frames_used = 0

    @property
    def frames_total(self) -> int:
        """How many frames there are to hand out."""
        return self.size // PAGE_SIZE - 1

    @property
    def end(self) -> int:
        """Beyond this byte nothing was ever in use."""
        return self._next_fresh

    def state(self) -> tuple[int, list[int], dict[int, int], int]:
        """Which frames are in use, for set_state of another RAM."""
        return self._next_fresh, list(self._free), dict(self._shares), self.frames_used

    def set_state(self, state: tuple[int, list[int], dict[int, int], int]) -> None:
        """Have the frames in use that another RAM had."""
        self._next_fresh, free, shares, self.frames_used = state
        self._free, self._shares = list(free), dict(shares)

    def frames(self) -> list[int]:
        """The physical addresses of the frames that are in use, in order."""
        return sorted(set(range(PAGE_SIZE, self._next_fresh, PAGE_SIZE)).difference(self._free))

    def alloc_frame(self) -> int:
        """The physical address of a zeroed frame (C: get_zeroed_page).  Raises OutOfMemory."""
        if self._free:
            frame = self._free.pop()
            self.bytes[frame : frame + PAGE_SIZE] = ZERO_PAGE
        elif self._next_fresh < self.size:
            frame = self._next_fresh
            self._next_fresh += PAGE_SIZE
        else:
            raise OutOfMemory
        self.frames_used += 1
        return frame

    def share_frame(self, frame: int) -> int:
        """One more has that frame; the frame (C: get_page)."""
        self._shares[frame] = self._shares.get(frame, 0) + 1
        return frame

    def is_shared(self, frame: int) -> bool:
        """Whether more than one has it."""
        return frame in self._shares

    def free_frame(self, frame: int) -> None:
        """Give a frame back; the last one who has it frees it (C: put_page)."""
        others = self._shares.get(frame, 0)
        if others > 1:
            self._shares[frame] = others - 1
        elif others:
            del self._shares[frame]
        else:
            self._free.append(frame)
            self.frames_used -= 1
