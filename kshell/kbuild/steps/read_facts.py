"""What an ELF object says of itself: its symbols, its tables, and by its debugging information their lines.

C counterpart: what nm, objdump and modpost read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from kshell.abi.debug_info import LineTable, read_lines, standard_bases
from kshell.abi.debug_variables import read_variables
from kshell.abi.elf import SHN_ABS, STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FUNC, ElfObject, ElfSymbol, Section
from kshell.abi.modinfo import THIS_MODULE, modinfo
from kshell.kbuild.steps.object_facts import EXIT, INIT, Defined, ObjectFacts, SystemCall, Wanted

EXPORTS = {"__ksymtab": False, "__ksymtab_gpl": True}
KSYMTAB = "__ksymtab_"
METADATA, META_SIZE, POINTER = "__syscalls_metadata", 32, 8  # as kernel/elf/tables.py reads it


def read_facts(obj: ElfObject, source: str) -> ObjectFacts:
    """The facts of an object that was made of `source`."""
    lines = _Lines(obj)
    exports = [(each.name.removeprefix(KSYMTAB), gpl) for each, gpl in _ksymtab(obj)]
    return ObjectFacts(
        source,
        _defined(obj, lines),
        list(_wanted(obj, lines)),
        list(_syscalls(obj, lines)),
        sorted(exports),
        modinfo(obj),
        any(each.name == INIT and each.section is not None for each in obj.symbols),
    )


class _Lines:
    """The lines of an object's functions and variables, by their places."""

    def __init__(self, obj: ElfObject) -> None:
        self.bases = standard_bases(obj)
        self.table: LineTable = read_lines(obj, self.bases)
        debugged = read_variables(obj, self.bases)
        self.functions = {each.name: each.line for each in debugged.functions}
        self.starts = {each.start: each.line for each in debugged.functions}
        self.takes = {each.start: each.takes for each in debugged.functions}
        for variable in debugged.variables:
            self.starts.update({place.offset: variable.line for _, _, place in variable.places})

    def of_symbol(self, symbol: ElfSymbol) -> int:
        """The line that declares it, 0 where nothing says so."""
        base = self.bases.get(symbol.section or 0)
        return self.starts.get(base + symbol.value, 0) if base is not None else 0

    def parameters(self, symbol: ElfSymbol) -> list[str]:
        """What a function takes."""
        base = self.bases.get(symbol.section or 0)
        return self.takes.get(base + symbol.value, []) if base is not None else []

    def at(self, section: int, offset: int) -> int:
        """The line that the code at a place was made of."""
        row = self.table.at(self.bases[section] + offset) if section in self.bases else None
        return row.line if row is not None else 0


def _ksymtab(obj: ElfObject) -> Iterator[tuple[ElfSymbol, bool]]:
    for each in obj.symbols:
        if each.section is not None and each.section != SHN_ABS and each.name.startswith(KSYMTAB):
            table = obj.sections[each.section].name
            if table in EXPORTS:
                yield each, EXPORTS[table]


def _defined(obj: ElfObject, lines: _Lines) -> list[Defined]:
    """What other files see; the two functions that a loader looks for are each file's own."""
    return [
        Defined(
            each.name,
            obj.sections[each.section].name,
            each.value,
            lines.of_symbol(each),
            each.binding == STB_WEAK,
            lines.parameters(each),
        )
        for each in obj.symbols
        if each.section not in (None, SHN_ABS)
        and each.section is not None
        and each.binding != STB_LOCAL
        and each.name not in (INIT, EXIT, THIS_MODULE)
    ]


def _wanted(obj: ElfObject, lines: _Lines) -> Iterator[Wanted]:
    """What other files must define; __this_module is made by modpost, and NULL in the kernel itself."""
    places: dict[int, tuple[int, int]] = {}
    for index, section in enumerate(obj.sections):
        if not section.name.startswith(".debug"):
            for relocation in section.relocations:
                places.setdefault(relocation.symbol, (index, relocation.offset))
    for number, symbol in enumerate(obj.symbols):
        if symbol.section is not None or symbol.binding != STB_GLOBAL or symbol.name in ("", THIS_MODULE):
            continue
        if number not in places:
            yield Wanted(symbol.name, 0)
            continue
        section_at, offset = places[number]
        function = _function_at(obj, section_at, offset)
        line = lines.at(section_at, offset)
        yield Wanted(symbol.name, line, obj.sections[section_at].name, offset, function)


def _function_at(obj: ElfObject, section: int, offset: int) -> str:
    found = (
        each.name
        for each in obj.symbols
        if each.type == STT_FUNC and each.section == section and each.value <= offset < each.value + each.size
    )
    return next(found, "")


class _Place(NamedTuple):
    """A place in an object: what a pointer in it leads to."""

    section: Section
    offset: int


def _syscalls(obj: ElfObject, lines: _Lines) -> Iterator[SystemCall]:
    """The entries of __syscalls_metadata: {const char *name; int nr; int nb_args; const char **types, **args}."""
    for table in (each for each in obj.sections if each.name == METADATA):
        for at in range(0, len(table.data) - META_SIZE + 1, META_SIZE):
            name = _text(_follow(obj, table, at)).removeprefix("sys_")
            (count,) = struct.unpack_from("<i", table.data, at + 12)
            types, args = (_follow(obj, table, at + field) for field in (16, 24))
            words = [(_element(obj, types, index), _element(obj, args, index)) for index in range(min(count, 6))]
            line = lines.functions.get(f"__do_sys_{name}", 0)
            takes = ", ".join(f"{kind}{'' if kind.endswith('*') else ' '}{argument}" for kind, argument in words)
            macro = ", ".join([name, *(word for pair in words for word in pair)])
            yield SystemCall(name, f"{name}({takes or 'void'})", f"SYSCALL_DEFINE{len(words)}({macro})", line)


def _follow(obj: ElfObject, section: Section, offset: int) -> _Place | None:
    """Where the pointer at an offset leads to."""
    for each in section.relocations:
        symbol = obj.symbols[each.symbol]
        if each.offset == offset and symbol.section is not None and symbol.section != SHN_ABS:
            return _Place(obj.sections[symbol.section], symbol.value + each.addend)
    return None


def _element(obj: ElfObject, array: _Place | None, index: int) -> str:
    return "" if array is None else _text(_follow(obj, array.section, array.offset + POINTER * index))


def _text(place: _Place | None) -> str:
    """The string at a place."""
    if place is None or not 0 <= place.offset < len(place.section.data):
        return ""
    return place.section.data[place.offset :].partition(b"\0")[0].decode("utf-8", "backslashreplace")
