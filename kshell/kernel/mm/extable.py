"""The exception table: where the kernel goes on when one of its instructions faults on a user's pointer.

An entry has the address of an instruction that may fault, and of the one to go on with.  The entries are sorted by the
linker's step, so that the page-fault handler can search by halves; a module has a table of its own, which is searched
second.  A fault in the kernel at any other instruction is an oops.

C counterpart: lib/extable.c, kernel/extable.c, scripts/sorttable.c, arch/x86/include/asm/extable.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from kshell.abi.c_types import U64
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.layout import EX_TABLE

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

ENTRY_SIZE = 12
BY_TYPE_SINCE = (5, 16)  # the third word is a type; before, it is the distance of a handler


class ExceptionEntry(NamedTuple):
    """C: struct exception_table_entry; in memory `insn` and `fixup` are distances from their own place, 32 bits each.
    `how` is the address of the handler (4.19), or the type with its data (6.19)."""

    insn: int
    fixup: int
    how: int


class Table(NamedTuple):
    """`size` entries at an address; `module` is the owner's name, None for the kernel's own."""

    address: int
    size: int
    module: str | None = None


class Look(NamedTuple):
    """A row that the search has looked at: its number and entry, and -1, 0, 1 for an address below, at, above it."""

    row: int
    entry: ExceptionEntry
    side: int


def has_types(k: Kernel) -> bool:
    """Whether the third word of an entry is a type."""
    return k.profile.version >= BY_TYPE_SINCE


def write_table(k: Kernel, at: int, entries: Iterable[ExceptionEntry]) -> int:
    """Put entries, in the order of the faulting instructions, to memory at `at`; how many bytes that are."""
    data = b""
    for entry in sorted(entries):
        here = at + len(data)
        how = entry.how if has_types(k) else entry.how - here - 8
        data += struct.pack("<iii", entry.insn - here, entry.fixup - here - 4, how)
    k.memory.poke(at, data)
    return len(data)


def place(k: Kernel, entries: list[ExceptionEntry]) -> None:
    """Put the kernel's own table into read-only memory."""
    k.memory.map(EX_TABLE, max(ENTRY_SIZE * len(entries), 1), writable=False)
    size = write_table(k, EX_TABLE, entries)
    k.extable_size = len(entries)
    k.symbols.add(Symbol("__start___ex_table", EX_TABLE, "R", size))
    k.symbols.add(Symbol("__stop___ex_table", EX_TABLE + size, "R", 0))


def entry_at(k: Kernel, at: int) -> ExceptionEntry:
    """The entry at an address.  Raises KernelFault."""
    insn, fixup, how = struct.unpack("<iii", k.memory.read(at, ENTRY_SIZE))
    return ExceptionEntry(at + insn & U64, at + 4 + fixup & U64, how if has_types(k) else at + 8 + how & U64)


def entries(k: Kernel, table: Table | None = None) -> list[ExceptionEntry]:
    """A table, the kernel's own if none is given, as it is in memory now."""
    address, size, _ = table or kernel_table(k)
    return [entry_at(k, address + ENTRY_SIZE * index) for index in range(size)]


def kernel_table(k: Kernel) -> Table:
    """The kernel's own."""
    return Table(EX_TABLE, k.extable_size)


def sort_table(k: Kernel, table: Table) -> None:
    """Sort that of an object that is being loaded (C: sort_extable)."""
    write_table(k, table.address, entries(k, table))


def tables(k: Kernel, ip: int | None = None) -> list[Table]:
    """The kernel's table and those of the modules; with `ip` those that are searched for a fault there."""
    owners = [module for module in k.modules.values() if ip is None or ip in module.space]
    return [kernel_table(k), *(owner.extable for owner in owners)]


def looks(k: Kernel, table: Table, ip: int) -> Iterator[Look]:
    """The rows that a search by halves looks at; the last one is the hit, if its side is 0 (C: bsearch)."""
    base, count = 0, table.size
    while count:
        index = base + (count >> 1)
        entry = entry_at(k, table.address + ENTRY_SIZE * index)
        yield Look(index, entry, (ip > entry.insn) - (ip < entry.insn))
        if ip == entry.insn:
            return
        if ip > entry.insn:
            base, count = index + 1, count - 1
        count >>= 1


def search_exception_tables(k: Kernel, ip: int) -> ExceptionEntry | None:
    """What the tables say of a fault at instruction `ip`; None: that is an oops."""
    for table in tables(k, ip):
        if k.on_event is not None:
            k.tell("search", "table", table.address, module=table.module, rows=table.size)
        for look in looks(k, table, ip):
            if k.on_event is not None:
                _tell_look(k, table, look)
            if look.side == 0:
                return look.entry
    if k.on_event is not None:
        k.tell("search", "none", ip)
    return None


def _tell_look(k: Kernel, table: Table, look: Look) -> None:
    insn = look.entry.insn
    k.tell("search", "row", insn, module=table.module, row=look.row, side=look.side, where=k.symbols.offset(insn))
