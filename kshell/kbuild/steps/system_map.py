"""System.map and the size of the exception table: what the link of vmlinux leaves for people to read."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.elf import STB_GLOBAL, ElfObject
from kshell.kbuild.steps.system_map_32 import Entry, entries_32
from kshell.kernel.boot.vmlinux import Vmlinux
from kshell.kernel.core import layout
from kshell.kernel.elf.link_object import place_sections
from kshell.kernel.entry.entry_text import entry_text
from kshell.kernel.lib.uaccess_text import uaccess_text
from kshell.kernel.link.objects import first_places
from kshell.kernel.link.own_files import place_calls
from kshell.kernel.mm.extable import ENTRY_SIZE
from kshell.kernel.syscalls import definitions, plain_functions


def system_map(image: Vmlinux) -> str:
    """System.map: every symbol of the kernel with the address that it will have: of the kernel's own files (their
    names) and of those of machine code, each in link order, and what `int 0x80` leads to."""
    version, machine_code = image.profile.version, [each.elf for each in image.machine_code]
    numbers = {layout.entry_name(row.symbol): row.number for row in reversed(image.table.rows) if row.symbol}
    calls = [each.name for subject in image.bodies for each in definitions(subject)]
    found: list[Entry] = [(at, "T", f"__x64_sys_{name}") for name, at in place_calls(calls, numbers).items()]
    functions = [each.__name__ for subject in image.bodies for each in plain_functions(subject)]
    found += [(at, layout.letter_of(name, "T"), name) for at, name in zip(layout.FUNCTIONS, functions, strict=False)]
    found += _of_machine_code(machine_code, len(functions))
    found += [(at, kind, name) for name, (at, kind) in layout.FIXED.items()]
    symbols = (*entry_text(version).symbols, *uaccess_text(version).symbols)
    found += [(each.address, each.kind, each.name) for each in symbols]
    found += entries_32(image)
    return "".join(f"{address:016x} {kind} {name}\n" for address, kind, name in sorted(found))


def _of_machine_code(objects: Sequence[ElfObject], functions: int) -> list[Entry]:
    """The symbols of the files behind so many functions with bodies in Python."""
    found, ends = [], first_places(functions)
    for obj in objects:
        places = place_sections(obj, ends)
        for each in obj.symbols:
            if each.is_shown and each.section is not None and each.section in places:
                letter = obj.sections[each.section].letter
                is_global = each.binding == STB_GLOBAL
                found.append((places[each.section] + each.value, letter.upper() if is_global else letter, each.name))
    return found


def extable_size(machine_code: Sequence[ElfObject], version: tuple[int, int]) -> int:
    """How many entries the sorted exception table has."""
    sections = [section for obj in machine_code for section in obj.sections if section.name == "__ex_table"]
    return len(uaccess_text(version).faults) + sum(section.size // ENTRY_SIZE for section in sections)
