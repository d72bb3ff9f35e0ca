"""Kernel memory: every pointer and counter that the kernel keeps in RAM is loaded and stored here.

A load or store goes by the page tables, as it would on the CPU in ring 0: a page that is not there, one that is
read-only, or one that belongs to the user (SMAP) is a fault with an address in it, and that is an oops.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.c_types import U64
from kshell.kernel.core import layout
from kshell.machine import paging
from kshell.machine.paging import (
    FETCH,
    FRAME_MASK,
    NX,
    PRESENT,
    READ,
    USER_END,
    WRITABLE,
    WRITE,
    PageTable,
    Protection,
)
from kshell.machine.ram import PAGE_SIZE, Ram, page_parts, page_pieces

MOST_CELLS = 4096  # that are remembered


class KernelFault(Exception):
    """The kernel itself touched `address` in a way that the page table forbids; `access` is READ, WRITE or FETCH.

    With an address that is not canonical it is a general protection fault (#GP), or #SS where it `is_stack`: rsp or rbp
    led there; else a page fault (#PF).
    """

    def __init__(self, address: int, access: int, error_code: int, is_stack: bool = False) -> None:
        super().__init__(f"kernel fault at {address:#x}")
        self.address, self.access, self.error_code, self.is_stack = address, access, error_code, is_stack

    @property
    def is_general_protection(self) -> bool:
        """Whether the CPU raises #GP for it, and no #PF."""
        return not paging.is_canonical(self.address)


class KernelMemory:
    """The kernel's half of the address space (swapper_pg_dir), and the only way to its cells."""

    def __init__(self, ram: Ram) -> None:
        self.ram = ram
        self._words = ram.words
        self.space = PageTable(ram)
        self.user: PageTable | None = None  # the current task's half
        self.protection = Protection()
        self.on_flush: Callable[[], None] = lambda: None  # the CPU's own TLB is to forget as well
        # A TLB for the kernel's own accesses: address -> index in ram.words, for cells that were allowed before.
        self._readable: dict[int, int] = {}
        self._writable: dict[int, int] = {}
        for region in (layout.KERNEL_TEXT, layout.MODULES, layout.VMALLOC, layout.SLAB):
            self.space.reserve_top_level(region)
        self._next_data = layout.KERNEL_DATA
        self._data_end = layout.KERNEL_DATA
        self._free_stacks: list[int] = []
        self._next_stack = layout.VMALLOC

    def map(self, address: int, size: int, *, writable: bool, executable: bool = False) -> None:
        """Map fresh zeroed pages over [address, address + size)."""
        flags = PRESENT | (WRITABLE if writable else 0) | (0 if executable else NX)
        for page in paging.pages(address, size):
            self.space.set_entry(page, self.ram.alloc_frame() | flags)

    def unmap(self, address: int, size: int) -> None:
        """Unmap pages and free their frames; what is not mapped is passed over."""
        for page in paging.pages(address, size):
            entry = self.space.clear_entry(page)
            if entry:
                self.ram.free_frame(entry & FRAME_MASK)
        self.flush()

    def set_writable(self, address: int, size: int, writable: bool) -> None:
        """C: set_memory_rw / set_memory_ro."""
        for page in paging.pages(address, size):
            entry = self.space.entry(page)
            self.space.set_entry(page, entry | WRITABLE if writable else entry & ~WRITABLE)
        self.flush()

    def flush(self) -> None:
        """Forget what was allowed; needed after `protection` or an entry of the kernel's half was changed."""
        self._readable.clear()
        self._writable.clear()
        self.on_flush()

    # Cells of 8 bytes.

    def load(self, address: int) -> int:
        """The 8 bytes at `address` as an unsigned number.  Raises KernelFault."""
        index = self._readable.get(address)
        if index is not None:
            return self._words[index]
        if address & 7 or address < USER_END:  # over the end of a page, perhaps; and user pages come and go
            return int.from_bytes(self.read(address, 8), "little")
        return self._words[self._remember(self._readable, address, READ)]

    def store(self, address: int, value: int) -> None:
        """Store the low 64 bits of `value` at `address`.  Raises KernelFault."""
        index = self._writable.get(address)
        if index is not None:
            self._words[index] = value & U64
        elif address & 7 or address < USER_END:
            self.write(address, (value & U64).to_bytes(8, "little"))
        else:
            self._words[self._remember(self._writable, address, WRITE)] = value & U64

    def load_part(self, address: int, size: int) -> int:
        """The `size` bytes at `address` as an unsigned number.  Raises KernelFault."""
        index, low = self._readable.get(address & ~7), 8 * (address & 7)
        if index is None or low + 8 * size > 64:
            value = int.from_bytes(self.read(address, size), "little")
            if not address < USER_END:
                self._remember(self._readable, address & ~7, READ)
            return value
        return self._words[index] >> low & (1 << 8 * size) - 1

    def store_part(self, address: int, size: int, value: int) -> None:
        """Store the low `size` bytes of `value` at `address`.  Raises KernelFault."""
        if size == 8:
            self.store(address, value)
        else:
            self.write(address, (value & (1 << 8 * size) - 1).to_bytes(size, "little"))

    def _remember(self, cells: dict[int, int], address: int, access: int) -> int:
        """The index of a cell that may be accessed so: it is not asked again.  Raises KernelFault."""
        if len(cells) > MOST_CELLS:
            cells.clear()
        cells[address] = index = self.check(address, access) + (address & PAGE_SIZE - 1) >> 3
        return index

    # Any number of bytes.

    def check(self, address: int, access: int) -> int:
        """The frame behind a kernel access, or KernelFault with the error code that the CPU would push.

        An address that is not canonical never reaches the page tables: that is #GP, whose error code is 0.
        """
        address &= U64
        if not paging.is_canonical(address):
            raise KernelFault(address, access, 0)
        space = self.space if address >= USER_END else self.user
        entry = space.entry(address) if space is not None else 0
        code = (2 if access == WRITE else 0) | (0x10 if access == FETCH else 0)
        if not entry & PRESENT:
            raise KernelFault(address, access, code)
        if not self.protection.allows(entry, access):
            raise KernelFault(address, access, code | 1)
        return entry & FRAME_MASK

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes at a kernel address.  Raises KernelFault."""
        chunks = []
        for at, length in page_parts(address, size):
            frame = self.check(at, READ) + (at & PAGE_SIZE - 1)
            chunks.append(self.ram.bytes[frame : frame + length])
        return b"".join(chunks)

    def write(self, address: int, data: bytes) -> None:
        """Put `data` at a kernel address.  Raises KernelFault."""
        for at, piece in page_pieces(address, data):
            frame = self.check(at, WRITE) + (at & PAGE_SIZE - 1)
            self.ram.bytes[frame : frame + len(piece)] = piece

    def read_string(self, address: int, most: int = 1 << 62) -> bytes:
        """The bytes of a C string at a kernel address, without its NUL; `most` of them if there is no NUL among those.
        Raises KernelFault where it runs into memory that is not there."""
        found = b""
        while len(found) < most:
            at = address + len(found)
            chunk = self.read(at, min(PAGE_SIZE - (at & PAGE_SIZE - 1), most - len(found)))
            end = chunk.find(0)
            if end >= 0:
                return found + chunk[:end]
            found += chunk
        return found

    def fill(self, address: int, byte: int, size: int) -> None:
        """Fill `size` bytes at a kernel address.  Raises KernelFault."""
        for at, length in page_parts(address, size):
            self.write(at, bytes([byte]) * length)

    def poke(self, address: int, data: bytes) -> None:
        """Put `data` into kernel text or read-only data, as the linker and text_poke() do, whatever the page allows."""
        for page, piece in page_pieces(address, data):
            at = self.physical(page)
            self.ram.bytes[at : at + len(piece)] = piece

    def physical(self, address: int) -> int:
        """The physical address behind a mapped kernel address."""
        return (self.space.entry(address) & FRAME_MASK) + (address & PAGE_SIZE - 1)

    # Allocation.

    def static(self, size: int) -> int:
        """Room for a variable in the kernel's data, 8-byte aligned and zeroed; never freed."""
        address = self._next_data
        self._next_data += (size + 7) & ~7
        while self._next_data > self._data_end:
            self.map(self._data_end, PAGE_SIZE, writable=True)
            self._data_end += PAGE_SIZE
        return address

    def alloc_stack(self) -> int:
        """A kernel stack of THREAD_SIZE bytes; the lowest free place, so that runs repeat themselves."""
        if self._free_stacks:
            self._free_stacks.sort(reverse=True)
            stack = self._free_stacks.pop()
        else:
            stack = self._next_stack
            self._next_stack += layout.STACK_STRIDE
        self.map(stack, layout.THREAD_SIZE, writable=True)
        return stack

    def free_stack(self, stack: int) -> None:
        """Give a kernel stack back."""
        self.unmap(stack, layout.THREAD_SIZE)
        self._free_stacks.append(stack)
