"""syscall_32.tbl: which number is which system call of a 32-bit program, or of any other that comes by `int 0x80`.

C counterpart: arch/x86/entry/syscalls/syscall_32.tbl.
"""

from __future__ import annotations

import os
from functools import cache

from kshell.abi.syscall_rows import Row, SyscallTable, read_row

I386 = frozenset({"i386"})
FILES = {"4.19": ("4.19",), "course": ("4.19", "course"), "6.19": ("6.19",)}  # the second adds to the first
PREFIX = "__ia32_"


def entry_32(row: Row) -> str | None:
    """``__ia32_sys_read``: the function that a 64-bit kernel has behind a row; None for a row without one."""
    written = row.compat or row.symbol
    return None if written is None else written if written.startswith(PREFIX) else PREFIX + written


def table_path_32(part: str) -> str:
    """The file of one of the tables that come with kshell."""
    return os.path.join(os.path.dirname(__file__), "tables", f"syscall_32.{part}.tbl")


@cache
def load_32(profile: str) -> SyscallTable:
    """The table of one of the kernels that come with kshell: "4.19", "course" or "6.19".  It is read once."""
    table = SyscallTable(f"syscall_32.{profile}.tbl")
    for part in FILES[profile]:
        with open(table_path_32(part), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                row = read_row(line.rstrip(), number, I386)
                if row is not None:
                    table.add(row)
    return table
