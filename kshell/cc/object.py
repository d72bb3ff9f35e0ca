"""From machine code to a relocatable ELF file: the sections that gcc and the kernel's macros would make.

C counterpart: the assembler, and the macros of <linux/export.h>, <linux/moduleparam.h> and <asm/bug.h>.
"""

from __future__ import annotations

import os

from kshell.abi.elf import (
    R_X86_64_32S,
    R_X86_64_64,
    R_X86_64_PLT32,
    STB_GLOBAL,
    STB_LOCAL,
    STB_WEAK,
    STT_FUNC,
    STT_OBJECT,
    ElfObject,
)
from kshell.cc.code import ABS64, REL32, Code
from kshell.cc.dwarf import add_debug_sections
from kshell.cc.exception_table import add_exception_table
from kshell.cc.object_draft import STRINGS, ObjectDraft, packed
from kshell.cc.tree_unit import Datum, Unit
from kshell.cc.types import align_of, size_of

# C: BUGFLAG_WARNING, and BUGFLAG_TAINT(TAINT_WARN) above it.
WARN_FLAGS = 1 | 9 << 8


def make_object(unit: Unit, code: Code) -> ElfObject:
    """The .o of one source."""
    draft = ObjectDraft(os.path.basename(unit.path))
    _add_text(draft, unit, code)
    for datum in unit.data:
        _add_datum(draft, datum)
    # gcc lays out what the macros say from the last to the first.
    for key, value in reversed(unit.modinfo):
        draft.string(".modinfo", f"{key}={value}")
    for name, is_gpl in sorted(unit.exports):
        _export(draft, name, is_gpl)
    _add_bugs(draft, unit, code)
    add_exception_table(draft, code.faults, unit.version)
    add_debug_sections(draft, unit, code)
    return draft.finish()


def _add_text(draft: ObjectDraft, unit: Unit, code: Code) -> None:
    """.text with its functions and their second names, and the string literals."""
    text = draft[".text"]
    text.add(code.text)
    if code.strings:
        draft[STRINGS].add(code.strings)
    for each in code.functions:
        binding = STB_LOCAL if each.function.is_static else STB_GLOBAL
        draft.symbol(each.function.name, ".text", each.offset, each.size, STT_FUNC, binding)
    placed = {each.function.name: each for each in code.functions}
    for name, target in unit.aliases:
        binding = STB_WEAK if name in unit.weak else STB_GLOBAL
        draft.symbol(name, ".text", placed[target].offset, placed[target].size, STT_FUNC, binding)
    for fixup in code.fixups:
        symbol = fixup.symbol or STRINGS
        if fixup.kind == REL32:  # from the end of the hole; ELF counts from its beginning
            text.hole(fixup.offset, R_X86_64_PLT32, symbol, fixup.addend - 4)
        else:
            text.hole(fixup.offset, R_X86_64_64 if fixup.kind == ABS64 else R_X86_64_32S, symbol, fixup.addend)


def _add_datum(draft: ObjectDraft, datum: Datum) -> None:
    """A variable, with the addresses in its initial value."""
    section = draft[datum.section]
    size = len(datum.data) or size_of(datum.type)
    align = align_of(datum.type)
    at = section.add(datum.data, align) if datum.data else section.reserve(size, align)
    for pointer in datum.pointers:
        section.hole(at + pointer.offset, R_X86_64_64, pointer.symbol, pointer.addend)
    draft.symbol(datum.name, datum.section, at, size, STT_OBJECT, STB_LOCAL if datum.is_static else STB_GLOBAL)


def _export(draft: ObjectDraft, name: str, is_gpl: bool) -> None:
    """EXPORT_SYMBOL(name): its struct kernel_symbol, which holds distances, and its name.  It has no namespace."""
    table = "__ksymtab_gpl" if is_gpl else "__ksymtab"
    text_at = draft.string("__ksymtab_strings", name)
    at = draft[table].add(packed("iii", 0, 0, 0), 4)
    draft[table].relative(at, name)
    draft[table].relative(at + 4, f"__kstrtab_{name}")
    draft.symbol(f"__kstrtab_{name}", "__ksymtab_strings", text_at, 0, STT_OBJECT, STB_LOCAL)
    draft.symbol(f"__ksymtab_{name}", table, at, 12, STT_OBJECT, STB_LOCAL)


def _add_bugs(draft: ObjectDraft, unit: Unit, code: Code) -> None:
    """__bug_table: a struct bug_entry for each ud2 that is meant."""
    if not code.bugs:
        return
    table, places = draft["__bug_table"], dict[str, int]()
    for bug in code.bugs:
        path = next(each.function.path for each in reversed(code.functions) if each.offset <= bug.offset)
        if path not in places:
            places[path] = draft.string(STRINGS, path or unit.path)
        at = table.add(packed("iiHH", 0, 0, bug.line & 0xFFFF, WARN_FLAGS if bug.warning else 0))
        table.relative(at, ".text", bug.offset)
        table.relative(at + 4, STRINGS, places[path])
