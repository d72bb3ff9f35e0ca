"""ELF relocatable files for x86-64 (.o, .ko): what stands in one, as values.

elf_writer.py makes the bytes of them, elf_reader.py reads bytes.  A section's relocations stand with it; the tables
that the file format needs beside (.symtab, .strtab, .shstrtab, .rela.*) are the writer's and the reader's business, as
are the empty section and the empty symbol that every file begins with.

C counterpart: <linux/elf.h>, whose names the constants have.
"""

from __future__ import annotations

from typing import NamedTuple

ELF_MAGIC = b"\x7fELF"
ELFCLASS64, ELFDATA2LSB, EV_CURRENT = 2, 1, 1
ET_REL, EM_X86_64 = 1, 62

# Kinds of sections (sh_type).
SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_NOTE, SHT_NOBITS, SHT_REL = 0, 1, 2, 3, 4, 7, 8, 9
SHT_GROUP, SHT_SYMTAB_SHNDX = 17, 18
# What a section is for (sh_flags): ALLOC is in memory when the module lives.
SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR, SHF_MERGE, SHF_STRINGS = 0x1, 0x2, 0x4, 0x10, 0x20
TEXT, READ_ONLY, DATA = range(3)  # what it is for, in a word
SHF_INFO_LINK, SHF_LINK_ORDER, SHF_GROUP = 0x40, 0x80, 0x200

# Where a symbol is that is in no section of the file.
SHN_UNDEF, SHN_LORESERVE, SHN_ABS, SHN_COMMON = 0, 0xFF00, 0xFFF1, 0xFFF2
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE = 0, 1, 2, 3, 4

# S is the symbol's address, A the addend, P the address of the hole.
R_X86_64_NONE = 0
R_X86_64_64 = 1  # S + A, 8 bytes
R_X86_64_PC32 = 2  # S + A - P, 4 bytes
R_X86_64_PLT32 = 4  # the same: a kernel has no procedure linkage table
R_X86_64_32 = 10  # S + A, 4 bytes, zero-extended
R_X86_64_32S = 11  # S + A, 4 bytes, sign-extended
RELOCATION_NAMES = {0: "NONE", 1: "64", 2: "PC32", 4: "PLT32", 10: "32", 11: "32S"}

# sizeof of the structs of the format, and of the word before each element.
EHDR_FORMAT, SHDR_FORMAT, SYM_FORMAT, RELA_FORMAT = "<16sHHIQQQIHHHHHH", "<IIQQQQIIQQ", "<IBBHQQ", "<QQq"
EHDR_SIZE, SHDR_SIZE, SYM_SIZE, RELA_SIZE = 64, 64, 24, 24


def is_relocatable(head: bytes) -> bool:
    """Whether these first bytes are those of a relocatable file for x86-64, whatever follows."""
    ident = ELF_MAGIC + bytes((ELFCLASS64, ELFDATA2LSB, EV_CURRENT))
    return head.startswith(ident) and head[16:20] == bytes((ET_REL, 0, EM_X86_64, 0))


class Relocation(NamedTuple):
    """A hole at `offset` of its section, to be filled with the address of a symbol: `kind` is R_X86_64_*, `symbol` an
    index into the object's symbols."""

    offset: int
    kind: int
    symbol: int
    addend: int


class Section(NamedTuple):
    """A section: `type` is SHT_*, `flags` are SHF_*, `align` is a power of two.  `size` differs from the length of
    `data` only for SHT_NOBITS (.bss), which has no data."""

    name: str
    type: int
    flags: int
    align: int
    data: bytes
    size: int
    relocations: list[Relocation]

    @property
    def area(self) -> int:
        """TEXT, READ_ONLY or DATA."""
        if self.flags & SHF_EXECINSTR:
            return TEXT
        return DATA if self.flags & SHF_WRITE else READ_ONLY

    @property
    def letter(self) -> str:
        """nm's letter for what is in it and not global."""
        return "b" if self.type == SHT_NOBITS and self.area != TEXT else "trd"[self.area]


class ElfSymbol(NamedTuple):
    """A name for a place: `section` is an index into the object's sections, None where another file defines it, SHN_ABS
    for a plain number; `value` is an offset in the section.  `type` is STT_*, `binding` STB_*."""

    name: str
    section: int | None
    value: int
    size: int
    type: int
    binding: int

    @property
    def is_shown(self) -> bool:
        """Whether it is a function or a variable with a name, in a section: what nm and kallsyms are about."""
        in_section = self.section is not None and self.section != SHN_ABS
        return self.type in (STT_FUNC, STT_OBJECT) and in_section and bool(self.name)


class ElfObject(NamedTuple):
    """A relocatable file."""

    sections: list[Section]
    symbols: list[ElfSymbol]

    def section(self, name: str) -> Section | None:
        """The first section of a name."""
        return next((each for each in self.sections if each.name == name), None)

    def undefined(self) -> dict[str, bool]:
        """The names that other files must define, each with whether it may be missing (weak: its address is 0 then)."""
        return {each.name: each.binding == STB_WEAK for each in self.symbols if each.section is None and each.name}

    def symbol_name(self, index: int) -> str:
        """How a symbol is called; one that stands for a section is called as that is."""
        symbol = self.symbols[index]
        if symbol.type == STT_SECTION and symbol.section is not None and symbol.section < len(self.sections):
            return self.sections[symbol.section].name
        return symbol.name


def entry_size(flags: int, align: int) -> int:
    """C: sh_entsize of a section that is no table of the format: the size of what a linker may merge."""
    if not flags & SHF_MERGE:
        return 0
    return 1 if flags & SHF_STRINGS else align
