"""The tables of system calls: the kernel's own, slot by slot, and a file that a person wrote."""

from __future__ import annotations

import re
from typing import Any

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.syscall_rows import Row, SyscallTable
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.kernel import Kernel
from kshell.shell.calls.table_32 import compared, table_32
from kshell.shell.commands.registry import command, misuse, take_options
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument, Option
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Column, Line, View, show
from kshell.shell.views.view import Table as TableView

STATES = ("built", "not built", "hole", "x32")
ABIS = ("common", "64", "x32", "i386")
_NR = r"(\d{1,9}|0[xX][0-9a-fA-F]{1,8})"
_ONE, _RANGE = re.compile(_NR + r"\Z", re.ASCII), re.compile(rf"{_NR}-{_NR}\Z", re.ASCII)
_COLUMNS = (
    Column("nr", "number", right=True),
    Column("abi", spare=3),
    Column("name", "name"),
    Column("entry", spare=1),  # mostly the symbol once more
    Column("state", spare=2),  # and this can be read from name and symbol
    Column("slot holds", "address"),
    Column("symbol", "symbol"),
)


@command(
    "table",
    "table [NAME|NR|FROM-TO]... [--abi common|64|x32|i386] [--state built|hole|...]",
    "table --compare [NAME]...",
    "table check FILE",
    group="The kernel's tables",
    arguments=(Argument("row", "[NAME|NR|FROM-TO]"), Argument("file", "FILE")),
    options=(
        Option(
            "--abi",
            "only rows of this ABI: common, 64, x32; or i386: the other table",
            "common|64|x32|i386",
            also=("-a",),
        ),
        Option("--compare", "the numbers of a call for 64-bit programs and for i386"),
        Option("--state", 'only calls that are: built, "not built", hole, x32', "built|hole|...", also=("-s",)),
    ),
    examples=(
        ("table 0-5", "six slots, as they are in kernel memory"),
        ("table open", "calls with open in their name"),
        ("table 335", "one number"),
        ("table --abi x32", "the rows for x32 programs"),
        ("table --abi i386 0-5", "six slots of ia32_sys_call_table"),
        ("table --compare write", "write is 1 for 64-bit programs, and 4 for i386"),
    ),
)
def table(session: Context, words: list[Word]) -> View:
    """Show sys_call_table: numbers, rows, and the pointers in its slots.

    Calls by int 0x80 have a table of their own, ia32_sys_call_table, with other numbers: --abi i386 shows that.

    `table check FILE` says of a syscall_64.tbl of your own folder what the build of a kernel makes of it: of the tree
    that it is in, or of the release that runs.
    """
    if words and words[0].text == "check":
        if len(words) != 2:
            raise misuse("table", "check takes one file", "help table  (table check FILE)")
        from kshell.shell.trees.table_check import check

        return check(words[1].text, PROFILES[session.profile])
    return show_table(session.kernel, words)


class Slot:
    """One number: its row, if it has one, its state, and what its slot of sys_call_table holds."""

    __slots__ = ("address", "nr", "row", "state", "symbol")

    def __init__(self, k: Kernel, nr: int, row: Row | None) -> None:
        self.nr, self.row, self.state = nr, row, k.syscall_state(nr)
        self.address: int | None = None
        self.symbol: str | None = None
        if 0 <= nr < k.nr_syscalls:
            try:
                self.address = k.memory.load(k.sys_call_table + 8 * nr)
            except KernelFault:  # a module may have unmapped the table
                return
            found = k.symbols.around(self.address)
            if found is not None:
                offset = self.address - found.address
                self.symbol = found.name + (f"+{offset:#x}" if offset else "")

    def json(self) -> dict[str, Any]:
        """One of the `entries`; `address` is what the slot holds."""
        row = self.row
        return {
            "nr": self.nr,
            "abi": row.abi if row else None,
            "name": row.name if row else None,
            "entry": row.entry if row else None,
            "address": None if self.address is None else f"{self.address:#x}",
            "symbol": self.symbol,
            "state": self.state,
        }

    def cells(self) -> tuple[str, ...]:
        """The slot as a row of text."""
        row = self.row
        address = "" if self.address is None else f"{self.address:016x}"
        symbol = self.symbol or ("" if self.address is None else "(nothing lives there)")
        name, entry = (row.name, row.entry or "-") if row else ("-", "-")
        return str(self.nr), row.abi if row else "-", name, entry, self.state, address, symbol


def show_table(k: Kernel, words: list[Word]) -> View:
    """The slots that the words ask for."""
    options = take_options("table", words)
    abi, state = options.get("--abi"), options.get("--state")
    if abi is not None and abi not in ABIS:
        raise misuse("table", f"unknown ABI {show(abi)}: there are {', '.join(ABIS)}", "table --abi x32")
    if state is not None:
        state = state.replace("-", " ").replace("unbuilt", "not built")
        if state not in STATES:
            close = did_you_mean(state, STATES)
            what = f"unknown state {show(state)}: there are {', '.join(STATES)}"
            raise misuse("table", what, f'table --state "{close[0]}"' if close else "table --state built")
    if "--compare" in options:
        if abi is not None or state is not None:
            raise misuse("table", "--compare shows both sides, and takes names alone", "table --compare write")
        return compared(k, [word.text for word in options.words])
    if abi == "i386":
        known = k.ia32.table
        of_words = {nr for word in options.words for nr in _numbers(k, known, k.ia32.nr_syscalls, word.text)}
        every = {*known.by_number, *(known.holes() if state == "hole" else ())}
        return table_32(k, _COLUMNS, sorted(of_words if options.words else every), state)
    numbers = sorted(set(k.table.by_number) | (set(k.table.holes()) if state == "hole" else set()))
    if options.words:
        end = max(k.nr_syscalls, max(k.table.by_number, default=0) + 1)
        numbers = sorted({nr for word in options.words for nr in _numbers(k, k.table, end, word.text)})
    slots = [Slot(k, nr, k.table.by_number.get(nr)) for nr in numbers]
    slots = [s for s in slots if abi is None or (s.row is not None and s.row.abi == abi)]
    slots = [s for s in slots if state is None or s.state == state]
    after: list[str | Line] = []
    if k.profile.dispatch == "switch":
        after.append("this kernel calls through a switch, x64_sys_call(); the table is there, but calls do not use it")
    if not slots:
        after.insert(0, "no row is like that")
    return TableView(_COLUMNS, [slot.cells() for slot in slots], {"entries": [s.json() for s in slots]}, after)


def _numbers(k: Kernel, table: SyscallTable, end: int, text: str) -> list[int]:
    """The numbers below `end` that one word means: a number, a range, a name or a part of a name."""
    if _ONE.match(text):
        return [_nr(text)]
    match = _RANGE.match(text)
    if match:
        first, last = _nr(match[1]), _nr(match[2])
        if first > last:
            raise misuse("table", f"{text} runs backwards", f"table {last}-{first}")
        last = min(last, first + 4096)
        return list(range(first, min(last + 1, end)))
    exact = table.by_name.get(text)
    found = [row.number for row in table.rows if text in row.name or (row.entry and text == row.entry)]
    if exact is not None:
        return [row.number for row in table.rows if row.name == text]
    if not found:
        close, command = did_you_mean(text, table.by_name, 3), "table" if table is k.table else "table --abi i386"
        because = f"no row of kernel {k.profile.name} has that in its name"
        raise CommandError(f"table: no call {show(text)}", because, " ".join([command, *close]))
    return found


def _nr(text: str) -> int:
    return int(text, 16 if text[:2] in ("0x", "0X") else 10)
