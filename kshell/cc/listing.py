"""The machine code of an object, instruction by instruction: where each stands, what is in its holes, and its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kshell.abi.debug_info import LineTable, read_lines, standard_bases
from kshell.abi.elf import (
    R_X86_64_64,
    R_X86_64_PC32,
    R_X86_64_PLT32,
    SHF_EXECINSTR,
    SHF_STRINGS,
    STT_FUNC,
    STT_SECTION,
    ElfObject,
    ElfSymbol,
    Relocation,
    Section,
)
from kshell.machine.disassembler import Instruction, disassemble

# What stands in a hole while the code is read: its text tells where in the instruction the hole is.
_MARK = 0x1DE5_C0DE
_LONGEST_STRING = 40


class Listed(NamedTuple):
    """One instruction: `offset` in its section, `code` its bytes as they stand in the file (a hole is zeros), `text`
    with the name of what goes into the hole, `wanted` that name, or "".  `file` is "" and `line` 0 where nobody knows
    of which line it is."""

    section: str
    offset: int
    code: bytes
    text: str
    wanted: str
    function: str
    file: str
    line: int


def list_code(obj: ElfObject) -> list[Listed]:
    """Every instruction of an object, in the order of its sections."""
    lines, bases = read_lines(obj), standard_bases(obj)
    found: list[Listed] = []
    for number, section in enumerate(obj.sections):
        if section.flags & SHF_EXECINSTR:
            found += _section(obj, number, lines, bases.get(number, 0))
    return found


def _section(obj: ElfObject, number: int, lines: LineTable, base: int) -> Iterator[Listed]:
    """The instructions of a section's functions; what stands between two of them fills up."""
    section = obj.sections[number]
    functions: dict[int, ElfSymbol] = {}
    for each in obj.symbols:
        if each.section == number and each.type == STT_FUNC:
            functions.setdefault(each.value, each)  # of two names the first: the other is an alias
    code, holes = _marked(section), {each.offset: each for each in section.relocations}
    for start, function in sorted(functions.items()):
        for found in disassemble(code[start : start + function.size], start):
            text, wanted = _named(obj, holes, found)
            row = lines.at(base + found.address)
            place = (row.file, row.line) if row is not None else ("", 0)
            data = section.data[found.address : found.address + found.size]
            yield Listed(section.name, found.address, data, text, wanted, function.name, *place)


def _marked(section: Section) -> bytes:
    data = bytearray(section.data)
    for each in section.relocations:
        size = 8 if each.kind == R_X86_64_64 else 4
        data[each.offset : each.offset + size] = _MARK.to_bytes(size, "little")
    return bytes(data)


def _named(obj: ElfObject, holes: dict[int, Relocation], instruction: Instruction) -> tuple[str, str]:
    """The text of an instruction with the name of what goes into its hole, and that name."""
    end = instruction.address + instruction.size
    for at in range(instruction.address, end):
        if at in holes:
            is_relative = holes[at].kind in (R_X86_64_PC32, R_X86_64_PLT32)
            name = target_name(obj, holes[at], holes[at].addend + (end - at if is_relative else 0))
            return _without_mark(instruction.text, end, name), name
    return instruction.text, ""


def _without_mark(text: str, end: int, name: str) -> str:
    """The text with a name for the mark, which a call shows as counted from the next instruction."""
    for mark in (f"{_MARK + end:#x}", f"{_MARK:#x}"):
        text = text.replace(mark, name)
    return text


def target_name(obj: ElfObject, relocation: Relocation, offset: int) -> str:
    """What a relocation wants, for a person: a symbol, one with an offset, or a string literal between quotes."""
    symbol = obj.symbols[relocation.symbol]
    if symbol.type != STT_SECTION or symbol.section is None or symbol.section >= len(obj.sections):
        return _with_offset(symbol.name, offset)
    section = obj.sections[symbol.section]
    if section.flags & SHF_STRINGS and 0 <= offset < len(section.data):
        return _quoted(section.data[offset:].partition(b"\0")[0])
    for each in obj.symbols:
        if each.section == symbol.section and each.name and each.value <= offset < each.value + each.size:
            return _with_offset(each.name, offset - each.value)
    return _with_offset(section.name, offset)


def _with_offset(name: str, offset: int) -> str:
    return f"{name}{offset:+#x}" if offset else name


def _quoted(data: bytes) -> str:
    """A string as C spells it; a long one is cut."""
    escapes = {9: r"\t", 10: r"\n", 13: r"\r", 34: r"\"", 92: r"\\"}
    shown = "".join(
        escapes.get(byte, chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data[:_LONGEST_STRING]
    )
    return f'"{shown}"' + "..." * (len(data) > _LONGEST_STRING)
