"""syscall_64.tbl: which number is which system call.

A row of the table is ``number abi name [entry [compat [noreturn]]]``, the columns parted by any mix of blanks and
tabs.  `parse` reads such a file in all the forms that Linux 4.19 to 6.19 have, and finds every mistake in it at
once; it never raises.  What is wrong with a bad line is worked out in :mod:`kshell.abi.tbl_diagnosis`, which is
loaded only when there is one.

C counterpart: arch/x86/entry/syscalls/syscall_64.tbl and the scripts that turn it into headers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache

from kshell.abi.syscall_rows import Row, SyscallTable, read_row

_CPP = ("if", "el", "en", "de", "un", "in")  # how a preprocessor word after `#` begins
TABLES = ("4.19", "course", "6.19")


def parse(text: str, filename: str = "syscall_64.tbl") -> SyscallTable:
    """Read a table.  Any text is allowed; every mistake in it becomes an error of the result, none an exception.

    Line ends may be LF or CRLF, the last may be missing, a byte-order mark may come first.
    """
    table = SyscallTable(filename)
    odd: list[tuple[int, str]] = []
    clashes: list[tuple[Row, Row, str]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if line.endswith("\r"):
            line = line[:-1]
        if line.startswith("#") and line[1:].lstrip()[:2] not in _CPP:
            continue
        row = read_row(line, number)
        if row is None:
            if line and not line.isspace():
                odd.append((number, line))
            continue
        other = table.add(row)
        if other is not None:
            clashes.append((row, other, line))
    if odd or clashes:
        from kshell.abi.tbl_diagnosis import diagnose

        diagnose(table, odd, clashes)
    return table


def from_rows(rows: Iterable[Row], filename: str = "syscall_64.tbl") -> SyscallTable:
    """The table that a build made: where two rows have one number the later wins, a row for x32 never."""
    table = SyscallTable(filename)
    for row in rows:
        table.rows.append(row)
        if row.abi != "x32":
            table.by_name[row.name] = row
        if row.abi != "64":
            table.x32_by_name[row.name] = row
        other = table.by_number.get(row.number)
        if other is None or row.abi != "x32":
            table.by_number[row.number] = row
    return table


def decode(data: bytes) -> str:
    """The text of a table file, UTF-8 or UTF-16 with its mark; what is no text becomes U+FFFD, an error for `parse`."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "replace")


def table_path(profile: str) -> str:
    """The file of one of the tables that come with kshell: profile "4.19", "course" or "6.19"."""
    if profile not in TABLES:
        raise ValueError(f"no table for {profile!r}: there are {', '.join(TABLES)}")
    return os.path.join(os.path.dirname(__file__), "tables", f"syscall_64.{profile}.tbl")


@cache
def load(profile: str) -> SyscallTable:
    """One of the tables that come with kshell.  It is read once: nobody adds to a table that `parse` has made."""
    path = table_path(profile)
    with open(path, encoding="utf-8") as file:
        return parse(file.read(), os.path.basename(path))
