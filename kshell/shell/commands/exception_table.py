"""The exception table: which instructions of the kernel may fault on a user's pointer, and where it goes on."""

from __future__ import annotations

from typing import Any

from kshell.abi.did_you_mean import did_you_mean
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm import extable as tables
from kshell.kernel.mm.extable import ExceptionEntry, Look, Table
from kshell.kernel.mm.fixup import how_text
from kshell.shell.calls.uaccess_words import SIDES
from kshell.shell.commands.examine import parse_place
from kshell.shell.commands.registry import command, misuse
from kshell.shell.errors import CommandError
from kshell.shell.lines.options import Argument
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views import view
from kshell.shell.views.view import Column, Line, Text, View


@command(
    "extable",
    group="The kernel's tables",
    arguments=(Argument("symbol", "[ADDRESS|SYMBOL]"),),
    examples=(
        ("extable", "each instruction that may fault on a user's pointer"),
        ("extable __get_user_4", "the entries of one function"),
        ("extable __get_user_4+0x29", "the search for a fault there, row by row"),
    ),
)
def extable(session: Context, words: list[Word]) -> View:
    """List the exception table, or search it.

    A fault in the kernel at an instruction of the table is none: the kernel goes on at the fixup, and the call answers
    -EFAULT. At any other it is an oops. The rows are sorted by instruction, and the search goes by halves; a module's
    own table is searched after the kernel's. How to go on says a handler on 4.19, and a type on 6.19.

    Of an ADDRESS the search is shown, of a function its rows.
    """
    k = session.kernel
    if len(words) > 1:
        raise misuse("extable", "one address or function at a time")
    if not words:
        return _listing(k, _rows(k))
    place = parse_place(session, "extable", words[0].text)
    symbol = k.symbols.at(place.address)
    if symbol is None or not symbol.is_function:
        return _search(k, place.address)
    rows = [row for row in _rows(k) if symbol.address <= row[2].insn < symbol.address + symbol.size]
    if not rows:
        raise _no_row(k, symbol.name)
    return _listing(k, rows)


Row = tuple[Table, int, ExceptionEntry]


def _rows(k: Kernel) -> list[Row]:
    return [(table, row, entry) for table in tables.tables(k) for row, entry in enumerate(tables.entries(k, table))]


def _no_row(k: Kernel, name: str) -> CommandError:
    names = {k.symbols.offset(entry.insn).partition("+")[0] for _, _, entry in _rows(k)}
    close = did_you_mean(name, sorted(names))
    because = "none of its instructions is expected to fault: a fault in it is an oops"
    return CommandError(f"extable: no entry is in {name}", because, f"extable {close[0]}" if close else "extable")


def _listing(k: Kernel, rows: list[Row]) -> View:
    columns = [
        *(Column("row", "number", right=True), Column("instruction", "symbol"), Column("goes on at", "symbol")),
        *(Column("by", spare=1), Column("address", "address", spare=2), Column("module", "module")),
    ]
    cells = [
        (
            *(str(row), k.symbols.offset(entry.insn), k.symbols.offset(entry.fixup), how_text(k, entry)),
            *(f"{entry.insn:016x}", f"[{table.module}]" if table.module else ""),
        )
        for table, row, entry in rows
    ]
    return view.Table(columns, cells, {"rows": [_json(k, *row) for row in rows]})


def _json(k: Kernel, table: Table, row: int, entry: ExceptionEntry) -> dict[str, Any]:
    return {
        "row": row,
        "module": table.module,
        "insn": f"{entry.insn:#x}",
        "symbol": k.symbols.offset(entry.insn),
        "fixup": f"{entry.fixup:#x}",
        "goes_on_at": k.symbols.offset(entry.fixup),
        "by": how_text(k, entry),
    }


def _search(k: Kernel, ip: int) -> View:
    """The search for a fault at `ip`, row by row."""
    lines: list[Line] = [[("a fault at ", ""), (f"{ip:#x}", "address"), (f"  {k.symbols.describe(ip)}", "symbol")]]
    steps: list[dict[str, Any]] = []
    found: ExceptionEntry | None = None
    for table in tables.tables(k, ip):
        lines.append([(_head(table), "heading")])
        for look in tables.looks(k, table, ip):
            lines.append(_look_line(k, look))
            steps.append(_json(k, table, look.row, look.entry) | {"side": look.side})
            found = look.entry if look.side == 0 else None
        if found is not None:
            break
    lines.append(_end(k, found))
    result = {"address": f"{ip:#x}", "looks": steps, "found": found is not None}
    return Text(lines, result)


def _head(table: Table) -> str:
    owner = f"[{table.module}]" if table.module else "the kernel"
    rows = f"{table.size} row{'s' * (table.size != 1)}, sorted by instruction" if table.size else "no rows"
    return f"__ex_table of {owner}: {rows}"


def _look_line(k: Kernel, look: Look) -> Line:
    where = f"{k.symbols.offset(look.entry.insn):<34}  "
    role = "hint" if look.side == 0 else "comment"
    return [(f"  row {look.row:<4}", "number"), (where, "symbol"), (SIDES[look.side], role)]


def _end(k: Kernel, found: ExceptionEntry | None) -> Line:
    if found is None:
        return [("no row has it: such a fault is an oops", "")]
    by = f" (by {how_text(k, found)})"
    return [("the kernel goes on at ", ""), (k.symbols.offset(found.fixup), "symbol"), (by, "comment")]
