"""Linking files of machine code into the kernel: their sections follow one another in text, read-only data and data.

C counterpart: arch/x86/kernel/vmlinux.lds.S, and what ld does with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.elf import DATA, READ_ONLY, STB_GLOBAL, TEXT, ElfObject
from kshell.abi.modinfo import THIS_MODULE, modinfo
from kshell.kernel.core import layout
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.elf.link_object import add_kallsyms, link_object, place_sections
from kshell.kernel.elf.linked_object import LinkedObject, LinkError
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import whole_pages


class BuiltIn(NamedTuple):
    """A file of machine code that goes into a kernel: `name` is that of its .o in the tree."""

    name: str
    elf: ElfObject


def first_places(functions: int) -> list[int]:
    """Where the first object goes, by areas: its text behind so many functions with a body in Python."""
    return [layout.FUNCTIONS[functions], layout.OBJECT_RODATA, layout.KERNEL_DATA]


def link_objects(k: Kernel, objects: Sequence[BuiltIn], functions: int) -> None:
    """Put them into memory, each bound to what it uses of the others and of the kernel.  Raises KernelPanic."""
    ends = first_places(functions)
    for each in objects:
        linked = LinkedObject(each.name, None, each.elf, modinfo(each.elf))
        linked.places = place_sections(each.elf, ends)
        k.linked.append(linked)
    _make_room(k, ends)
    defined = globals_of(k)
    try:
        for linked in k.linked:
            link_object(k, linked, _found(k, linked, defined))
            add_kallsyms(k, linked)
    except LinkError as error:
        raise KernelPanic(f"the kernel cannot be linked: {error.kind}, {error.facts}") from None
    k.memory.set_writable(layout.OBJECT_RODATA, whole_pages(ends[READ_ONLY] - layout.OBJECT_RODATA), False)


def _make_room(k: Kernel, ends: Sequence[int]) -> None:
    if ends[TEXT] > layout.OBJECT_TEXT_END or ends[DATA] > layout.KERNEL_DATA_END:
        raise KernelPanic("the files that are linked in do not fit into the kernel's area")
    size = whole_pages(ends[TEXT] - layout.OBJECT_TEXT)
    k.memory.map(layout.OBJECT_TEXT, size, writable=False, executable=True)
    k.memory.poke(layout.OBJECT_TEXT, b"\xcc" * size)
    k.memory.map(layout.OBJECT_RODATA, whole_pages(ends[READ_ONLY] - layout.OBJECT_RODATA), writable=True)
    k.memory.static(ends[DATA] - layout.KERNEL_DATA)


def _found(k: Kernel, linked: LinkedObject, defined: dict[str, int]) -> dict[str, int]:
    """The addresses of what an object uses of others; __this_module is NULL in the kernel itself."""
    found = {}
    for name, may_be_missing in linked.elf.undefined().items():
        symbol = k.symbols.lookup(name)
        address = defined.get(name) or (symbol.address if symbol is not None else None)
        if address is None and not may_be_missing and name != THIS_MODULE:
            raise KernelPanic(f"undefined reference to `{name}'")
        found[name] = address or 0
    return found


def globals_of(k: Kernel) -> dict[str, int]:
    """What the files of machine code define for others, of which a row of the table may name any; a weak symbol gives
    way, to sys_ni_syscall in the end."""
    symbols = (pair for linked in k.linked for pair in linked.symbols())
    return {each.name: address for each, address in symbols if each.binding == STB_GLOBAL}
