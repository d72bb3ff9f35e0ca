"""Mappings made larger, smaller, or moved with their pages: mremap.

C counterpart: mm/mremap.c.
"""

from __future__ import annotations

from kshell.abi.c_types import U64, Addr, Long, MremapFlags, ULong
from kshell.abi.errno import EFAULT, EINVAL, ENOMEM
from kshell.abi.mman import (
    MAP_FIXED,
    MAP_LOCKED,
    MAP_SHARED,
    MREMAP_DONTUNMAP,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_WRITE,
)
from kshell.kernel.core.declare import SYSCALL_DEFINE5
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import MAX_MAP_COUNT, AddressSpace, page_align
from kshell.kernel.mm.vma import Vma
from kshell.machine.ram import PAGE_MASK, OutOfMemory

PLACED = MREMAP_FIXED | MREMAP_DONTUNMAP  # with one of these it moves, to new_addr or near it


@SYSCALL_DEFINE5
def mremap(k: Kernel, addr: Addr, old_len: ULong, new_len: ULong, flags: MremapFlags, new_addr: Addr) -> Long:
    """Make a mapping larger or smaller, and return its address; it may move, with its pages (MREMAP_MAYMOVE).

    MREMAP_FIXED moves it to new_addr, in place of what is there. Of a shared mapping an old_len of 0 would make a
    second one; that is not built here.

    [since 5.7] MREMAP_DONTUNMAP moves the pages, and leaves the old mapping, empty.

    EINVAL  addr or new_addr is no multiple of 4096, new_len is 0, flags are unknown or lack MREMAP_MAYMOVE, or the old
            and the new range overlap
    EINVAL  old_len is 0
    EFAULT  part of the old range is not mapped, or it is not one mapping
    ENOMEM  there is no room to grow, and it may not move; or it is larger than all of RAM
    EPERM   new_addr lies below 65536, and the caller is not root
    """
    mm, version = k.current.mm, k.profile.version
    old, new = page_align(old_len), page_align(new_len)
    known = MREMAP_MAYMOVE | MREMAP_FIXED | (MREMAP_DONTUNMAP if version >= (5, 7) else 0)
    if flags & ~known or (flags & PLACED and not flags & MREMAP_MAYMOVE) or addr & ~PAGE_MASK or not new:
        return -EINVAL
    if flags & PLACED and not _is_place(addr, old, new_addr, new):
        return -EINVAL
    if (flags & MREMAP_DONTUNMAP and old != new) or (version >= (6, 17) and new > TASK_SIZE_MAX):
        return -EINVAL
    if flags & MREMAP_FIXED and old == new and version >= (6, 17):
        return _move_all(k, mm, addr, old, flags, new_addr)
    if version >= (5, 16) and mm.vmas.find(addr) is None:
        return -EFAULT
    return (
        _mremap_to(k, mm, addr, old, new, flags, new_addr)
        if flags & PLACED
        else _mremap_at(k, mm, addr, old, new, flags)
    )


def _is_place(addr: int, old: int, new_addr: int, new: int) -> bool:
    """Whether new_addr can be where it goes."""
    fits = not new_addr & ~PAGE_MASK and new <= TASK_SIZE_MAX and new_addr <= TASK_SIZE_MAX - new
    return fits and not (addr + old & U64 > new_addr and new_addr + new > addr)


def _move_all(k: Kernel, mm: AddressSpace, addr: int, size: int, flags: int, new_addr: int) -> int:
    """Since 6.17 what is only moved may be several mappings, which keep their distances (C: remap_move)."""
    if mm.vmas.find(addr) is None:
        return -EFAULT
    parts = [(max(vma.start, addr), min(vma.end, addr + size)) for vma in mm.vmas]
    for start, end in parts:
        if start < end:
            moved = _mremap_to(k, mm, start, end - start, end - start, flags, new_addr + start - addr)
            if moved < 0:
                return moved
    return new_addr


def _mremap_to(k: Kernel, mm: AddressSpace, addr: int, old: int, new: int, flags: int, new_addr: int) -> int:
    """Move it; what is in the way goes first, before 6.17 even where the move is refused then (C: mremap_to)."""
    if k.profile.version >= (6, 17) and isinstance(refused := _vma_to_resize(k, mm, addr, min(old, new), new), int):
        return refused
    if flags & MREMAP_FIXED and (error := mm.unmap(new_addr, new)):
        return error
    if old > new:
        if error := mm.unmap(addr + new, old - new):
            return error
        old = new
    vma = _vma_to_resize(k, mm, addr, old, new)
    if isinstance(vma, int):
        return vma
    place = mm.get_unmapped_area(new_addr, new, MAP_FIXED if flags & MREMAP_FIXED else 0)
    return place if place < 0 else _move_vma(mm, vma, addr, old, new, place, bool(flags & MREMAP_DONTUNMAP))


def _mremap_at(k: Kernel, mm: AddressSpace, addr: int, old: int, new: int, flags: int) -> int:
    """Shrink or grow it where it is, or move it because it has no room to grow (C: mremap_at)."""
    if old >= new:
        error = mm.unmap(addr + new, old - new) if old > new else 0
        return error or addr
    vma = _vma_to_resize(k, mm, addr, old, new)
    if isinstance(vma, int):
        return vma
    more = new - old
    if addr + old == vma.end and vma.end + more <= TASK_SIZE_MAX and not mm.vmas.overlaps(vma.end, more):
        mm.vmas.extend(vma, more)
        return addr
    if not flags & MREMAP_MAYMOVE:
        return -ENOMEM
    place = mm.get_unmapped_area(0, new, 0)
    return place if place < 0 else _move_vma(mm, vma, addr, old, new, place, False)


def _vma_to_resize(k: Kernel, mm: AddressSpace, addr: int, old: int, new: int) -> Vma | int:
    """The one mapping that is to become larger, or a negative errno; the order of the errors is Linux's."""
    vma = mm.vmas.find(addr)
    if vma is None:
        return -EFAULT
    if not old and not vma.flags & MAP_SHARED:
        return -EINVAL
    if old > vma.end - addr:
        return -EFAULT
    if new > old and vma.offset + (addr - vma.start) + new > 1 << 64:
        return -EINVAL
    counted = vma.prot & PROT_WRITE and not vma.flags & MAP_SHARED
    return -ENOMEM if new > TASK_SIZE_MAX or (counted and new - old > k.ram.size) else vma


def _move_vma(mm: AddressSpace, vma: Vma, addr: int, old: int, new: int, place: int, keep: bool) -> int:
    """Have the pages of [addr, addr + old) at `place`; `keep`: the old mapping stays, without pages (C: move_vma)."""
    if not old:  # Linux would make a second mapping of the same memory
        return -EINVAL
    if len(mm.vmas) > MAX_MAP_COUNT - 3:
        return -ENOMEM
    try:
        mm.pages.move(addr, addr + old, place)
    except OutOfMemory:
        return -ENOMEM
    mm.vmas.insert(vma.moved(addr, place, place + new))
    if keep:
        mm.set_flags(vma.start, vma.end, MAP_LOCKED, 0)
        mm.zap(addr, addr + old)
    else:
        mm.unmap(addr, old)
    mm.changes += 1
    return place
