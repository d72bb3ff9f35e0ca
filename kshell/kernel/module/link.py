"""Linking an object into the kernel: its sections get their places, its symbols their addresses.

C counterpart: the middle of load_module() in kernel/module/main.c, kernel/module/kallsyms.c; of the kernel's own files,
what ld does.
"""

from __future__ import annotations

from collections.abc import Mapping

from kshell.abi.elf import SHF_ALLOC, STB_GLOBAL, ElfObject
from kshell.abi.modinfo import THIS_MODULE
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.extable import sort_table
from kshell.kernel.module.module_sections import find_module_sections
from kshell.kernel.module.refusal import Refusal
from kshell.kernel.module.relocate import move_object
from kshell.kernel.module.space import free_space, module_alloc
from kshell.kernel.module.struct_module import LinkedObject, Module
from kshell.kernel.module.symbols import check_exports, resolve
from kshell.machine.ram import whole_pages

NOT_KEPT = (".modinfo", "__versions")  # read from the file, and not in memory


def link_module(k: Kernel, module: Module) -> None:
    """Bind what the module uses, give it its pages, export what it offers.  Raises Refusal; nothing is left then."""
    try:
        found = resolve(k, module)
        _layout_sections(k, module)
        link_object(k, module, found)
        sort_table(k, module.extable)
        k.memory.set_writable(module.address + module.size, module.read_only, False)
        check_exports(k, module)
    except Refusal:
        module.uses.clear()
        free_space(k, module)
        raise
    module.init, module.exit = module.address_of("init_module"), module.address_of("cleanup_module")
    module.this_module = module.address_of(THIS_MODULE) or 0
    for owner in module.uses:  # which it holds from now on
        owner.used_by.append(module.name)
    add_kallsyms(k, module)
    k.cpu.flush_code()


def _layout_sections(k: Kernel, module: Module) -> None:
    """Give a module its pages: text first, then what is only read, then what is written.  Raises Refusal."""
    ends = [0, 0, 0]
    offsets = place_sections(module.elf, ends)
    text, read_only, data = map(whole_pages, ends)
    module_alloc(k, module, text, read_only, data)
    starts = (module.address, module.address + text, module.address + text + read_only)
    module.places = {index: starts[module.elf.sections[index].area] + offset for index, offset in offsets.items()}


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
    """Put an object into its places, bound to what it uses of others, and read its tables.  Raises Refusal."""
    move_object(k, linked, found)
    linked.tables = find_module_sections(k, linked)


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
