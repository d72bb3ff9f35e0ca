"""kmalloc and kfree: kernel memory by the byte.

A size is rounded up to one of a few; each of these has pages of its own, cut into objects, and a list of the free ones,
from which the last one freed is the first to be handed out again.  Nothing is poisoned or checked: what is used after
it was freed is somebody else's by then, and what is freed twice is handed out twice.

C counterpart: mm/slub.c, mm/slab_common.c (kmalloc_info).
"""

from __future__ import annotations

from kshell.abi.c_types import ConstPtr, GfpT, Ptr, SizeT
from kshell.kernel.core.layout import SLAB
from kshell.kernel.core.memory import KernelMemory
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, OutOfMemory

SIZES = (8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192)
SLAB_PAGES = 4  # that a size gets at once
KMALLOC_MAX_SIZE = 4 << 20
ZERO_SIZE_PTR = 16  # what kmalloc(0) answers: no NULL, and nothing to be followed
TABLES = 4  # page tables that mapping an area may need


class Slab:
    """The memory of one kernel that kmalloc hands out."""

    def __init__(self, memory: KernelMemory) -> None:
        self.memory = memory
        self.free: dict[int, list[int]] = {size: [] for size in SIZES}
        self.pages: dict[int, tuple[int, int]] = {}  # each page that is in use -> where its area begins, and the size
        self.parameters: set[int] = set()  # those that hold the text of a charp (C: kmalloced_params)
        self._next = SLAB

    def alloc(self, size: int) -> int:
        """The address of `size` bytes; 0 where there are none left."""
        if size == 0:
            return ZERO_SIZE_PTR
        if size > KMALLOC_MAX_SIZE:
            return 0
        bucket = next((each for each in SIZES if each >= size), 0)
        try:
            if not bucket:
                return self._area(size, size)
            free = self.free[bucket]
            if not free:
                start = self._area(SLAB_PAGES * PAGE_SIZE, bucket)
                free += reversed(range(start, start + SLAB_PAGES * PAGE_SIZE - bucket + 1, bucket))
            return free.pop()
        except OutOfMemory:
            return 0

    def _area(self, size: int, each: int) -> int:
        """Pages for `size` bytes, in objects of `each`."""
        start, pages = self._next, -(-size // PAGE_SIZE)
        if pages + TABLES > self.memory.ram.frames_total - self.memory.ram.frames_used:
            raise OutOfMemory
        self.memory.map(start, pages * PAGE_SIZE, writable=True)
        self._next += (pages + 1) * PAGE_SIZE
        for page in range(start, start + size, PAGE_SIZE):
            self.pages[page] = start, each
        return start

    def size_of(self, address: int) -> int:
        """How many bytes the object at `address` has (C: ksize).  KernelBug where none begins."""
        start, size = self.pages.get(address & PAGE_MASK, (0, 0))
        if not size or (address - start) % size:
            raise KernelBug(f"kfree({address:#x}): kmalloc never gave that address")
        return size

    def release(self, address: int) -> None:
        """Take an object back."""
        size = self.size_of(address)
        if size in self.free:
            self.free[size].append(address)
            return
        self.memory.unmap(address, size)
        for page in range(address, address + size, PAGE_SIZE):
            del self.pages[page]


def slab_of(k: Kernel) -> Slab:
    """The one of a kernel; made when it is first asked for."""
    if k.slab is None:
        k.slab = Slab(k.memory)
    return k.slab


def gfp_zero(k: Kernel) -> int:
    """The flag that asks for zeros (C: __GFP_ZERO); its bit moved after 4.19."""
    return 0x100 if k.profile.version >= (5, 0) else 0x8000


def __kmalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr:
    """`size` bytes of kernel memory, whatever was in them before; NULL where there are none left."""
    address = slab_of(k).alloc(size)
    if flags & gfp_zero(k) and address > ZERO_SIZE_PTR:
        k.memory.fill(address, 0, size)
    return address


def kmalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr:
    """The same, for code that does not inline it."""
    return __kmalloc(k, size, flags)


def kzalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr:
    """`size` bytes of zeros."""
    return __kmalloc(k, size, flags | gfp_zero(k))


def kfree(k: Kernel, objp: ConstPtr) -> None:
    """Give memory back; NULL is no error.  An address that kmalloc never gave is a BUG."""
    if objp > ZERO_SIZE_PTR:
        slab_of(k).release(objp)


EXPORT_SYMBOL(__kmalloc)
EXPORT_SYMBOL(kmalloc)
EXPORT_SYMBOL(kzalloc)
EXPORT_SYMBOL(kfree)
