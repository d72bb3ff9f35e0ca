"""What an address in machine code was made from: the line of a source, or a BUG() or WARN().

C counterpart: module_find_bug() in lib/bug.c; lines are for debuggers there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.kernel.core.pointers import BugEntry
from kshell.kernel.elf.linked_object import LinkedObject
from kshell.kernel.kernel import Kernel

if TYPE_CHECKING:
    from kshell.abi.debug_info import LineTable


def object_at(k: Kernel, address: int) -> LinkedObject | None:
    """The module, or the file of the kernel, whose machine code an address is in."""
    return next((each for each in linked_objects(k) if each.holds(address)), None)


def linked_objects(k: Kernel) -> list[LinkedObject]:
    """All machine code that the kernel has: its own files, and the modules."""
    return [*k.linked, *k.modules.values()]


def place_of(k: Kernel, address: int) -> tuple[str, int] | None:
    """The file and the line behind an instruction; None where nobody knows."""
    linked = object_at(k, address)
    if linked is None:
        return None
    row = lines_of(linked).at(address)
    return (row.file, row.line) if row is not None else None


def lines_of(linked: LinkedObject) -> LineTable:
    """Its line table, read when somebody first asks."""
    if linked.lines is None:
        from kshell.abi.debug_info import read_lines

        linked.lines = read_lines(linked.elf, linked.places)
    return linked.lines


def bug_at(k: Kernel, address: int) -> BugEntry | None:
    """What the ud2 at an address means; None if it is none of those that are meant."""
    linked = object_at(k, address)
    return linked.tables.bugs.get(address) if linked is not None else None
