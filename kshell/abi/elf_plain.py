"""An ELF object as plain values, such as JSON keeps, and back: the form that it has in an image of a kernel, which is
booted without a reader of ELF files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kshell.abi.elf import ElfObject, ElfSymbol, Relocation, Section


def to_plain(obj: ElfObject) -> dict[str, Any]:
    """Its sections and symbols, each a list of its fields; bytes are hexadecimal."""
    sections = [
        [each.name, each.type, each.flags, each.align, each.data.hex(), each.size, [list(r) for r in each.relocations]]
        for each in obj.sections
    ]
    return {"sections": sections, "symbols": [list(each) for each in obj.symbols]}


def from_plain(plain: Mapping[str, Any]) -> ElfObject:
    """What to_plain has made values of.  Raises KeyError, TypeError or ValueError where they are no object."""
    symbols = [_symbol(*each) for each in plain["symbols"]]
    sections = [_section(*each) for each in plain["sections"]]
    for each in symbols:
        if each.section is not None and not 0 <= each.section < max(len(sections), 1 << 16):
            raise ValueError(each.name)
    for section in sections:
        if any(not (0 <= r.symbol < len(symbols) and 0 <= r.offset < section.size) for r in section.relocations):
            raise ValueError(section.name)
    return ElfObject(sections, symbols)


def _section(
    name: str, type: int, flags: int, align: int, data: str, size: int, relocations: list[list[int]]
) -> Section:
    found = [Relocation(*map(int, each)) for each in relocations]
    if not isinstance(name, str) or not 0 <= int(size) < 1 << 31:
        raise ValueError(name)
    return Section(name, int(type), int(flags), int(align), bytes.fromhex(data), int(size), found)


def _symbol(name: str, section: int | None, value: int, size: int, type: int, binding: int) -> ElfSymbol:
    if not isinstance(name, str):
        raise TypeError(name)
    place = None if section is None else int(section)
    return ElfSymbol(name, place, int(value), int(size), int(type), int(binding))
