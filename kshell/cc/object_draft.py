"""An object file while it is made: sections that grow, and relocations that name what they want.

What a section is for follows from its name, as the C macros and the assembler's directives say it for each.
"""

from __future__ import annotations

import struct

from kshell.abi.elf import (
    R_X86_64_PC32,
    SHF_ALLOC,
    SHF_EXECINSTR,
    SHF_MERGE,
    SHF_STRINGS,
    SHF_WRITE,
    SHN_ABS,
    SHT_NOBITS,
    SHT_PROGBITS,
    STB_GLOBAL,
    STB_LOCAL,
    STT_FILE,
    STT_NOTYPE,
    STT_SECTION,
    ElfObject,
    ElfSymbol,
    Relocation,
    Section,
)

STRINGS = ".rodata.str1.1"
# Of each section: its flags, and the alignment that it has whatever is in it.
_KINDS = {
    ".text": (SHF_ALLOC | SHF_EXECINSTR, 16),
    ".fixup": (SHF_ALLOC | SHF_EXECINSTR, 1),
    ".rodata": (SHF_ALLOC, 8),
    STRINGS: (SHF_ALLOC | SHF_MERGE | SHF_STRINGS, 1),
    ".modinfo": (SHF_ALLOC, 1),
    "__ksymtab": (SHF_ALLOC, 4),
    "__ksymtab_gpl": (SHF_ALLOC, 4),
    "__ksymtab_strings": (SHF_ALLOC | SHF_MERGE | SHF_STRINGS, 1),
    "__param": (SHF_ALLOC, 8),
    "__ex_table": (SHF_ALLOC, 4),
    "__bug_table": (SHF_ALLOC | SHF_WRITE, 1),
}
_DATA = (SHF_ALLOC | SHF_WRITE, 8)


class DraftSection:
    """A section that grows; `holes` are (offset, R_X86_64_*, name, addend), where the name is a symbol's or a
    section's.  `size` runs ahead of the data in .bss, which has none."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.flags, self.align = (0, 1) if name.startswith(".debug") else _KINDS.get(name, _DATA)
        self.data = bytearray()
        self.size = 0
        self.holes: list[tuple[int, int, str, int]] = []

    @property
    def is_empty(self) -> bool:
        """Whether the file has nothing in it (C: SHT_NOBITS)."""
        return self.name == ".bss"

    def add(self, data: bytes, align: int = 1) -> int:
        """Append bytes, aligned; the offset where they stand."""
        at = self.reserve(len(data), align)
        self.data += bytes(at - len(self.data)) + data
        return at

    def reserve(self, size: int, align: int = 1) -> int:
        """Append so many zeros, of which .bss keeps the number alone; the offset where they stand."""
        at = -(-self.size // align) * align
        self.align = max(self.align, align)
        self.size = at + size
        return at

    def hole(self, offset: int, kind: int, name: str, addend: int = 0) -> None:
        """The bytes at `offset` are to be filled with the address of a symbol or section, plus `addend`."""
        self.holes.append((offset, kind, name, addend))

    def relative(self, offset: int, name: str, addend: int = 0) -> None:
        """The same for a field of 4 bytes that holds the distance to it from the field itself (C: ``.long x - .``)."""
        self.hole(offset, R_X86_64_PC32, name, addend)


class ObjectDraft:
    """The sections in the order in which they were asked for, and the symbols by their names."""

    def __init__(self, file: str) -> None:
        self._sections: dict[str, DraftSection] = {}
        self._symbols: dict[str, ElfSymbol] = {}
        self._file = ElfSymbol(file, SHN_ABS, 0, 0, STT_FILE, STB_LOCAL)

    def __getitem__(self, name: str) -> DraftSection:
        return self._sections.setdefault(name, DraftSection(name))

    def string(self, section: str, text: str | bytes) -> int:
        """Append a string with its NUL; the offset where it stands."""
        data = text.encode() if isinstance(text, str) else text
        return self[section].add(data + b"\0")

    def symbol(self, name: str, section: str, value: int, size: int, kind: int, binding: int) -> None:
        """Define a symbol of the object; `section` is a name."""
        self[section]
        self._symbols[name] = ElfSymbol(name, list(self._sections).index(section), value, size, kind, binding)

    def wants(self, name: str) -> None:
        """Make sure that a symbol is there: undefined, unless the object defines it."""
        if name not in self._sections and name not in self._symbols:
            self._symbols[name] = ElfSymbol(name, None, 0, 0, STT_NOTYPE, STB_GLOBAL)

    def finish(self) -> ElfObject:
        """The object.  What a hole names and nobody defined becomes an undefined symbol."""
        for draft in self._sections.values():
            for _, _, name, _ in draft.holes:
                self.wants(name)
        symbols = [self._file]
        places = {}
        for number, name in enumerate(self._sections):
            places[name] = len(symbols)
            symbols.append(ElfSymbol("", number, 0, 0, STT_SECTION, STB_LOCAL))
        for each in sorted(self._symbols.values(), key=lambda symbol: symbol.binding != STB_LOCAL):
            places[each.name] = len(symbols)
            symbols.append(each)
        return ElfObject([_finished(each, places) for each in self._sections.values()], symbols)


def _finished(draft: DraftSection, places: dict[str, int]) -> Section:
    kind = SHT_NOBITS if draft.is_empty else SHT_PROGBITS
    data = b"" if draft.is_empty else bytes(draft.data) + bytes(draft.size - len(draft.data))
    relocations = [Relocation(offset, how, places[name], addend) for offset, how, name, addend in draft.holes]
    return Section(draft.name, kind, draft.flags, draft.align, data, draft.size, relocations)


def packed(layout: str, *values: int) -> bytes:
    """The bytes of a C struct without padding, little-endian."""
    return struct.pack("<" + layout, *values)
