"""One task becomes two: the child has what the parent has, and each page of memory in common until one writes to it.

C counterpart: copy_process() in kernel/fork.c, copy_page_range() in mm/memory.c.
"""

from __future__ import annotations

from kshell.abi.mman import MAP_SHARED
from kshell.abi.ptregs import AX
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import AddressSpace
from kshell.kernel.mm.fault import handle_pte_fault
from kshell.kernel.mm.vma import VM_DONTCOPY, VM_WIPEONFORK, Vma
from kshell.kernel.sched.wait import resched
from kshell.kernel.signal.kill import sigpending_limit
from kshell.kernel.task.task import Task, do_exit, release_task
from kshell.machine.paging import FRAME_MASK, WRITABLE
from kshell.machine.ram import OutOfMemory

FRAMES = 16  # what a task takes at most before it has pages of its own


def max_threads(k: Kernel) -> int:
    """How many tasks there may be: their kernel stacks take an eighth of RAM at most (C: set_max_threads)."""
    return 2 * sigpending_limit(k)


def copy_process(k: Kernel, shares_memory: bool = False) -> Task | None:
    """A child of the current task, which begins where that returns from its call, with 0; None where there is no room.

    If it `shares_memory`, what one writes the other finds.
    """
    parent = k.current
    if k.ram.frames_total - k.ram.frames_used < FRAMES:
        return None
    child = Task(k, parent.comm, parent)
    k.tasks[child.nr] = child
    child.is_program, child.group = True, parent.group
    child.regs[:] = parent.regs
    child.regs[AX] = 0
    child.user_state = k.cpu.fpu_state()
    child.struct.static_prio, child.struct.prio = parent.struct.static_prio, parent.struct.prio
    child.struct.normal_prio = parent.struct.normal_prio
    child.signals.actions.update(parent.signals.actions)
    child.signals.blocked, child.signals.stack = parent.signals.blocked, parent.signals.stack
    try:
        if shares_memory:
            child.mm.destroy()
            child.mm = parent.mm.shared()
        else:
            dup_mmap(k, parent.mm, child.mm)
    except OutOfMemory:
        do_exit(k, child, 1)
        release_task(k, child)
        return None
    resched(k)
    return child


def dup_mmap(k: Kernel, old: AddressSpace, new: AddressSpace) -> None:
    """Fill an empty address space with the mappings of another one, and their pages.  Raises OutOfMemory."""
    new.start_brk, new.brk, new.vdso = old.start_brk, old.brk, old.vdso
    new.arg_start, new.arg_end = old.arg_start, old.arg_end
    try:
        for vma in old.vmas:
            if not vma.flags & VM_DONTCOPY:
                new.vmas.insert(vma.part(vma.start, vma.end))
                if not vma.flags & VM_WIPEONFORK:
                    _copy_page_range(k, old, new, vma)
    finally:
        k.cpu.mmu.flush()


def _copy_page_range(k: Kernel, old: AddressSpace, new: AddressSpace, vma: Vma) -> None:
    """Each page that is there belongs to both; of a private mapping, nobody may write to it any more."""
    for page, entry in list(old.pages.leaves(vma.start, vma.end)):
        if not old.pages.is_in_ram(entry):
            handle_pte_fault(k, old, vma, page, write=False)  # from swap
            entry = old.pages.leaf(page)
        if not vma.flags & MAP_SHARED:
            entry &= ~WRITABLE
            old.pages.set_entry(page, entry)
        new.pages.set_entry(page, entry)
        k.ram.share_frame(entry & FRAME_MASK)
