"""The memory that kmalloc and its relatives hand out: pages cut into objects, and areas of whole pages.

A size is rounded up to one of a few; each of these is a cache with pages of its own, cut into objects, and a list of
the free ones, from which the last one freed is the first to be handed out again.  Nothing is poisoned or checked: what
is used after it was freed is somebody else's by then, and what is freed twice is handed out twice.  Noted is who has
allocated what, for the person who unloads a module.  slab_calls.py has the functions.

C counterpart: mm/slub.c, mm/slab_common.c (kmalloc_info), mm/vmalloc.c.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kshell.kernel.core.layout import SLAB, VMALLOC_AREAS
from kshell.kernel.core.memory import KernelMemory
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, OutOfMemory

SIZES = (8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192)
SLAB_PAGES = 4  # that a cache gets at once
KMALLOC_MAX_SIZE = 4 << 20
ZERO_SIZE_PTR = 16  # what kmalloc(0) answers: no NULL, and nothing to be followed
REDZONE = 16  # with KASAN
TABLES = 4  # page tables that mapping an area may need


class Cache:
    """Objects of one size (C: struct kmem_cache), of which `used` bytes are its user's; `live` are handed out."""

    def __init__(self, name: str, size: int, used: int = 0) -> None:
        self.name, self.size, self.used = name, size, used or size
        self.free: list[int] = []
        self.live: set[int] = set()


class Track(NamedTuple):
    """Who has allocated or freed an object: a task's number, and its functions, innermost first."""

    size: int
    pid: int
    frames: list[str]


class Kasan:
    """What KASAN knows beside: the page at each frame that is cut into objects, and the last who had an object."""

    def __init__(self) -> None:
        self.pages: dict[int, int] = {}
        self.allocated: dict[int, Track] = {}
        self.freed: dict[int, Track] = {}
        self.has_reported = False  # it does so once a boot (C: kasan_multi_shot)


class Given(NamedTuple):
    """Memory that somebody has: so many bytes were asked for, by a call that returns to `caller` (0: not known)."""

    size: int
    caller: int


class Slab:
    """The memory of one kernel that is handed out piece by piece."""

    def __init__(self, memory: KernelMemory, kasan: Kasan | None) -> None:
        self.memory, self.kasan = memory, kasan
        self.redzone = REDZONE if kasan is not None else 0  # bytes behind each object that are nobody's
        self.sizes = [Cache(f"kmalloc-{size}", size + self.redzone, size) for size in SIZES]
        self.caches: dict[int, Cache] = {}  # those of kmem_cache_create, by their addresses
        self.pages: dict[int, tuple[int, Cache]] = {}  # each page that is in use -> where its area begins, and whose
        self.given: dict[int, Given] = {}
        self.parameters: set[int] = set()  # those that hold the text of a charp (C: kmalloced_params)
        self.fail_in = 0  # the allocation that fails, counted from the next one; 0: none
        self._next, self._next_area = SLAB, VMALLOC_AREAS

    def alloc(self, size: int, caller: int = 0) -> int:
        """The address of `size` bytes; 0 where there are none left, and for more than KMALLOC_MAX_SIZE."""
        if size == 0:
            return ZERO_SIZE_PTR
        cache = next((each for each in self.sizes if each.used >= size), None)
        if cache is not None:
            return self.take(cache, size, caller)
        if size > KMALLOC_MAX_SIZE:
            return 0
        return self._note(self._area(size, Cache("", size)), size, caller)

    def take(self, cache: Cache, size: int, caller: int) -> int:
        """The address of an object; 0 where there is none left."""
        if not cache.free:
            room = max(SLAB_PAGES * PAGE_SIZE, cache.size)
            start = self._area(room, cache)
            if not start:
                return 0
            cache.free += reversed(range(start, start + room - cache.size + 1, cache.size))
        address = cache.free.pop()
        cache.live.add(address)
        return self._note(address, size, caller)

    def _note(self, address: int, size: int, caller: int) -> int:
        if address:
            self.given[address] = Given(size, caller)
        return address

    def _area(self, size: int, cache: Cache) -> int:
        """Pages for `size` bytes; 0 where there are too few."""
        start, pages = self._next, -(-size // PAGE_SIZE)
        if not self._map(start, pages):
            return 0
        self._next += (pages + 1) * PAGE_SIZE
        for page in range(start, start + size, PAGE_SIZE):
            self.pages[page] = start, cache
            if self.kasan is not None:
                self.kasan.pages[self.memory.physical(page)] = page
        return start

    def _map(self, start: int, pages: int) -> bool:
        if pages + TABLES > self.memory.ram.frames_total - self.memory.ram.frames_used:
            return False
        try:
            self.memory.map(start, pages * PAGE_SIZE, writable=True)
        except OutOfMemory:
            return False
        return True

    def size_of(self, address: int) -> int:
        """How many bytes the object at `address` has (C: ksize).  KernelBug where none begins."""
        return self._cache_of(address).used

    def _cache_of(self, address: int) -> Cache:
        start, cache = self.pages.get(address & PAGE_MASK, (0, None))
        if cache is None or (address - start) % cache.size:
            raise KernelBug(f"kfree({address:#x}): kmalloc never gave that address")
        return cache

    def object_at(self, address: int) -> tuple[int, Cache]:
        """The object, handed out or free, that lies around an address of a page of objects."""
        start, cache = self.pages[address & PAGE_MASK]
        return start + (address - start) // cache.size * cache.size, cache

    def release(self, address: int) -> None:
        """Take an object back.  KernelBug where none begins."""
        cache = self._cache_of(address)
        self.given.pop(address, None)
        if cache.name:
            cache.live.discard(address)
            cache.free.insert(0 if self.redzone else len(cache.free), address)  # KASAN has it wait (C: quarantine)
            return
        self._unmap(range(address, address + cache.size, PAGE_SIZE))

    def _unmap(self, pages: Iterable[int]) -> None:
        for page in pages:
            if self.kasan is not None:
                del self.kasan.pages[self.memory.physical(page)]
            self.memory.unmap(page, PAGE_SIZE)
            del self.pages[page]

    def drop(self, cache: Cache) -> None:
        """Free the pages of a cache that nobody has an object of."""
        self._unmap([page for page, (_, owner) in self.pages.items() if owner is cache])

    # Whole pages, one behind the other for the kernel alone.

    def vmalloc(self, size: int, caller: int) -> int:
        """The address of `size` bytes in pages of their own, with a hole behind; 0 where there are too few."""
        start, pages = self._next_area, -(-size // PAGE_SIZE)
        if not size or not self._map(start, pages):
            return 0
        self._next_area += (pages + 1) * PAGE_SIZE
        return self._note(start, size, caller)

    def vfree(self, address: int) -> bool:
        """Take such an area back; False where none begins."""
        given = self.given.pop(address, None) if address >= VMALLOC_AREAS else None
        if given is not None:
            self.memory.unmap(address, given.size)
        return given is not None

    def left_by(self, space: range) -> dict[Given, list[int]]:
        """What code in `space` has allocated and nobody has given back; from now on it is nobody's."""
        found: dict[Given, list[int]] = {}
        for address, given in self.given.items():
            if given.caller in space:
                found.setdefault(given, []).append(address)
                self.given[address] = Given(given.size, 0)
        return found


def slab_of(k: Kernel) -> Slab:
    """The one of a kernel; made when it is first asked for."""
    if k.slab is None:
        k.slab = Slab(k.memory, Kasan() if "kasan" in k.cmdline.split() else None)
    return k.slab
