"""The exception table: where the kernel goes on when a copy from or to user memory faults.

Each routine that may fault on a user's pointer has an entry: the address of the instruction that faults, and of the
one to go on with, which returns how much was not copied.  The entries are sorted by the linker's step, so that the
page-fault handler can search by halves.  A fault in the kernel at any other instruction is an oops.

C counterpart: arch/x86/mm/extable.c, lib/extable.c, scripts/sortextable.c.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.layout import EX_TABLE, ROUTINES
from kshell.kernel.core.pointers import RETURN_OFFSET

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

ENTRY_SIZE = 12


class ExceptionEntry(NamedTuple):
    """C: struct exception_table_entry; in memory both are distances from their own place, 32 bits each."""

    insn: int
    fixup: int


def extable_of(functions: Iterable[int]) -> list[ExceptionEntry]:
    """An entry for each routine at one of these addresses: it faults at its first instruction, and goes on at its
    return.  They are in the order of the object files."""
    return [ExceptionEntry(address, address + RETURN_OFFSET) for address in functions]


def sort_extable(entries: list[ExceptionEntry]) -> list[ExceptionEntry]:
    """In the order of the faulting instructions, as the search needs it."""
    return sorted(entries)


def place(k: Kernel, routines: dict[str, Callable[..., Any]]) -> None:
    """Give each routine its address in kernel text, and put the table into read-only memory."""
    placed = [
        k.define_function(name, body, address, exported="EXPORT_SYMBOL")
        for address, (name, body) in zip(ROUTINES, routines.items(), strict=False)
    ]
    entries = sort_extable(extable_of(symbol.address for symbol in placed))
    data = b"".join(
        struct.pack("<iii", entry.insn - at, entry.fixup - at - 4, 0)
        for at, entry in zip(range(EX_TABLE, EX_TABLE + ENTRY_SIZE * len(entries), ENTRY_SIZE), entries, strict=True)
    )
    k.memory.map(EX_TABLE, len(data), writable=True)
    k.memory.write(EX_TABLE, data)
    k.memory.set_writable(EX_TABLE, len(data), False)
    k.extable_size = len(entries)
    k.symbols.add(Symbol("__start___ex_table", EX_TABLE, "R", len(data)))
    k.symbols.add(Symbol("__stop___ex_table", EX_TABLE + len(data), "R", 0))


def entries(k: Kernel) -> list[ExceptionEntry]:
    """The table, as it is in memory now."""
    return [_entry(k, index) for index in range(k.extable_size)]


def _entry(k: Kernel, index: int) -> ExceptionEntry:
    at = EX_TABLE + ENTRY_SIZE * index
    insn, fixup, _ = struct.unpack("<iii", k.memory.read(at, ENTRY_SIZE))
    return ExceptionEntry(at + insn, at + 4 + fixup)


def search_exception_tables(k: Kernel, address: int) -> int:
    """Where to go on after a fault at instruction `address`; 0 if no entry has it, and then it is an oops."""
    index = bisect_left(range(k.extable_size), address, key=lambda index: _entry(k, index).insn)
    if index == k.extable_size:
        return 0
    entry = _entry(k, index)
    return entry.fixup if entry.insn == address else 0
