"""The bodies of the built-in system calls, one file a subject.

Every file here is looked at, and in the folder `calls` of each appendix; none is named twice: a kernel links in those
of which its table has a row.  A body may use all floors below (core, mm, fs, task) and no other body: what two calls
share goes into a function down there.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.layout import entry_name
from kshell.kernel.core.sections import section

if TYPE_CHECKING:
    from kshell.abi.syscall_rows import SyscallTable


KERNEL = os.path.dirname(os.path.dirname(__file__))


@cache
def subjects() -> tuple[ModuleType, ...]:
    """All files with bodies, by name."""
    folders = ["syscalls", *(f"{room}/calls" for room in os.listdir(KERNEL))]
    found = [(file, folder) for folder in folders for file in _files(os.path.join(KERNEL, folder))]
    rooms = __name__.rpartition(".")[0]
    return tuple(import_module(f"{rooms}.{folder.replace('/', '.')}.{file[:-3]}") for file, folder in sorted(found))


def _files(folder: str) -> list[str]:
    files = os.listdir(folder) if os.path.isdir(folder) else []
    return [file for file in files if file.endswith(".py") and file[0] != "_"]


def definitions(subject: ModuleType) -> list[SyscallDefinition]:
    """The calls that a file defines."""
    return section(vars(subject), ".syscalls")


def plain_functions(subject: ModuleType) -> list[FunctionType]:
    """The functions of a file that are no system calls, in the order of the source."""
    own = vars(subject)
    return [each for each in own.values() if isinstance(each, FunctionType) and each.__globals__ is own]


def linked_in(table: SyscallTable) -> list[ModuleType]:
    """The files that are compiled into a kernel with this table, in link order."""
    wanted = {entry_name(row.symbol) for row in table.rows if row.symbol}
    return [subject for subject in subjects() if any(each.name in wanted for each in definitions(subject))]
