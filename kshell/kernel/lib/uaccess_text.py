"""Where the text of getuser.py and copy_user.py goes, and what the kernel must know of it.

C counterpart: what gas and ld do with arch/x86/lib/, and with their entries of __ex_table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.lib import copy_user, getuser
from kshell.kernel.lib.getuser import CLAC, STAC
from kshell.machine.listing import Item, MayFault, Placed, encode, extents, labels_of, place

BY_TYPE_SINCE = (5, 16)  # the third word of an entry of the table is a type, and no handler
MODERN_SINCE = (6, 13)  # a pointer is clamped, and not compared with a limit of the task's
_NOP = ("nopl (%rax)", "0f 1f 00")
_NOT_EXPORTED = ("copy_user_handle_tail",)


class UaccessText(NamedTuple):
    """`code` stands at layout.UACCESS_TEXT; `labels` are all its names, `symbols` those that kallsyms has, and `faults`
    the address of each instruction that may fault, with that to go on at."""

    code: bytes
    labels: dict[str, int]
    symbols: list[Symbol]
    faults: list[tuple[int, int]]


@cache
def uaccess_text(version: tuple[int, int], smap: bool = True) -> UaccessText:
    """The text of a release; on a CPU whose SMAP is off, stac and clac are patched away (C: ALTERNATIVE)."""
    modern = version >= MODERN_SINCE
    listing = [*getuser.lines(modern), *copy_user.lines(modern)]
    placed = place(listing if smap else _without_smap(listing), layout.UACCESS_TEXT)
    labels = labels_of(placed)
    variables = {"current_task": layout.PER_CPU_CURRENT, "TASK_addr_limit": layout.TASK_ADDR_LIMIT}
    code = encode(placed, layout.UACCESS_TEXT, labels, variables)
    faults = [(at, labels[item.fixup]) for at, item in placed if isinstance(item, MayFault)]
    symbols = [*_symbols(placed, layout.UACCESS_TEXT + len(code))]
    # Modules look at the current task by way of gs: they need the offset, and no address.
    symbols.append(Symbol("current_task", layout.PER_CPU_CURRENT, "A", 8, exported="EXPORT_SYMBOL"))
    return UaccessText(code, labels, symbols, faults)


def _without_smap(listing: Iterable[Item]) -> Iterator[Item]:
    for item in listing:
        yield _NOP if item in (STAC, CLAC) else item


def _symbols(placed: Placed, end: int) -> Iterator[Symbol]:
    for at, label, size in extents(placed, end):
        if label.is_function:
            exported = "EXPORT_SYMBOL" if label.kind == "T" and label.name not in _NOT_EXPORTED else None
            yield Symbol(label.name, at, label.kind, size, exported=exported)
