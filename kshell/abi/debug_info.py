"""Debugging information of an ELF object, ours or a C compiler's: which line of which file each address of code is of.

pyelftools reads it (DWARF 2 to 5); it is loaded when somebody asks.  A damaged object's information is as none.
debug_variables.py has the functions with their variables.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from kshell.abi.elf import R_X86_64_64, SHF_ALLOC, SHN_ABS, ElfObject, Section
from kshell.abi.elf_writer import write_elf

Bases = Mapping[int, int]


class LineRow(NamedTuple):
    """The code from `start` to `end` (which is behind it) was made of this line; `is_stmt` says that a debugger may
    stop there, as where the line's own work begins."""

    start: int
    end: int
    file: str
    line: int
    is_stmt: bool = True


class LineTable:
    """Which line an address is of, and where the code of a line is."""

    def __init__(self, rows: list[LineRow]) -> None:
        self.rows = sorted(rows)
        self._starts = [row.start for row in self.rows]

    def at(self, address: int) -> LineRow | None:
        """The row that an address is in, or None."""
        place = bisect_right(self._starts, address) - 1
        return self.rows[place] if place >= 0 and address < self.rows[place].end else None

    def ranges(self, line: int, file: str = "") -> list[tuple[int, int]]:
        """Where the code of a line is, from and to (behind it), in the order of the addresses; of any file, or of one
        whose path ends so."""
        found: list[tuple[int, int]] = []
        for row in self.rows:
            if row.line != line or not _is_file(row.file, file):
                continue
            start = found.pop()[0] if found and found[-1][1] == row.start else row.start
            found.append((start, row.end))
        return found

    def body(self, start: int, end: int) -> int:
        """Where the body of the function from `start` to `end` begins, behind what makes its frame: at its second row,
        as debuggers take it."""
        place = bisect_right(self._starts, start)
        return self._starts[place] if place < len(self._starts) and self._starts[place] < end else start


def _is_file(path: str, asked: str) -> bool:
    return not asked or path == asked or path.endswith(f"/{asked}")


def standard_bases(obj: ElfObject) -> dict[int, int]:
    """Where the sections of an object stand that is nowhere yet: .text at 0, the others that a kernel would load behind
    it."""
    places = [at for at, each in enumerate(obj.sections) if each.flags & SHF_ALLOC]
    bases, end = {}, 0
    for at in sorted(places, key=lambda place: obj.sections[place].name != ".text"):
        end = -(-end // 4096) * 4096
        bases[at] = end
        end += obj.sections[at].size
    return bases


def read_lines(obj: ElfObject, bases: Bases | None = None) -> LineTable:
    """The line table of an object whose sections stand at these addresses, by their index (default: standard_bases)."""
    return LineTable(guarded(lambda: _rows(debug_sections(obj, bases))) or [])


def _rows(info: Any) -> list[LineRow]:
    rows = []
    for unit in info.iter_CUs() if info is not None else ():
        program = info.line_program_for_CU(unit)
        states = [entry.state for entry in program.get_entries() if entry.state is not None] if program else []
        best: Any = None  # of those at one address: the last that is a statement, else the last
        for state, following in pairwise(states):
            best = state if best is None or state.is_stmt or not best.is_stmt else best
            if not state.end_sequence and state.address == following.address:
                continue
            if not state.end_sequence and state.address < following.address and best.line:
                name = file_name(program, best.file)
                rows.append(LineRow(state.address, following.address, name, best.line, bool(best.is_stmt)))
            best = None
    return rows


def entries(info: Any) -> dict[int, list[Any]]:
    """The entries inside of each entry, by its offset.

    They stand one behind the other; pyelftools' own walk trusts their references to the next, which may go round.
    """
    children: dict[int, list[Any]] = {}
    for unit in info.iter_CUs() if info is not None else ():
        top = unit.get_top_DIE()
        inside, at, end = [children.setdefault(top.offset, [])], top.offset + top.size, unit.cu_offset + unit.size
        while inside and at < end:
            die = unit.get_DIE_from_refaddr(at)
            at += die.size
            if die.is_null():
                inside.pop()
                continue
            inside[-1].append(die)
            children[die.offset] = []
            if die.has_children:
                inside.append(children[die.offset])
    return children


def file_name(program: Any, number: int) -> str:
    """The path of a file of a line program, "" where there is none; before DWARF 5 they count from 1."""
    header = program.header
    since_5 = header.version >= 5
    at = number if since_5 else number - 1
    entries = header.file_entry
    if not 0 <= at < len(entries):
        return ""
    folder = entries[at].dir_index if since_5 else entries[at].dir_index - 1
    name = text(entries[at].name)
    folders = header.include_directory
    # The first folder is that of the compilation: what is in it has a plain name.
    if folder < since_5 or folder >= len(folders) or name.startswith("/"):
        return name
    return f"{text(folders[folder])}/{name}"


def text(value: object) -> str:
    """A name of the debugging information as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def guarded(read: Any) -> Any:
    """What a reading function answers, or None where the information is damaged: pyelftools then raises anything."""
    from elftools.common.exceptions import DWARFError, ELFError
    from elftools.construct import ConstructError

    try:
        return read()
    except (
        DWARFError,
        ELFError,
        ConstructError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        EOFError,
        LookupError,
    ):
        return None
    except (NotImplementedError, RecursionError, TypeError, ValueError, struct.error, MemoryError):
        return None


def debug_sections(obj: ElfObject, bases: Bases | None) -> Any:
    """pyelftools' reader of the debugging information with its holes filled in, or None where there is none."""
    from io import BytesIO

    from elftools.elf.elffile import ELFFile

    bases = standard_bases(obj) if bases is None else bases
    linked = [_filled(each, obj, bases) for each in obj.sections if each.name.startswith(".debug")]
    if not any(each.name == ".debug_info" for each in linked):
        return None
    file: Any = ELFFile(BytesIO(write_elf(ElfObject(linked, []))))
    return file.get_dwarf_info(relocate_dwarf_sections=False)


def _filled(section: Section, obj: ElfObject, bases: Bases) -> Section:
    """A section of debugging information, its relocations done: they are addresses of 8 bytes or offsets of 4."""
    data = bytearray(section.data)
    for each in section.relocations:
        symbol = obj.symbols[each.symbol]
        base = 0 if symbol.section in (None, SHN_ABS) else bases.get(symbol.section, 0)
        value = base + symbol.value + each.addend
        size = 8 if each.kind == R_X86_64_64 else 4
        data[each.offset : each.offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    return section._replace(data=bytes(data), relocations=[])
