"""The step that was forgotten by who adds a system call to kshell itself: its row, or its body (CONTRIBUTING.md)."""

from __future__ import annotations

import os

from kshell.abi.syscall_rows import Row
from kshell.abi.syscall_tbl import TABLES, load
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.profile import COURSE
from kshell.kernel.kernel import Kernel
from kshell.kernel.syscalls import KERNEL, definitions, subjects
from kshell.shell.host_files import named


def without_row(k: Kernel, name: str) -> tuple[str, str] | None:
    """Because and try for a call that a file of kshell's defines and no table names; None for any other name."""
    files = {each.name: str(subject.__file__) for subject in subjects() for each in definitions(subject)}
    tables = [load(profile) for profile in TABLES]
    named = {entry_name(row.symbol) for table in tables for row in table.rows if row.symbol}
    if k.image.tree or name not in files or name in named:
        return None
    for error in (error for table in tables for error in table.errors):
        if name in map(entry_name, error.text.split()):
            return f"its row, line {error.line} of {error.file}, is left out: {error.what}; {error.because}", error.try_
    because = f"kshell/kernel/{os.path.relpath(files[name], KERNEL)} defines {name}, and no table has a row for it"
    path = f"kshell/abi/tables/syscall_64.{k.profile.name}.tbl"
    return because, f"a row at the end of {path}: {max(k.nr_syscalls, 400)} common {name} __x64_sys_{name}"


def without_body(k: Kernel, row: Row) -> tuple[str, str] | None:
    """Because and try for a row that somebody has added, to a tree or to the course's own table, and that leads to no
    function; None for the rows of Linux."""
    if k.image.tree:
        return _without_entry(k, row)
    if k.profile is not COURSE or row.name in load("4.19").by_name:
        return None
    because = (
        f"row {row.number} of syscall_64.course.tbl says {row.entry}, and no file of kshell/kernel/syscalls has it"
    )
    name = entry_name(row.symbol or row.name)
    return because, f"write kshell/kernel/syscalls/{name}.py, with SYSCALL_DEFINEn over def {name}(k: Kernel, ...)"


def _without_entry(k: Kernel, row: Row) -> tuple[str, str] | None:
    """The same for a row of a tree's table: the kernel was linked, so its entry is that of no call at all."""
    known = load(k.profile.name).by_name.get(row.name)
    if known is not None and known.number == row.number:
        return None
    path = os.path.join(os.path.relpath(k.image.tree), "arch/x86/entry/syscalls/syscall_64.tbl")
    entry = f"__x64_sys_{row.name}" if k.profile.version < (5, 7) else f"sys_{row.name}"
    because = f"the row that you have added, {row.number} {row.abi} {row.name}, leads to no function: its entry is "
    because += f"{row.entry or 'missing'}"
    return because, f"edit {named(path)}  ({row.number} {row.abi} {row.name} {entry}; then make, make install, boot)"
