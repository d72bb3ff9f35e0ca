"""Tables of other machines and of 32-bit programs, which look like the one of x86-64 and are not.

C counterpart: arch/*/kernel/syscalls/syscall.tbl, arch/x86/entry/syscalls/syscall_32.tbl, scripts/syscall.tbl.
"""

from __future__ import annotations

import re

from kshell.kbuild.systbl.table_row import TableRow

# The ABIs that other architectures' tables have: arm, powerpc, mips, s390, sparc, parisc, and scripts/syscall.tbl.
FOREIGN = {"oabi", "eabi", "nospu", "spu", "n32", "n64", "o32", "32", "i386", "csky", "nios2", "or1k", "riscv", "arc"}
FEW = 3  # rows of such an ABI are a slip of the pen, more are another table
ROW = re.compile(r"(\d+)[ \t]+(\S+)[ \t]+(\S+)(?:[ \t]+(\S+))?", re.ASCII)


def foreign_abis(text: str) -> list[str]:
    """The ABIs of a table that is of another machine than x86-64, [] for one that is not."""
    found = [match[2] for match in map(ROW.match, text.split("\n")) if match is not None]
    return sorted(set(found)) if sum(abi in FOREIGN for abi in found) > FEW else []


def foreign_rows(text: str) -> list[TableRow]:
    """The rows of such a table, as they stand."""
    matches = ((line, ROW.match(text)) for line, text in enumerate(text.split("\n"), 1))
    return [TableRow(int(m[1]), m[2], m[3], m[4], m[4] or "", line, 1) for line, m in matches if m is not None]


def what_it_is(abis: list[str]) -> tuple[str, str]:
    """What such a table is, and why that is no table for a 64-bit kernel of x86."""
    if "i386" in abis:
        because = "its rows say i386: these are the numbers of 32-bit programs, which come by int 0x80"
        return "a syscall_32.tbl", because
    return "another architecture's table", f"its ABIs are {', '.join(abis)}; that of x86-64 has common, 64 and x32"
