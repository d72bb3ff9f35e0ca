"""An ELF relocatable file's model (elf.py) from its bytes, which may be anything: each number in them is checked."""

from __future__ import annotations

import struct
from typing import NamedTuple, NoReturn

from kshell.abi import elf
from kshell.abi.elf import ElfObject, ElfSymbol, Relocation, Section
from kshell.abi.object_file import ObjectError

LONGEST_NAME = 511  # as many as fit into the kernel's KSYM_NAME_LEN
LARGEST_BSS = 1 << 26  # in bytes, of all sections without contents together
LARGEST_ALIGN = 4096  # module memory is given in pages


class _Header(NamedTuple):
    """C: Elf64_Shdr, with the name read."""

    name: str
    kind: int
    flags: int
    at: int
    size: int
    link: int
    info: int
    align: int
    entries: int


def read_elf(data: bytes, path: str) -> ElfObject:
    """The object that the bytes are.  Raises ObjectError, with the reason, for anything else; `path` is a name."""
    return _Reader(data, path).read()


class _Reader:
    """One file, and what is known of it so far.  `places` maps a section's number in the file to that in the model."""

    def __init__(self, data: bytes, path: str) -> None:
        self.data, self.path = data, path
        self.headers: list[_Header] = []
        self.places: dict[int, int] = {}

    def refuse(self, because: str) -> NoReturn:
        """It is no object file, because of that."""
        raise ObjectError(
            f"{self.path}: file format not recognized", because, "help cc  (which builds it again from its source)"
        )

    def read(self) -> ElfObject:
        """The whole file."""
        self.headers = self.read_headers()
        self.check_sizes()
        tables = (elf.SHT_NULL, elf.SHT_SYMTAB, elf.SHT_STRTAB, elf.SHT_RELA, elf.SHT_GROUP, elf.SHT_SYMTAB_SHNDX)
        numbers = [number for number, each in enumerate(self.headers) if each.kind not in tables]
        self.places = {number: place for place, number in enumerate(numbers)}
        sections = [self.section(self.headers[number]) for number in numbers]
        symtabs = [number for number, each in enumerate(self.headers) if each.kind == elf.SHT_SYMTAB]
        if len(symtabs) != 1:
            self.refuse(f"it has {len(symtabs) or 'no'} symbol table{'s' if symtabs else ''}")
        symbols = self.symbols(self.headers[symtabs[0]], sections)
        for header in self.headers:
            if header.kind == elf.SHT_RELA:
                self.relocate(header, symtabs[0], sections, symbols)
        return ElfObject(sections, symbols)

    def read_headers(self) -> list[_Header]:
        """The table of sections, once the file's header is found right."""
        if not self.data.startswith(elf.ELF_MAGIC):
            self.refuse("it does not begin as an ELF file does" if self.data else "it is empty")
        if len(self.data) < elf.EHDR_SIZE:
            self.refuse("it ends inside of its ELF header")
        ident, kind, machine, version, _, _, table, _, _, _, _, width, count, names = struct.unpack_from(
            elf.EHDR_FORMAT, self.data
        )
        if (
            tuple(ident[4:7]) != (elf.ELFCLASS64, elf.ELFDATA2LSB, elf.EV_CURRENT)
            or machine != elf.EM_X86_64
            or version != elf.EV_CURRENT
        ):
            self.refuse("it is an ELF file for another machine, this one is x86-64")
        if kind != elf.ET_REL:
            self.refuse(f"it is no relocatable file (ELF type {kind}, a .o or .ko has {elf.ET_REL})")
        if width != elf.SHDR_SIZE or count == 0 or table + count * elf.SHDR_SIZE > len(self.data):
            self.refuse("its table of sections lies outside of the file")
        raw = list(struct.iter_unpack(elf.SHDR_FORMAT, self.data[table : table + count * elf.SHDR_SIZE]))
        if names >= count or raw[names][1] != elf.SHT_STRTAB:
            self.refuse("the names of its sections are missing")
        where, size = raw[names][4], raw[names][5]
        if where + size > len(self.data):
            self.refuse("the names of its sections lie outside of the file")
        return [
            _Header(self.text(where, size, name), kind, flags, at, length, link, info, align, entries)
            for name, kind, flags, _, at, length, link, info, align, entries in raw
        ]

    def text(self, table: int, size: int, at: int) -> str:
        """The name at `at` of a string table."""
        if at == 0 and size == 0:
            return ""
        end = self.data.find(b"\0", table + at, min(table + size, table + at + LONGEST_NAME + 1)) if at < size else -1
        if end < 0:
            self.refuse("a name lies outside of its string table, or is longer than a name can be")
        try:
            return self.data[table + at : end].decode()
        except UnicodeDecodeError:
            self.refuse("a name is no text")

    def check_sizes(self) -> None:
        """That every section lies inside of the file, and all of them together too."""
        stored = empty = 0
        for each in self.headers:
            if each.kind == elf.SHT_NULL:
                continue
            if each.align & (each.align - 1) or each.align > LARGEST_ALIGN:
                self.refuse(f"section {each.name} has an alignment of {each.align:#x}")
            if each.kind == elf.SHT_REL:
                self.refuse(f"section {each.name} has relocations without addends, which x86-64 does not use")
            if each.kind == elf.SHT_NOBITS:
                empty += each.size
            elif each.at + each.size > len(self.data):
                self.refuse(f"section {each.name} lies outside of the file")
            else:
                stored += each.size
        if stored > len(self.data):
            self.refuse("its sections overlap")
        if empty > LARGEST_BSS:
            self.refuse(f"its variables would take {empty:#x} bytes")

    def section(self, header: _Header) -> Section:
        """A section as the model has it, its relocations still to come."""
        align = header.align or 1
        data = b"" if header.kind == elf.SHT_NOBITS else self.data[header.at : header.at + header.size]
        flags = header.flags & ~(elf.SHF_GROUP | elf.SHF_LINK_ORDER | elf.SHF_INFO_LINK)
        if header.entries != elf.entry_size(flags, align):
            flags &= ~(elf.SHF_MERGE | elf.SHF_STRINGS)
        return Section(header.name, header.kind, flags, align, data, header.size, [])

    def symbols(self, header: _Header, sections: list[Section]) -> list[ElfSymbol]:
        """The symbols but the first, which is empty."""
        if header.entries != elf.SYM_SIZE or header.size % elf.SYM_SIZE or not header.size:
            self.refuse("its symbol table has a wrong size")
        if header.link >= len(self.headers) or self.headers[header.link].kind != elf.SHT_STRTAB:
            self.refuse("its symbol table has no names")
        names = self.headers[header.link]
        found = []
        for name, info, _, section, value, size in struct.iter_unpack(
            elf.SYM_FORMAT, self.data[header.at + elf.SYM_SIZE : header.at + header.size]
        ):
            text = self.text(names.at, names.size, name)
            where = self.where(text, section, value, size, sections)
            if info >> 4 > elf.STB_WEAK:
                self.refuse(f"symbol {text!r} has an unknown binding ({info >> 4})")
            found.append(ElfSymbol(text, where, value, size, info & 0xF, info >> 4))
        return found

    def where(self, name: str, section: int, value: int, size: int, sections: list[Section]) -> int | None:
        """The section of a symbol, as the model counts it."""
        if section == elf.SHN_UNDEF:
            return None
        if section == elf.SHN_ABS:
            return elf.SHN_ABS
        if section == elf.SHN_COMMON:
            self.refuse(f"symbol {name!r} has no section yet: compile with -fno-common")
        if section >= elf.SHN_LORESERVE or section not in self.places:
            self.refuse(f"symbol {name!r} is in section {section}, which cannot be")
        place = self.places[section]
        if value + size > sections[place].size:
            self.refuse(f"symbol {name!r} lies outside of its section {sections[place].name}")
        return place

    def relocate(self, header: _Header, symtab: int, sections: list[Section], symbols: list[ElfSymbol]) -> None:
        """Give a section its relocations; one without a symbol gets an absolute 0."""
        if header.entries != elf.RELA_SIZE or header.size % elf.RELA_SIZE or header.link != symtab:
            self.refuse(f"section {header.name} is no table of relocations")
        if header.info not in self.places:
            self.refuse(f"section {header.name} relocates section {header.info}, which cannot be")
        section = sections[self.places[header.info]]
        count = self.headers[symtab].size // elf.SYM_SIZE - 1
        for offset, info, addend in struct.iter_unpack(elf.RELA_FORMAT, self.data[header.at : header.at + header.size]):
            kind, symbol = info & 0xFFFF_FFFF, (info >> 32) - 1
            if kind == elf.R_X86_64_NONE:
                continue
            width = 8 if kind == elf.R_X86_64_64 else 4 if kind in elf.RELOCATION_NAMES else 1
            if offset + width > len(section.data):
                self.refuse(f"a relocation lies outside of section {section.name}")
            if symbol >= count:
                self.refuse(f"a relocation of section {section.name} asks for symbol {symbol + 1} of {count}")
            if symbol < 0:
                symbol = count
                if len(symbols) == count:
                    symbols.append(ElfSymbol("", elf.SHN_ABS, 0, 0, elf.STT_NOTYPE, elf.STB_LOCAL))
            section.relocations.append(Relocation(offset, kind, symbol, addend))
