"""How long a page fault takes, as a ratio to the same done in as few lines as the emulator allows; and a long copy."""

from __future__ import annotations

import ctypes
import mmap
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

from unicorn import Uc  # type: ignore[attr-defined]
from unicorn.unicorn_const import UC_ARCH_X86, UC_HOOK_TLB_FILL, UC_MODE_64, UC_PROT_ALL, UC_TLB_VIRTUAL

from benchmarks.machine import DATA, ROUNDS, TEXT, ours
from benchmarks.ratio import Figure, slower, speed
from kshell.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from kshell.kernel.boot.start import boot
from kshell.kernel.mm.uaccess import copy_from_user, copy_to_user

PAGES = 256  # as many as the emulator's TLB holds
RAM = 8 << 20
COPIED = 0x3000_0000
PRESENT, FRAME = 1, 0xF_FFFF_FFFF_F000


def store_loop(pages: int = PAGES) -> bytes:
    """mov ebx, pages; mov eax, DATA; again: mov [rax], ebx; add rax, 4096; dec ebx; jnz again"""
    loop = bytes.fromhex("8918 480500100000 ffcb 75f4")
    return b"\xbb" + struct.pack("<I", pages) + b"\xb8" + struct.pack("<I", DATA) + loop


def new_cpu() -> Any:
    """An emulator with nothing in it."""
    return Uc(UC_ARCH_X86, UC_MODE_64)  # type: ignore[no-untyped-call]


class Probe:
    """A CPU with page tables in a buffer and a handler that walks them and maps what is missing: no ring, no areas, no
    counts."""

    def __init__(self, code: bytes) -> None:
        self.ram = mmap.mmap(-1, RAM)
        self._keep = ctypes.c_char.from_buffer(self.ram)
        self.free = iter(range(0x2000, RAM, 0x1000))
        self.uc = new_cpu()
        self.uc.ctl_set_tlb_mode(UC_TLB_VIRTUAL)
        self.uc.mem_map_ptr(0, RAM, UC_PROT_ALL, ctypes.addressof(self._keep))
        self.uc.hook_add(UC_HOOK_TLB_FILL, self.fill)
        frame = self.map(TEXT)
        self.ram[frame : frame + len(code)] = code

    def map(self, address: int) -> int:
        """Let a page lead to a new frame."""
        table = 0x1000
        for shift in (39, 30, 21):
            at = table + 8 * (address >> shift & 511)
            (entry,) = struct.unpack_from("<Q", self.ram, at)
            if not entry & PRESENT:
                entry = next(self.free) | PRESENT
                struct.pack_into("<Q", self.ram, at, entry)
            table = entry & FRAME
        frame = next(self.free)
        struct.pack_into("<Q", self.ram, table + 8 * (address >> 12 & 511), frame | PRESENT)
        return frame

    def walk(self, address: int) -> int:
        """The entry of a page, 0 if there is none."""
        entry = 0x1000
        for shift in (39, 30, 21, 12):
            (entry,) = struct.unpack_from("<Q", self.ram, (entry & FRAME) + 8 * (address >> shift & 511))
            if not entry & PRESENT:
                return 0
        return entry

    def fill(self, _uc: Any, address: int, _access: int, entry: Any, _data: object) -> bool:
        """The fault handler."""
        entry.paddr = (self.walk(address) or self.map(address)) & FRAME
        entry.perms = UC_PROT_ALL
        return True


def raw(code: bytes) -> float:
    """Seconds that the probe needs."""
    probe = Probe(code)
    began = time.perf_counter()
    probe.uc.emu_start(TEXT, TEXT + len(code))
    return time.perf_counter() - began


def demand_fault(rounds: int) -> Figure:
    """A page that is zeros until it is written to: found in the areas, counted, its time taken."""
    k, code = boot("course"), store_loop()
    return slower(
        "demand fault / the same by hand", lambda: ours(k, code, PAGES * 4096), lambda: raw(code), rounds, most=3.0
    )


def long_copy(rounds: int, size: int = 1 << 20) -> Figure:
    """copy_from_user of pages that are there, against a slice of bytes that needs no page table."""
    k, content = boot("course"), bytes(2 * size)
    at = k.current.mm.map(COPIED, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    copy_to_user(k, at, content[:size])
    name = "copy_from_user of 1 MiB / a slice of bytes"
    return speed(
        name, lambda: taken(lambda: copy_from_user(k, at, size)), lambda: taken(lambda: content[-size:]), rounds, 0.3
    )


def taken(work: Callable[[], bytes]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    """All of them."""
    yield demand_fault(4 * rounds)
    yield long_copy(20 * rounds)
