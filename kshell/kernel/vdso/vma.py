"""The vDSO in a program: the code, and below it the data that the code reads.  They are the kernel's own pages, and all
programs have the same ones.

C counterpart: arch/x86/entry/vdso/vma.c, struct vm_special_mapping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.mman import (
    MADV_COLD,
    MADV_DODUMP,
    MADV_DOFORK,
    MADV_DONTNEED,
    MADV_DONTNEED_LOCKED,
    MADV_FREE,
    MADV_PAGEOUT,
    MADV_POPULATE_READ,
    MADV_POPULATE_WRITE,
    MADV_REMOVE,
    MAP_PRIVATE,
    PROT_EXEC,
    PROT_READ,
)
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.vma import ANY_ACCESS, VM_DONTDUMP
from kshell.kernel.task.task import Task
from kshell.kernel.vdso.data import CODE_PAGES, Layout, layout_of, update_vsyscall
from kshell.machine.ram import PAGE_SIZE, Ram

if TYPE_CHECKING:
    from kshell.kernel.vdso.image import Image

SPLIT_UNTIL = (5, 11)  # since then such an area is mapped, protected and unmapped as a whole
# What madvise() refuses: of the code as C's VM_DONTEXPAND, of the data as VM_IO and VM_PFNMAP, too.
CODE_REFUSES = frozenset({MADV_DODUMP, MADV_FREE, MADV_REMOVE})
DATA_REFUSES = CODE_REFUSES | {MADV_COLD, MADV_DOFORK, MADV_DONTNEED, MADV_DONTNEED_LOCKED, MADV_PAGEOUT}
DATA_REFUSES |= {MADV_POPULATE_READ, MADV_POPULATE_WRITE}


class SpecialMapping:
    """What an area of pages of the kernel's shows: a frame for each, 0 where there is none.  A program may give it the
    protections that it `may`."""

    __slots__ = ("_ram", "frames", "may", "splits", "users")
    shared_write, is_special = False, True
    refuses = DATA_REFUSES

    def __init__(self, ram: Ram, frames: list[int], may: int, splits: bool) -> None:
        self.frames, self.may, self.splits, self.users = frames, may, splits, 1
        self._ram = ram

    def pread(self, pos: int, size: int) -> bytes:
        """What stands at `pos`, at most to the end of its page."""
        frame, offset = self.frames[pos // PAGE_SIZE], pos % PAGE_SIZE
        return self._ram.bytes[frame + offset : frame + min(offset + size, PAGE_SIZE)] if frame else b""

    def page_frame(self, ram: Ram, pos: int) -> int:
        """The frame at `pos`."""
        return self.frames[pos // PAGE_SIZE]

    def has_page(self, pos: int) -> bool:
        """Whether there is a page at `pos`."""
        return self.frames[pos // PAGE_SIZE] != 0

    def punch_hole(self, start: int, end: int) -> None:
        """Nothing of it is given back."""

    def put(self) -> None:
        """It stays, whoever unmaps it."""


class ClockMapping(SpecialMapping):
    """The area with the clocks: while a program has that page, it is kept up to date."""

    __slots__ = ("_k", "_offset")

    def __init__(self, k: Kernel, layout: Layout, splits: bool) -> None:
        present = (0, layout.random)
        frames = [k.ram.alloc_frame() if page in present else 0 for page in range(layout.vvar)]
        super().__init__(k.ram, frames, PROT_READ, splits)
        self._k, self._offset = k, layout.clocks

    def page_frame(self, ram: Ram, pos: int) -> int:
        """The frame at `pos`; from now on the clocks go."""
        if pos < PAGE_SIZE:
            self._k.clock.on_advance = self._advanced
            update_vsyscall(self._k, self.frames[0] + self._offset)
        return super().page_frame(ram, pos)

    def _advanced(self) -> None:
        if self._k.ram.is_shared(self.frames[0]):
            update_vsyscall(self._k, self.frames[0] + self._offset)
        else:  # nobody has the page any more
            self._k.clock.on_advance = None


class CodeMapping(SpecialMapping):
    """The area with the code, of which each page is made when a program first calls it."""

    __slots__ = ("_version",)
    refuses = CODE_REFUSES

    def __init__(self, k: Kernel, splits: bool) -> None:
        super().__init__(k.ram, [0] * CODE_PAGES, ANY_ACCESS, splits)
        self._version = k.profile.version

    @property
    def image(self) -> Image:
        """What stands there."""
        from kshell.kernel.vdso.image import vdso_image

        return vdso_image(self._version)

    def pread(self, pos: int, size: int) -> bytes:
        """What stands at `pos`."""
        return self.image.data[pos : pos + size]

    def page_frame(self, ram: Ram, pos: int) -> int:
        """The frame at `pos`.  Raises OutOfMemory."""
        page = pos // PAGE_SIZE
        if not self.frames[page]:
            self.frames[page] = frame = ram.alloc_frame()
            ram.bytes[frame : frame + PAGE_SIZE] = self.pread(page * PAGE_SIZE, PAGE_SIZE)
        return self.frames[page]


class Vdso:
    """The areas of a kernel."""

    def __init__(self, k: Kernel) -> None:
        self.layout = layout_of(k.profile.version)
        splits = k.profile.version < SPLIT_UNTIL
        self.vvar = ClockMapping(k, self.layout, splits)
        self.vclock = SpecialMapping(k.ram, [0] * self.layout.vclock, PROT_READ, splits)
        self.code = CodeMapping(k, splits)


def map_vdso(k: Kernel, task: Task) -> None:
    """Map the areas where there is room, the code last, and tell the task where (C: arch_setup_additional_pages)."""
    mm, layout = task.mm, k.vdso.layout
    at = mm.vmas.highest_gap(layout.size + CODE_PAGES * PAGE_SIZE)
    areas = (
        ("[vvar]", layout.vvar, PROT_READ, VM_DONTDUMP, k.vdso.vvar),
        ("[vvar_vclock]", layout.vclock, PROT_READ, VM_DONTDUMP, k.vdso.vclock),
        ("[vdso]", CODE_PAGES, PROT_READ | PROT_EXEC, 0, k.vdso.code),
    )
    for name, pages, prot, flags, mapping in areas:
        if pages:
            mm.map(at, pages * PAGE_SIZE, prot, MAP_PRIVATE | flags, name, mapping)
            at += pages * PAGE_SIZE
    mm.vdso = at - CODE_PAGES * PAGE_SIZE
