"""Page faults: somebody touched a user address whose page is not there, or not there for that.

Most are no errors.  A mapping has no pages at first; each is brought in when it is touched: zeros, the page of a file,
a copy of what others have too, or what went to swap.  The page tables say what there is, the areas what there may be.

C counterpart: handle_mm_fault() in mm/memory.c, do_user_addr_fault() in arch/x86/mm/fault.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kshell.abi.errno import EFAULT, EINVAL, ENOMEM
from kshell.abi.mman import MAP_SHARED, PROT_EXEC, PROT_WRITE
from kshell.abi.ptregs import IP
from kshell.abi.signal import BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGKILL, SIGSEGV
from kshell.kernel.core.clock import FAULT_NS, PAGE_FAULT_NS
from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.mm.oom import out_of_memory
from kshell.kernel.mm.vma import ANY_ACCESS
from kshell.machine.paging import (
    ACCESSED,
    DIRTY,
    FETCH,
    FRAME_MASK,
    IN_RAM,
    PRESENT,
    SPECIAL,
    WRITABLE,
    WRITE,
)
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE, OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.mm.address_space import AddressSpace
    from kshell.kernel.mm.vma import Vma

ACCESS_PROT = {WRITE: PROT_WRITE, FETCH: PROT_EXEC}
LONGEST_INSTRUCTION = 15  # bytes
PF_PROT, PF_WRITE, PF_USER, PF_INSTR = 1, 2, 4, 16  # bits of the error code that the CPU pushes

# What a fault may be: the causes.
DEMAND_ZERO, ZERO_PAGE, PAGE_CACHE, STACK_GROWTH = "demand_zero", "zero_page", "page_cache", "stack_growth"
COPY_ON_WRITE, PRIVATE_COPY, REUSE, SWAP_IN = "copy_on_write", "private_copy", "reuse", "swap_in"
SPECIAL_MAPPING = "special_mapping"  # a page of the vDSO's
SPURIOUS = "spurious"  # it is there already
UNMAPPED, PROTECTION, PAST_END, NO_MEMORY = "unmapped", "protection", "past_end", "no_memory"
KERNEL_HALF = "kernel_half"  # to user code it does not exist
INVALID = {
    UNMAPPED: (SIGSEGV, SEGV_MAPERR),
    KERNEL_HALF: (SIGSEGV, SEGV_MAPERR),
    PROTECTION: (SIGSEGV, SEGV_ACCERR),
    PAST_END: (SIGBUS, BUS_ADRERR),
    NO_MEMORY: (SIGKILL, 0),
}


def handle_mm_fault(k: Kernel, mm: AddressSpace, address: int, access: int, ip: int = 0) -> tuple[int, int] | None:
    """Bring in the page of a user address, for an `access` READ, WRITE or FETCH by the kernel's instruction `ip`, or by
    user code (0).

    None when it is there now; else (signal, si_code) that the access deserves.  The fault takes its time, is counted,
    and told to who listens.
    """
    return _handle(k, mm, address, access, ip, tells_refusal=True)


def bring_in(k: Kernel, mm: AddressSpace, address: int, access: int, ip: int = 0) -> bool:
    """The same for who may ask in vain, as the emulator does: what is refused counts only when it has stopped."""
    return _handle(k, mm, address, access, ip, tells_refusal=False) is None


def error_code(mm: AddressSpace, address: int, access: int, by_user: bool) -> int:
    """What the CPU pushes when such an access faults now; to user code all of the kernel's half counts as present."""
    code = {WRITE: PF_WRITE, FETCH: PF_INSTR}.get(access, 0) | (PF_USER if by_user else 0)
    present = (by_user and address >= TASK_SIZE_MAX) or mm.pages.entry(address) & PRESENT
    return code | PF_PROT if present else code


def _handle(
    k: Kernel, mm: AddressSpace, address: int, access: int, ip: int, tells_refusal: bool
) -> tuple[int, int] | None:
    code = error_code(mm, address, access, not ip) if k.on_event is not None else 0
    try:
        cause = _resolve(k, mm, address, access)
    except OutOfMemory:
        cause = NO_MEMORY
    refused, cost = INVALID.get(cause), PAGE_FAULT_NS.get(cause, FAULT_NS)
    if refused is None:
        if cause == SWAP_IN:
            k.current.struct.maj_flt += 1
        else:
            k.current.struct.min_flt += 1
    if refused is None or tells_refusal:
        k.clock.advance(cost)
        if k.on_event is not None:
            _tell(k, cause, address, code, ip, cost)
    if cause == NO_MEMORY:
        out_of_memory(k)
    return refused


def _tell(k: Kernel, cause: str, address: int, code: int, ip: int, cost: int) -> None:
    facts: dict[str, Any] = {"cause": cause, "error_code": code, "major": cause == SWAP_IN, "cost_ns": cost}
    if ip:
        facts |= {"mode": "kernel", "ip": ip, "where": k.symbols.offset(ip), "code": _code(k, ip)}
    else:
        facts |= {"mode": "user", "ip": k.cpu.ip if k.cpu.running else k.current.regs[IP]}
    k.tell("fault", "page", address, **facts)


def _code(k: Kernel, ip: int) -> str:
    """The bytes of the kernel's instruction and of what follows it, in hex; none of what is no kernel memory."""
    page = k.memory.space.entry(ip)
    frame = page & FRAME_MASK
    return k.ram.bytes[frame + ip % PAGE_SIZE : frame + PAGE_SIZE][:LONGEST_INSTRUCTION].hex() if page & PRESENT else ""


def _resolve(k: Kernel, mm: AddressSpace, address: int, access: int) -> str:
    """Have the page there for that access, or not: the cause says which.  Raises OutOfMemory."""
    if address >= TASK_SIZE_MAX:
        return KERNEL_HALF
    vma = mm.vmas.find(address)
    grown = None if vma is not None else mm.vmas.grow_stack(address)
    vma = vma or grown
    if vma is None:
        return UNMAPPED
    if not vma.prot & _needed(mm, address, access):
        return PROTECTION
    cause = handle_pte_fault(k, mm, vma, address & PAGE_MASK, access == WRITE)
    return STACK_GROWTH if grown is not None else cause


def _needed(mm: AddressSpace, address: int, access: int) -> int:
    """What an area must allow for that (C: access_error).  NX is a bit of a page that is there: until then a fetch is a
    read, and faults twice."""
    if access == FETCH and not mm.pages.entry(address) & PRESENT:
        return ANY_ACCESS
    return ACCESS_PROT.get(access, ANY_ACCESS)


def handle_pte_fault(k: Kernel, mm: AddressSpace, vma: Vma, page: int, write: bool) -> str:
    """Have the page there, and the task's own if it is to be written to, whatever its protection; the cause.

    Raises OutOfMemory.
    """
    entry = mm.pages.leaf(page)
    if mm.pages.is_in_ram(entry):
        return _do_wp_page(k, mm, vma, page, entry) if write and not entry & WRITABLE else SPURIOUS
    if entry & ~IN_RAM:
        return _do_swap_page(k, mm, vma, page, entry)
    if vma.inode is not None:
        return _do_fault(k, mm, vma, page, write)
    if write:
        _set_pte(mm, vma, page, k.ram.alloc_frame(), DIRTY)
        return DEMAND_ZERO
    _set_pte(mm, vma, page, k.ram.share_frame(k.zero_page), SPECIAL)
    return ZERO_PAGE


def _do_fault(k: Kernel, mm: AddressSpace, vma: Vma, page: int, write: bool) -> str:
    """A page of a file is shared with all who map it; what is written to a private mapping goes to a copy."""
    assert vma.inode is not None
    frame = vma.inode.page_frame(k.ram, vma.offset + page - vma.start)
    if not frame:
        return PAST_END
    if write and not vma.flags & MAP_SHARED:
        _set_pte(mm, vma, page, _copy_of(k, k.ram.bytes[frame : frame + PAGE_SIZE]), DIRTY)
        return PRIVATE_COPY
    _set_pte(mm, vma, page, k.ram.share_frame(frame), DIRTY if write else 0)
    return SPECIAL_MAPPING if vma.inode.is_special else PAGE_CACHE


def _do_swap_page(k: Kernel, mm: AddressSpace, vma: Vma, page: int, entry: int) -> str:
    _set_pte(mm, vma, page, _copy_of(k, k.swap.read(entry)), DIRTY)
    k.swap.free(entry)
    return SWAP_IN


def _do_wp_page(k: Kernel, mm: AddressSpace, vma: Vma, page: int, entry: int) -> str:
    """A page that is there is to be written to: who shares it gets a copy of his own."""
    frame = entry & FRAME_MASK
    if vma.flags & MAP_SHARED or not k.ram.is_shared(frame):
        mm.pages.set_entry(page, frame | mm.pte_flags(vma, frame) | ACCESSED | DIRTY)
        return REUSE
    _set_pte(mm, vma, page, _copy_of(k, k.ram.bytes[frame : frame + PAGE_SIZE]), DIRTY)
    k.ram.free_frame(frame)
    k.cpu.mmu.flush()
    if vma.prot & PROT_EXEC:
        k.cpu.flush_code()
    return COPY_ON_WRITE


def _copy_of(k: Kernel, content: bytes) -> int:
    frame = k.ram.alloc_frame()
    k.ram.bytes[frame : frame + PAGE_SIZE] = content
    return frame


def _set_pte(mm: AddressSpace, vma: Vma, page: int, frame: int, flags: int) -> None:
    """Let the page lead to a frame, which is given back where a table above it finds no room (OutOfMemory)."""
    try:
        mm.pages.set_entry(page, frame | mm.pte_flags(vma, frame) | ACCESSED | flags)
    except OutOfMemory:
        mm.pages.ram.free_frame(frame)
        raise


def populate(k: Kernel, mm: AddressSpace, vma: Vma, start: int, end: int, write: bool) -> int:
    """Bring in the pages of [start, end), which lies in `vma`, before anybody touches them: 0 or a negative errno.

    C: faultin_page_range()."""
    if not vma.prot & (PROT_WRITE if write else ANY_ACCESS):
        return -EINVAL
    try:
        for page in range(start, end, PAGE_SIZE):
            if handle_pte_fault(k, mm, vma, page, write) == PAST_END:
                return -EFAULT
    except OutOfMemory:
        out_of_memory(k)
        return -ENOMEM
    return 0


def own_frame(k: Kernel, mm: AddressSpace, address: int) -> int:
    """The task's own frame of a mapped private page, for the kernel to write to whatever its protection.

    Raises OutOfMemory.  C: get_user_pages() with FOLL_WRITE | FOLL_FORCE.
    """
    vma = mm.vmas.find(address)
    assert vma is not None, f"{address:#x} is not mapped"
    handle_pte_fault(k, mm, vma, address & PAGE_MASK, write=True)
    return mm.pages.entry(address) & FRAME_MASK
