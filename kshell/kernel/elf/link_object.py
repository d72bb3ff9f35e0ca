"""Linking an object into the kernel: its sections get their places, its symbols their addresses.

C counterpart: move_module() in kernel/module/main.c, kernel/module/kallsyms.c; of the kernel's own files, what ld does.
"""

from __future__ import annotations

from collections.abc import Mapping

from kshell.abi.elf import SHF_ALLOC, STB_GLOBAL, ElfObject
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.elf.linked_object import LinkedObject
from kshell.kernel.elf.relocate import move_object
from kshell.kernel.elf.tables import read_tables
from kshell.kernel.kernel import Kernel

NOT_KEPT = (".modinfo", "__versions")  # read from the file, and not in memory


def place_sections(elf: ElfObject, ends: list[int]) -> dict[int, int]:
    """Where each section goes that is in memory, by its index: behind what stands in its area (TEXT, READ_ONLY, DATA),
    whose end moves on."""
    places = {}
    for index, section in enumerate(elf.sections):
        if section.flags & SHF_ALLOC and section.name not in NOT_KEPT:
            align = max(section.align, 1)
            places[index] = at = -(-ends[section.area] // align) * align
            ends[section.area] = at + section.size
    return places


def link_object(k: Kernel, linked: LinkedObject, found: Mapping[str, int]) -> None:
    """Put an object into its places, bound to what it uses of others, and read its tables.  Raises LinkError."""
    move_object(k, linked, found)
    linked.tables = read_tables(k, linked)


def add_kallsyms(k: Kernel, linked: LinkedObject) -> None:
    """Enter every function and variable; of two names at one place the first of the file is the one that reports show.

    A capital letter marks what a module exports, and in the kernel itself what is not static.
    """
    exported = {(export.name, export.address): export.macro for export in linked.tables.exports}
    for each, address in reversed(list(linked.symbols())):
        if each.is_shown and each.section is not None:
            letter, macro = linked.elf.sections[each.section].letter, exported.pop((each.name, address), None)
            capital = macro is not None or (linked.owner is None and each.binding == STB_GLOBAL)
            letter = letter.upper() if capital else letter
            k.symbols.add(Symbol(each.name, address, letter, each.size, linked.owner, exported=macro))
    for (name, address), macro in exported.items():  # what has a name for others only
        k.symbols.add(Symbol(name, address, "D", 0, linked.owner, exported=macro))
