"""The page tables, walked as the CPU walks them; and a page sent to swap."""

from __future__ import annotations

from typing import Any

from kshell.kernel.core.layout import TASK_SIZE_MAX
from kshell.kernel.debug.page_walk import SHIFTS, Step, walk
from kshell.kernel.kernel import Kernel
from kshell.kernel.mappings import swap_out
from kshell.kernel.mappings.swap import slot_of
from kshell.machine.paging import (
    ACCESSED,
    DIRTY,
    FRAME_MASK,
    IN_RAM,
    NX,
    PRESENT,
    PROT_NONE_PAGE,
    SPECIAL,
    USER,
    WRITABLE,
    is_canonical,
)
from kshell.machine.ram import PAGE_MASK
from kshell.shell.commands.examine import parse_place
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.replay.deeds import SwapOut
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Table, Text, View, marked

# The bits of an entry, and their letters; the last level has two more.
FLAGS = ((PRESENT, "P"), (WRITABLE, "W"), (USER, "U"), (8, "PWT"), (0x10, "PCD"), (ACCESSED, "A"), (DIRTY, "D"))
LEAF_FLAGS = ((PROT_NONE_PAGE, "PROTNONE"), (SPECIAL, "SPECIAL"))
COVERS = {"PGD": "512 GiB", "PUD": "1 GiB", "PMD": "2 MiB", "PTE": "4 KiB"}
COLUMNS = (
    Column("level"),
    Column("index", right=True),
    Column("entry at", "address"),
    Column("value", "number"),
    Column("flags", "name"),
    Column("leads to", "address", spare=1),
)


def flags_of(step: Step) -> list[str]:
    """The letters of an entry's bits; none of one that the CPU does not look at, since it is not present."""
    leaf = step.level == "PTE"
    if not step.value & (IN_RAM if leaf else PRESENT):
        return []
    bits = (*FLAGS, *LEAF_FLAGS) if leaf else FLAGS
    return [letter for bit, letter in bits if step.value & bit] + (["NX"] if step.value & NX else [])


def target_of(step: Step) -> str:
    """What an entry leads to, in few words."""
    value = step.value
    if step.level != "PTE":
        return f"table at {value & FRAME_MASK:#x}" if value & PRESENT else "nothing"
    if value & IN_RAM:
        return f"page at {value & FRAME_MASK:#x}"
    return f"swap slot {slot_of(value)}" if value else "nothing"


def sentence(k: Kernel, address: int, steps: list[Step]) -> str:
    """What the walk comes to, for a person."""
    if not is_canonical(address):
        return "it is no address: bits 48 to 63 must repeat bit 47. The CPU looks at no table; touching it is #GP"
    last = steps[-1]
    if last.level == "PTE" and last.value & PRESENT:
        return _present(k, address, steps)
    if last.level == "PTE" and last.value & PROT_NONE_PAGE:
        return "the page is in RAM and keeps its content, but it is not present: mprotect() has closed it (PROT_NONE)"
    if last.level == "PTE" and last.value:
        return f"the page is in swap, in slot {slot_of(last.value)}: touching it is a major fault, which brings it back"
    hole = f"the {last.level} is empty: nothing is there within {COVERS[last.level]}"
    if address >= TASK_SIZE_MAX:
        return f"{hole}. For the kernel that is an oops, for user code a segmentation fault"
    if k.current.mm.vmas.find(address) is not None:
        return f"{hole} yet. An area is mapped there (vmmap): touching it is a page fault, which brings the page in"
    return f"{hole}, and no area is mapped there (vmmap): touching it is a segmentation fault"


def _present(k: Kernel, address: int, steps: list[Step]) -> str:
    entry = steps[-1].value
    if entry & FRAME_MASK == k.zero_page:
        return "it is the shared zero page: nobody has written there yet, and who does gets a page of his own"
    writes = all(step.value & WRITABLE for step in steps)
    user = all(step.value & USER for step in steps)
    can = ["read", *(["write"] if writes else []), *([] if entry & NX else ["execute"])]
    where = (entry & FRAME_MASK) | (address & ~PAGE_MASK)
    who = "user code" if user else "the kernel alone"
    return f"it is at {where:#x} in RAM: {who} may {' and '.join(can)} it"


class WalkView(Table):
    """The four levels, and a sentence under them."""

    def __init__(self, k: Kernel, address: int) -> None:
        steps = walk(k.current.mm.pages, address) if is_canonical(address) else []
        said = sentence(k, address, steps)
        rows = [
            (s.level, str(s.number), f"{s.at:#x}", f"{s.value:016x}", " ".join(flags_of(s)), target_of(s))
            for s in steps
        ]
        result: dict[str, Any] = {
            "address": f"{address:#x}",
            "cr3": f"{k.current.mm.pages.root:#x}",
            "offset": address & ~PAGE_MASK,
            "levels": [
                {
                    "level": s.level,
                    "index": s.number,
                    "at": f"{s.at:#x}",
                    "value": f"{s.value:#x}",
                    "flags": flags_of(s),
                    "covers": 1 << shift,
                }
                for s, shift in zip(steps, SHIFTS, strict=False)
            ],
            "what": said,
        }
        super().__init__(COLUMNS, rows, result, [[(f"{address:#x}: ", "address"), (said, "")]])


@command(
    "pt",
    group="Memory and registers",
    arguments=(Argument("symbol", "ADDRESS"),),
    examples=(
        ("pt 0x401000", "a page of the shell's task"),
        ("pt sys_call_table", "one of the kernel"),
        ("pt 0x7ffffffff000", "behind the stack: no user address any more"),
        ("pt 0x8000000000000000", "no address at all"),
    ),
)
def pt(session: Context, words: list[Word]) -> View:
    """Walk the page tables to an address, level by level.

    Of each level it shows which of the table's 512 entries the address chooses, the physical address of that entry, its
    value, and its flags: P present, W writable, U for user code too, A accessed, D dirty, NX not to be executed. The
    entries stand in RAM: `x/gx phys:` and an address show the same.

    User addresses are those of the current task: that of `syscall`, or the one that stands still at a breakpoint.
    """
    if len(words) != 1:
        raise misuse("pt", "which address?" if not words else "one address at a time")
    place = parse_place(session, "pt", words[0].text)
    if place.physical:
        raise CommandError(
            "pt: that is a physical address", "page tables lead from virtual ones to those", "pt 0x401000"
        )
    return WalkView(session.kernel, place.address)


REASONS = {
    swap_out.UNMAPPED: "nothing is mapped there",
    swap_out.ABSENT: "the page is not in RAM: nobody has touched it yet",
    swap_out.SWAPPED: "it is there already",
    swap_out.ZERO: "it is the shared zero page, of which nothing is worth keeping",
    swap_out.FILE: "others have that page, too: it is a file's, or shared memory",
    swap_out.LOCKED: "the mapping is locked in RAM (MAP_LOCKED)",
    swap_out.FULL: "the swap area is full",
}


@command(
    "swapout",
    group="Memory and registers",
    arguments=(Argument("symbol", "ADDRESS"),),
    examples=(
        (
            "syscall getrandom 0x7fffffffe000 8 0; swapout 0x7fffffffe000; pt 0x7fffffffe000",
            "a page of the stack, and where it is then",
        ),
    ),
)
def swapout(session: Context, words: list[Word]) -> View:
    """Send a page of the shell's task to swap.

    Its page-table entry then says where it is (`pt`). Who touches it meets a major fault, and has it back: `trace`
    shows that. Only memory that is the task's own goes there, after somebody has written to it.
    """
    if len(words) != 1:
        raise misuse("swapout", "which address?" if not words else "one address at a time")
    place = parse_place(session, "swapout", words[0].text)
    page = place.address & PAGE_MASK
    because = "it is no user address" if place.physical or place.address >= TASK_SIZE_MAX else ""
    because = because or REASONS.get(session.do(SwapOut(page)), "")
    if because:
        raise CommandError(f"swapout: {place.address:#x} stays where it is", because, "vmmap")
    entry = session.kernel.shell_task.mm.pages.leaf(page)
    said = f"the page at {page:#x} is in swap, in slot {slot_of(entry)}: `pt {place.address:#x}`"
    return Text([marked(said)], {"address": f"{page:#x}", "slot": slot_of(entry)})
