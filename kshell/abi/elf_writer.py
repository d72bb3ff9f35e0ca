"""An ELF relocatable file from its model (elf.py): as gcc's assembler lays one out."""

from __future__ import annotations

import struct

from kshell.abi import elf
from kshell.abi.elf import ElfObject, ElfSymbol, Section


class _Strings:
    """A string table: each name once, at its offset."""

    def __init__(self) -> None:
        self.data = bytearray(b"\0")
        self._at = {"": 0}

    def add(self, name: str) -> int:
        if name not in self._at:
            self._at[name] = len(self.data)
            self.data += name.encode() + b"\0"
        return self._at[name]


class _File:
    """The file as it grows: contents behind the header, and a header for each section."""

    def __init__(self) -> None:
        self.data = bytearray(elf.EHDR_SIZE)
        self.headers = [bytes(elf.SHDR_SIZE)]
        self.names = _Strings()

    def add(
        self,
        name: str,
        kind: int,
        data: bytes,
        *,
        flags: int = 0,
        align: int = 1,
        size: int | None = None,
        link: int = 0,
        info: int = 0,
        entries: int = 0,
    ) -> None:
        """One more section."""
        self.data += bytes(-len(self.data) % align)
        size = len(data) if size is None else size
        name_at = self.names.add(name)
        self.headers.append(
            struct.pack(elf.SHDR_FORMAT, name_at, kind, flags, 0, len(self.data), size, link, info, align, entries)
        )
        self.data += data

    def finish(self) -> bytes:
        """The bytes, with the table of section headers at the end."""
        self.data += bytes(-len(self.data) % 8)
        ident = elf.ELF_MAGIC + bytes((elf.ELFCLASS64, elf.ELFDATA2LSB, elf.EV_CURRENT)) + bytes(9)
        count, table = len(self.headers), len(self.data)
        header = struct.pack(
            elf.EHDR_FORMAT,
            *(ident, elf.ET_REL, elf.EM_X86_64, elf.EV_CURRENT, 0, 0, table, 0),
            *(elf.EHDR_SIZE, 0, 0, elf.SHDR_SIZE, count, count - 1),
        )
        self.data[: elf.EHDR_SIZE] = header
        return bytes(self.data) + b"".join(self.headers)


def write_elf(obj: ElfObject) -> bytes:
    """The file's bytes; the same object gives the same bytes."""
    file = _File()
    for section in obj.sections:
        if section.type == elf.SHT_NOBITS and section.data:
            raise ValueError(f"{section.name}: a section without contents has data")
        file.add(
            section.name,
            section.type,
            section.data,
            flags=section.flags,
            align=section.align,
            size=section.size,
            entries=elf.entry_size(section.flags, section.align),
        )
    order = sorted(range(len(obj.symbols)), key=lambda index: obj.symbols[index].binding != elf.STB_LOCAL)
    place = {old: new for new, old in enumerate(order, 1)}
    with_relocations = [(number, each) for number, each in enumerate(obj.sections, 1) if each.relocations]
    symtab = len(obj.sections) + len(with_relocations) + 1
    for number, section in with_relocations:
        _add_relocations(file, section, number, symtab, place)
    _add_symbols(file, [obj.symbols[index] for index in order], symtab)
    file.names.add(".shstrtab")  # its own name too
    file.add(".shstrtab", elf.SHT_STRTAB, bytes(file.names.data))
    return file.finish()


def _add_relocations(file: _File, section: Section, number: int, symtab: int, place: dict[int, int]) -> None:
    """.rela.NAME: what is to be filled in, in the section of that number."""
    data = b"".join(
        struct.pack(elf.RELA_FORMAT, each.offset, place[each.symbol] << 32 | each.kind, each.addend)
        for each in section.relocations
    )
    file.add(
        f".rela{section.name}",
        elf.SHT_RELA,
        data,
        flags=elf.SHF_INFO_LINK,
        align=8,
        link=symtab,
        info=number,
        entries=elf.RELA_SIZE,
    )


def _add_symbols(file: _File, symbols: list[ElfSymbol], number: int) -> None:
    """.symtab (the section of that number) and .strtab behind it; the symbols are in order, local ones first."""
    strings = _Strings()
    data = bytearray(elf.SYM_SIZE)
    for each in symbols:
        section = _section_number(each.section)
        info = each.binding << 4 | each.type
        data += struct.pack(elf.SYM_FORMAT, strings.add(each.name), info, 0, section, each.value, each.size)
    first_global = 1 + sum(each.binding == elf.STB_LOCAL for each in symbols)
    file.add(".symtab", elf.SHT_SYMTAB, bytes(data), align=8, link=number + 1, info=first_global, entries=elf.SYM_SIZE)
    file.add(".strtab", elf.SHT_STRTAB, bytes(strings.data))


def _section_number(section: int | None) -> int:
    """How the file counts the section of a symbol: from 1, where the model counts from 0."""
    if section is None:
        return elf.SHN_UNDEF
    return section if section == elf.SHN_ABS else section + 1
