"""SYSTBL for syscall_32.tbl: what a release's script makes of the numbers of 32-bit programs.

The last column is the function that a 64-bit kernel calls; where a row has none, the entry is.  6.19's header puts
``__ia32_`` in front of it.

C counterparts: as of systbl, and arch/x86/entry/syscall_32.c.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kshell.abi.problem import line_excerpt
from kshell.abi.syscall_32_tbl import PREFIX
from kshell.abi.syscall_rows import MAX_NUMBER
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.systbl.row_in_c import c_integer, number_fault, shown, symbol_fault
from kshell.kbuild.systbl.systbl import sort_key
from kshell.kbuild.tree.tree_paths import GENERATED_32, TABLE_32

OTHER_ABIS = ("COMMON", "64", "X32")  # that 4.19's script knows; the header is no C then
_TAKEN = re.compile(r"[0-9]+[ \t]+i386(?:[ \t]|$)")


class Row32(NamedTuple):
    """A row: `entry` and `compat` as written, "" for none; `symbol` is the function of the slot, None for none."""

    nr: int
    name: str
    entry: str
    compat: str
    symbol: str | None
    line: int

    def fields(self) -> list[int | str | None]:
        """What a vmlinux keeps of the row."""
        return [self.nr, "i386", self.name, self.entry or None, self.compat or None]


class Systbl32:
    """The `rows`, each number once; the `errors`, which make the rows useless; and the text of syscalls_32.h."""

    def __init__(self) -> None:
        self.rows: list[Row32] = []
        self.errors: list[BuildMessage] = []
        self.header = ""


def generate_32(text: str, profile_name: str) -> Systbl32:
    """Build the table of a tree.  `text` may be anything; every mistake in it is a message, none an exception."""
    modern = profile_name != "4.19"
    result, slots, following = Systbl32(), dict[int, Row32](), 0
    for number, line in _lines(text, modern):
        fields = [*line.split(), "", "", "", "", ""][:6]
        error = _script_error(line, number, fields, following if modern else 0, modern)
        error = error or _compiler_error(line, number, fields, modern)
        if error is not None:
            result.errors.append(error)
            break
        row = _row(fields, number, modern)
        if modern:
            result.header += "".join(f"__SYSCALL({nr}, sys_ni_syscall)\n" for nr in range(following, row.nr))
        result.header += _macro_6_19(row) if modern else _macro_4_19(row)
        if row.symbol is not None or row.nr not in slots:
            slots[row.nr] = row
        following = row.nr + 1
    result.rows = [slots[nr] for nr in sorted(slots)]
    return result


def _lines(text: str, modern: bool) -> list[tuple[int, str]]:
    """The lines that the script takes, with their numbers, in its order."""
    numbered = [(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1)]
    if modern:
        return [each for each in numbered if _TAKEN.match(each[1])]
    return sorted((each for each in numbered if each[1][:1].isdigit()), key=lambda each: sort_key(each[1]))


def _row(fields: list[str], line: int, modern: bool) -> Row32:
    number, _, name, entry, compat, _ = fields
    compat = "" if compat == "-" else compat
    written = compat or entry
    return Row32(c_integer(number) or 0, name, entry, compat, (PREFIX * modern + written) if written else None, line)


def _script_error(line: str, number: int, fields: list[str], following: int, modern: bool) -> BuildMessage | None:
    """What the script itself stops for."""
    kind = fields[1].upper()
    if not modern and kind not in (*OTHER_ABIS, "I386"):
        return _error(line, number, fields[1], f"Unknown abi {shown(kind)}", "its rows say i386")
    if not modern and kind != "I386" and fields[4]:
        what = "a compat entry for a 64-bit syscall makes no sense"
        return _error(line, number, fields[4], what, f"the row says {shown(fields[1])}, and this table is for i386")
    if not modern and kind != "I386":
        what = "expected declaration specifiers or '...' before numeric constant"
        because = f"the row says {shown(fields[1])}: it belongs into syscall_64.tbl, and this table is for i386"
        return _error(line, number, fields[1], f"{GENERATED_32}: {what}", because)
    value = c_integer(fields[0])
    if value is not None and value < following:
        what = f"error: {TABLE_32}: syscall table is not sorted or duplicates the same syscall number"
        return _error(line, number, fields[0], what, f"the row above has {following - 1}")
    return None


def _compiler_error(line: str, number: int, fields: list[str], modern: bool) -> BuildMessage | None:
    """What the compiler says to the line that the row becomes."""
    nr, symbol = fields[0], fields[4] if fields[4] not in ("", "-") else fields[3]
    value = c_integer(nr)
    if value is None or value > MAX_NUMBER:
        fault = number_fault(nr)
        because = f"kshell's table ends at {MAX_NUMBER}" if fault is None else f"{GENERATED_32} is made of this row"
        return _error(line, number, nr, fault[0] if fault else f"the number {shown(nr)} is too large", because)
    found = symbol_fault(PREFIX * modern + symbol) if symbol else None
    return None if found is None else _error(line, number, symbol, found[0], f"{GENERATED_32} is made of this row")


def _error(line: str, number: int, field: str, what: str, because: str) -> BuildMessage:
    column = max(line.find(field), 0) + 1
    under = line_excerpt(line, number, column, len(field) or 1)
    fields = line.split()
    name = fields[2] if len(fields) > 2 and fields[2].isidentifier() else "NAME"
    try_ = f"a row like: {MAX_NUMBER} i386 {name} sys_{name}  (number, i386, name, entry, compat entry)"
    return BuildMessage(ERROR, what, TABLE_32, number, column, under, because, try_)


def _macro_4_19(row: Row32) -> str:
    if not row.entry:
        return ""
    native = f"__SYSCALL_I386({row.nr}, {row.entry}, )\n"
    if not row.compat:
        return native
    return f"#ifdef CONFIG_X86_32\n{native}#else\n__SYSCALL_I386({row.nr}, {row.compat}, )\n#endif\n"


def _macro_6_19(row: Row32) -> str:
    if row.compat:
        return f"__SYSCALL_WITH_COMPAT({row.nr}, {row.entry}, {row.compat})\n"
    return f"__SYSCALL({row.nr}, {row.entry or 'sys_ni_syscall'})\n"
