"""A table without a build: what the script, the compiler and the linker of one release would say of it.

It may also be another table than it is taken for: that of another release, of 32-bit programs, of another machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from kshell.abi import syscall_tbl
from kshell.abi.problem import line_excerpt
from kshell.kbuild.messages import ERROR, NOTE, BuildMessage
from kshell.kbuild.systbl.foreign_table import ROW
from kshell.kbuild.systbl.systbl import generate
from kshell.kbuild.systbl.table_row import TableRow
from kshell.kernel.core.profile import Profile

NI_SYSCALL = ("sys_ni_syscall", "__x64_sys_ni_syscall")
SPELT_ELSEWHERE = {
    "4.19": ("sys_", "compat_sys_"),
    "6.19": ("__x64_", "__x32_"),
}  # how the other release's entries begin
MANY = 10  # such entries are no slip


class Checked(NamedTuple):
    """The rows that would be in the kernel's table; the errors that the build would stop for, and notes on what it
    would let pass, each with the line of the table that it is about."""

    rows: list[TableRow]
    errors: list[tuple[int, BuildMessage]]
    notes: list[BuildMessage]


def check_table(
    text: str, profile: Profile, filename: str, before: str = "", defines: Callable[[str], bool] | None = None
) -> Checked:
    """What a release makes of a table.  `before` is the table as it came with its tree; `defines` says of a function
    whether a file of the tree has it, None where there is no tree to look into.

    A whole table that is spelt for the other release is read as that one reads it, with a note; in a tree it is one
    error, since the link of that tree stops.
    """
    release = script_of(profile)
    entries = [match[4] for match in map(ROW.match, text.split("\n")) if match is not None and match[4]]
    foreign = [entry for entry in entries if entry.startswith(SPELT_ELSEWHERE[release])]
    is_foreign = len(foreign) > max(MANY, len(entries) // 2)
    result = generate(text, _script_for(entries) if is_foreign and defines is None else release, filename, before)
    lines = {id(message): line for line, message in result.failed.items()}
    errors = [(lines.get(id(message), message.line), message) for message in result.errors]
    found: list[BuildMessage | None] = []
    if not errors and is_foreign:
        found = [_of_another_release(foreign, release, filename, NOTE if defines is None else ERROR)]
    elif not errors:
        found = [_undefined(text.split("\n"), row, profile, filename, defines) for row in result.rows]
    errors += [(message.line, message) for message in found if message is not None and message.kind == ERROR]
    notes = [message for message in found if message is not None and message.kind == NOTE]
    return Checked(result.rows, errors, [*notes, *result.notes] if is_foreign else [*result.notes, *notes])


def script_of(profile: Profile) -> str:
    """Which of the two scripts a kernel of this profile has: "4.19" or "6.19"."""
    return "4.19" if profile.version < (5, 7) else "6.19"


def _script_for(entries: Sequence[str]) -> str:
    """The script that reads a table with these entries: that of 4.19 knows `__x64_sys_x` and `sys_x/ptregs`."""
    return "4.19" if any(entry.startswith("__x64_") or "/" in entry for entry in entries) else "6.19"


@cache
def own_calls(profile: Profile) -> dict[str, str]:
    """The calls of a release's own table, each with the function that it leads to."""
    with open(syscall_tbl.table_path(profile.name), encoding="utf-8") as file:
        return {row.name: row.symbol for row in generate(file.read(), script_of(profile)).rows}


def _undefined(
    lines: Sequence[str], row: TableRow, profile: Profile, filename: str, defines: Callable[[str], bool] | None
) -> BuildMessage | None:
    """What the linker would say of a row; None where somebody defines its function."""
    own, release = own_calls(profile), script_of(profile)
    if row.symbol in own.values() or row.symbol in NI_SYSCALL or (defines is not None and defines(row.symbol)):
        return None
    entry, prefix = row.entry or "", "__x64_" * (release == "4.19")
    name = re.sub(r"^(?:__x(?:64|32)_)*(?:sys_)?", "", entry)
    right = own.get(row.name, f"__x64_sys_{name}").removeprefix("" if prefix else "__x64_")
    text, kind = f"undefined reference to `{row.symbol}'", ERROR
    because = f"no file of kernel {profile.name} defines {row.symbol}, and the link stops there"
    try_ = "\t".join([str(row.nr), row.abi, row.name, right])
    if entry.startswith("__x64_") and not prefix:
        because = f"the build puts __x64_ in front of every entry since Linux 5.7, so it would look for {row.symbol}"
    elif entry.startswith("sys_") and prefix:
        because += f"; SYSCALL_DEFINE makes __x64_{entry} on this release"
    elif row.name not in own:
        try_ = f"SYSCALL_DEFINEn({name}, ...) in a file that the tree builds"
        if defines is None:
            because = f"kernel {profile.name} has no such function, and without it the link stops: {text}"
            text, kind = f"nothing defines {row.symbol} yet", NOTE
    under = line_excerpt(lines[row.line - 1], row.line, row.symbol_column, len(entry))
    return BuildMessage(kind, text, filename, row.line, row.symbol_column, under, because, try_)


def _of_another_release(entries: Sequence[str], release: str, filename: str, kind: str) -> BuildMessage:
    """One message on the whole of a table."""
    what = f"{len(entries)} entries are of another release: {entries[0]} and others"
    spelt = "sys_x up to Linux 4.16 and since 5.7, __x64_sys_x in between"
    because = f"they are spelt {spelt}; {release} wants {'__x64_sys_x' if release == '4.19' else 'sys_x'}"
    right = f"__x64_{entries[0]}" if release == "4.19" else entries[0].removeprefix("__x64_")
    if kind == ERROR:
        because += ", and without such functions the link stops"
    return BuildMessage(kind, what, filename, 0, 0, (), because, f"{right}  (and so on), for a tree of {release}")
