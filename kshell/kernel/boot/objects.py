"""Linking files of machine code into the kernel: their sections follow one another in text, read-only data and data.

C counterpart: arch/x86/kernel/vmlinux.lds.S, and what ld does with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.elf import SHN_ABS, STB_GLOBAL, ElfObject
from kshell.kernel.core import layout
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.layout_sections import DATA, READ_ONLY, TEXT, is_loaded, kind_of
from kshell.kernel.module.linked_object import LinkedObject
from kshell.kernel.module.load_info import pairs
from kshell.kernel.module.module_sections import find_module_sections
from kshell.kernel.module.refusal import Refusal
from kshell.kernel.module.relocate import move_object
from kshell.kernel.module.symbol_table import add_kallsyms
from kshell.machine.ram import whole_pages


class BuiltIn(NamedTuple):
    """A file of machine code that goes into a kernel: `name` is that of its .o in the tree."""

    name: str
    elf: ElfObject


class Placed(NamedTuple):
    """The address of each section of each object, by its index, and of the ends of the three areas by kind."""

    sections: list[dict[int, int]]
    ends: dict[int, int]


def place_objects(objects: Sequence[ElfObject], functions: int) -> Placed:
    """Where objects go, in link order, behind so many functions with a body in Python."""
    ends = {
        TEXT: layout.FUNCTIONS[functions],
        READ_ONLY: layout.OBJECT_RODATA,
        DATA: layout.KERNEL_DATA,
    }
    found: list[dict[int, int]] = []
    for obj in objects:
        found.append({})
        for index, section in enumerate(obj.sections):
            if is_loaded(section):
                kind, align = kind_of(section), max(section.align, 1)
                found[-1][index] = at = -(-ends[kind] // align) * align
                ends[kind] = at + section.size
    return Placed(found, ends)


def link_objects(k: Kernel, objects: Sequence[BuiltIn], functions: int) -> None:
    """Put them into memory, each bound to what it uses of the others and of the kernel.  Raises KernelPanic."""
    placed = place_objects([each.elf for each in objects], functions)
    _make_room(k, placed)
    for each, places in zip(objects, placed.sections, strict=True):
        modinfo = each.elf.section(".modinfo")
        linked = LinkedObject(each.name, None, each.elf, pairs(modinfo.data) if modinfo is not None else [])
        linked.places = places
        k.linked.append(linked)
    defined = globals_of(k)
    try:
        values = [move_object(k, linked, _found(k, linked, defined)) for linked in k.linked]
        for linked, addresses in zip(k.linked, values, strict=True):
            linked.tables = find_module_sections(k, linked)
            add_kallsyms(k, linked, addresses)
    except Refusal as refusal:
        raise KernelPanic(f"the kernel cannot be linked: {refusal.reason.name}, {refusal.facts}") from None
    k.memory.set_writable(layout.OBJECT_RODATA, whole_pages(placed.ends[READ_ONLY] - layout.OBJECT_RODATA), False)


def _make_room(k: Kernel, placed: Placed) -> None:
    if placed.ends[TEXT] > layout.OBJECT_TEXT_END or placed.ends[DATA] > layout.KERNEL_DATA_END:
        raise KernelPanic("the files that are linked in do not fit into the kernel's area")
    size = whole_pages(placed.ends[TEXT] - layout.OBJECT_TEXT)
    k.memory.map(layout.OBJECT_TEXT, size, writable=False, executable=True)
    k.memory.poke(layout.OBJECT_TEXT, b"\xcc" * size)
    k.memory.map(layout.OBJECT_RODATA, whole_pages(placed.ends[READ_ONLY] - layout.OBJECT_RODATA), writable=True)
    k.memory.static(placed.ends[DATA] - layout.KERNEL_DATA)


def _globals(linked: LinkedObject) -> list[tuple[str, int]]:
    """What an object defines for others; a weak symbol gives way, to sys_ni_syscall in the end."""
    return [
        (each.name, linked.places[each.section] + each.value)
        for each in linked.elf.symbols
        if each.section in linked.places and each.section is not None and each.binding == STB_GLOBAL
    ]


def _found(k: Kernel, linked: LinkedObject, defined: dict[str, int]) -> dict[str, int]:
    """The addresses of what an object uses of others; __this_module is NULL in the kernel itself."""
    found = {}
    for each in linked.elf.symbols:
        if each.section is None and each.name:
            symbol = k.symbols.lookup(each.name)
            address = defined.get(each.name) or (symbol.address if symbol is not None else None)
            if address is None and each.binding == STB_GLOBAL and each.name != "__this_module":
                raise KernelPanic(f"undefined reference to `{each.name}'")
            found[each.name] = address or 0
    return found


def globals_of(k: Kernel) -> dict[str, int]:
    """What the files of machine code define for others: a row of the table may name any of it."""
    return dict(pair for linked in k.linked for pair in _globals(linked))


def init_of(linked: LinkedObject) -> int | None:
    """The function that module_init named."""
    return next(
        (
            linked.places[each.section] + each.value
            for each in linked.elf.symbols
            if each.name == "init_module" and each.section not in (None, SHN_ABS) and each.section in linked.places
        ),
        None,
    )
