"""The symbols of a module in kallsyms.

C counterpart: kernel/module/kallsyms.c (elf_type, add_kallsyms).
"""

from __future__ import annotations

from kshell.abi.elf import SHN_ABS, SHT_NOBITS, STB_GLOBAL, STT_FUNC, STT_OBJECT, Section
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.layout_sections import DATA, TEXT, kind_of
from kshell.kernel.module.linked_object import LinkedObject


def elf_type(section: Section) -> str:
    """nm's letter for what is in a section."""
    if kind_of(section) == TEXT:
        return "t"
    if section.type == SHT_NOBITS:
        return "b"
    return "d" if kind_of(section) == DATA else "r"


def add_kallsyms(k: Kernel, module: LinkedObject, values: list[int]) -> None:
    """Enter every function and variable; of two names at one place the first of the file is the one that reports show.

    A capital letter marks what a module exports, and in the kernel itself what is not static.
    """
    letters = [elf_type(section) for section in module.elf.sections]
    exported = {(export.name, export.address): export.macro for export in module.tables.exports}
    for each, address in reversed(list(zip(module.elf.symbols, values, strict=True))):
        if each.type not in (STT_FUNC, STT_OBJECT) or each.section in (None, SHN_ABS):
            continue
        if each.section not in module.places or not each.name:
            continue
        letter, macro = letters[each.section], exported.pop((each.name, address), None)
        capital = macro is not None or (module.owner is None and each.binding == STB_GLOBAL)
        k.symbols.add(
            Symbol(each.name, address, letter.upper() if capital else letter, each.size, module.owner, exported=macro)
        )
    for (name, address), macro in exported.items():  # what has a name for others only
        k.symbols.add(Symbol(name, address, "D", 0, module.owner, exported=macro))
