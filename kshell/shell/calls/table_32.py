"""The i386 side of the kernel's tables: its rows and where they lead, and both sides name by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kshell.abi.syscall_32_tbl import entry_32
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel
from kshell.shell.views.view import Column, Line, Table, View

COMPARED = (
    Column("name", "name"),
    *(Column("64", "number", right=True), Column("i386", "number", right=True)),
    *(Column("64-bit entry", "symbol", spare=1), Column("i386 entry", "symbol", spare=1)),
)


def slot_address(k: Kernel, nr: int) -> int | None:
    """What the slot of a number holds, or where the switch leads; None where neither has it."""
    ia32 = k.ia32
    if not 0 <= nr < ia32.nr_syscalls:
        return None
    if not ia32.sys_call_table:
        return ia32.switch.get(nr, ia32.ni_syscall)
    try:
        return k.memory.load(ia32.sys_call_table + 8 * nr)
    except KernelFault:  # a module may have unmapped the table
        return None


def entry_of(k: Kernel, nr: int) -> dict[str, Any]:
    """One of the `entries` of --json; `address` is what the slot holds."""
    row, address = k.ia32.table.by_number.get(nr), slot_address(k, nr)
    symbol = None if address is None else k.symbols.around(address)
    return {
        "nr": nr,
        "abi": None if row is None else row.abi,
        "name": None if row is None else row.name,
        "entry": None if row is None else entry_32(row),
        "address": None if address is None else f"{address:#x}",
        "symbol": None if address is None or symbol is None else k.symbols.describe(address).partition("+0x0")[0],
        "state": k.ia32.state(nr),
    }


def table_32(k: Kernel, columns: tuple[Column, ...], numbers: Iterable[int], state: str | None) -> View:
    """The rows of these numbers that have that state, in the columns of the other side."""
    entries = [each for each in (entry_of(k, nr) for nr in numbers) if state in (None, each["state"])]
    rows = [
        (
            str(each["nr"]),
            *((each[key] or "-") for key in ("abi", "name", "entry", "state")),
            (each["address"] or "")[2:],
            each["symbol"] or "",
        )
        for each in entries
    ]
    after: list[str | Line] = [] if entries else ["no row is like that"]
    if not k.ia32.sys_call_table:
        after.append("this kernel calls through a switch, ia32_sys_call(); it has no ia32_sys_call_table")
    return Table(columns, rows, {"entries": entries}, after)


def compared(k: Kernel, names: list[str]) -> View:
    """Both sides of each call whose name has one of `names` in it, of all where there is none."""
    both = sorted({*k.table.by_name, *k.ia32.table.by_name})
    if names:
        exact = [name for name in both if name in names]
        both = exact or [name for name in both if any(part in name for part in names)]
    entries: list[dict[str, Any]] = []
    for name in both:
        wide, narrow = k.table.by_name.get(name), k.ia32.table.by_name.get(name)
        entries.append(
            {
                "name": name,
                "nr_64": None if wide is None else wide.number,
                "nr_i386": None if narrow is None else narrow.number,
                "entry_64": None if wide is None else wide.entry,
                "entry_i386": None if narrow is None else entry_32(narrow),
            }
        )
    rows = [tuple("-" if each[key] is None else str(each[key]) for key in each) for each in entries]
    return Table(COMPARED, rows, {"names": entries}, [_summary(entries)] if rows else ["no name is like that"])


def _summary(entries: list[dict[str, Any]]) -> str:
    wide = sum(each["nr_i386"] is None for each in entries)
    narrow = sum(each["nr_64"] is None for each in entries)
    same = sum(each["nr_64"] == each["nr_i386"] for each in entries)
    two = len(entries) - wide - narrow
    return (
        f"{two} on both sides ({same} under the same number), {wide} for 64-bit programs alone, {narrow} for i386 alone"
    )
