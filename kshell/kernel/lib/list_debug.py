"""Lists that are checked as they change: CONFIG_DEBUG_LIST.

C counterpart: lib/list_debug.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Int, Ptr
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel

LIST_POISON1, LIST_POISON2 = 0xDEAD_0000_0000_0100, 0xDEAD_0000_0000_0200
PREV = 8  # where a list_head has its second link


def __list_add_valid(k: Kernel, new: Ptr, prev: Ptr, next: Ptr) -> Int:
    """Whether `new` can go between two neighbours; a warning if not."""
    wrong = _add_corruption(new, prev, next, k.memory.load(next + PREV), k.memory.load(prev))
    if wrong:
        warn(k, wrong)
    return not wrong


def __list_del_entry_valid(k: Kernel, entry: Ptr) -> Int:
    """Whether `entry` is in a list from which it can be taken; a warning if not."""
    wrong = _del_corruption(k, entry, k.memory.load(entry), k.memory.load(entry + PREV))
    if wrong:
        warn(k, wrong)
    return not wrong


def _add_corruption(new: int, prev: int, next: int, next_prev: int, prev_next: int) -> str:
    if next_prev != prev:
        wrong = f"list_add corruption. next->prev should be prev ({prev:016x}), but was {next_prev:016x}."
        return f"{wrong} (next={next:016x})."
    if prev_next != next:
        wrong = f"list_add corruption. prev->next should be next ({next:016x}), but was {prev_next:016x}."
        return f"{wrong} (prev={prev:016x})."
    if new in (prev, next):
        return f"list_add double add: new={new:016x}, prev={prev:016x}, next={next:016x}."
    return ""


def _del_corruption(k: Kernel, entry: int, next: int, prev: int) -> str:
    if next == LIST_POISON1:
        return f"list_del corruption, {entry:016x}->next is LIST_POISON1 ({next:016x})"
    if prev == LIST_POISON2:
        return f"list_del corruption, {entry:016x}->prev is LIST_POISON2 ({prev:016x})"
    for name, link in (("prev->next", k.memory.load(prev)), ("next->prev", k.memory.load(next + PREV))):
        if link != entry:
            return f"list_del corruption. {name} should be {entry:016x}, but was {link:016x}"
    return ""


EXPORT_SYMBOL(__list_add_valid)
EXPORT_SYMBOL(__list_del_entry_valid)
