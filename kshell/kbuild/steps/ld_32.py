"""LD, for the entries that syscall_32.tbl names.

SYSCALL_DEFINE makes ``__ia32_sys_x`` beside ``__x64_sys_x``; those of the release's own table are the kernel's.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.syscall_32_tbl import PREFIX, table_path_32
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.ld import Object
from kshell.kbuild.systbl.systbl_32 import Row32, generate_32
from kshell.kbuild.tree.tree_paths import TABLE_32

SYSCALL_OBJECT = "arch/x86/entry/syscall_32.o"
NI_SYSCALL = ("sys_ni_syscall", "__ia32_sys_ni_syscall")


def undefined_entries(objects: Sequence[Object], rows: Sequence[Row32], profile: str) -> list[BuildMessage]:
    """The errors of linking: entries that nothing defines."""
    known = {f"__ia32_sys_{name}" for linked in objects for name, *_ in linked.facts.syscalls}
    known |= {row.symbol for row in generate_32(_own_text(profile), profile).rows if row.symbol is not None}
    wanted = ((row, row.symbol) for row in rows if row.symbol is not None)
    return [_undefined(row, symbol, known) for row, symbol in wanted if symbol not in {*known, *NI_SYSCALL}]


def _own_text(profile: str) -> str:
    with open(table_path_32(profile), encoding="utf-8") as file:
        return file.read()


def _undefined(row: Row32, symbol: str, known: set[str]) -> BuildMessage:
    text = f"ld: {SYSCALL_OBJECT}:(.rodata+{8 * row.nr:#x}): undefined reference to `{symbol}'"
    because = f"line {row.line} of the table puts {symbol} into slot {row.nr}"
    name = symbol.removeprefix(PREFIX).removeprefix("sys_")
    if PREFIX + symbol in known:
        because += f", and what SYSCALL_DEFINE makes for 32-bit programs is called {PREFIX}{symbol}"
        try_ = f"{row.nr} i386 {row.name} {symbol} {PREFIX}{symbol}  (in the last column)"
    else:
        because += f", and no file that is linked in has a SYSCALL_DEFINE for {name}"
        try_ = f"SYSCALL_DEFINEn({name}, ...) in a file that obj-y lists, in a directory that core-y lists"
    return BuildMessage(ERROR, text, TABLE_32, row.line, 0, (), because, try_, verbatim=True)
