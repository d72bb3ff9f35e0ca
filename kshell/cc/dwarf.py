"""Debugging information of an object, in DWARF 4: which line each byte of the code is of, and where the variables are.

readelf and gdb read it, and so does abi/debug_info.py.
"""

from __future__ import annotations

from itertools import pairwise

from kshell.abi.elf import R_X86_64_64
from kshell.cc import dwarf_die as dw
from kshell.cc.code import Code, PlacedFunction
from kshell.cc.dwarf_die import Address, Die, Expression, Length, Offset, sleb128, uleb128, write_debug_info
from kshell.cc.dwarf_types import TypeDies
from kshell.cc.object_draft import ObjectDraft, packed
from kshell.cc.tree import Variable
from kshell.cc.tree_unit import Unit

_C99 = 0x0C  # DW_LANG_C99
_OP_ADDR, _OP_BREG6, _OP_FBREG = 0x03, 0x76, 0x91  # breg6 is rbp

# Of the line program: how many operands each standard operation has, and those that are used.
_LENGTHS = bytes((0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1))
_COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE = 1, 2, 3, 4
_END_SEQUENCE, _SET_ADDRESS = 1, 2


def add_debug_sections(draft: ObjectDraft, unit: Unit, code: Code) -> None:
    """.debug_info, .debug_abbrev and .debug_line of a file; one without code has none."""
    if not code.text:
        return
    types = TypeDies()
    files = _files(unit, code)
    inside = [_function(each, types, files[each.function.path]) for each in code.functions]
    inside += [
        Die(
            dw.VARIABLE,
            {
                **_declared(datum.name, files[""], datum.line),
                dw.TYPE: types.die(datum.type),
                dw.EXTERNAL: not datum.is_static or None,
                dw.LOCATION: Expression(_OP_ADDR, Address(datum.name)),
            },
        )
        for datum in unit.data
        if datum.section in (".data", ".bss", ".rodata")
    ]
    for struct in unit.structs:
        types.die(struct)
    values: dict[int, dw.Value | None] = {
        dw.PRODUCER: "kshell cc",
        dw.LANGUAGE: _C99,
        dw.NAME: unit.path,
        dw.COMP_DIR: "",
        dw.LOW_PC: Address(".text"),
        dw.HIGH_PC: Length(len(code.text)),
        dw.STMT_LIST: Offset(".debug_line"),
    }
    write_debug_info(draft, Die(dw.COMPILE_UNIT, values, [*types.dies, *inside]))
    _add_lines(draft, unit.path, code, files)


def _files(unit: Unit, code: Code) -> dict[str, int]:
    """The numbers of the files that the code comes from: its own ("") first, and the headers."""
    paths = dict.fromkeys(["", *(each.function.path for each in code.functions)])
    return {path: number for number, path in enumerate(paths, 1)}


def _declared(name: str, file: int, line: int) -> dict[int, dw.Value | None]:
    return {dw.NAME: name, dw.DECL_FILE: file, dw.DECL_LINE: line}


def _function(placed: PlacedFunction, types: TypeDies, file: int) -> Die:
    """A function, with its variables but those that the compiler made for itself."""
    function = placed.function
    count = len(function.type.parameters)
    variables = [
        _variable(each, dw.FORMAL_PARAMETER if at < count else dw.VARIABLE, placed, types, file)
        for at, each in enumerate(function.variables)
        if not each.made and each in placed.slots
    ]
    values: dict[int, dw.Value | None] = {
        dw.EXTERNAL: not function.is_static or None,
        **_declared(function.name, file, function.line),
        dw.PROTOTYPED: True,
        dw.TYPE: types.die(function.type.result),
        dw.LOW_PC: Address(".text", placed.offset),
        dw.HIGH_PC: Length(placed.size),
        dw.FRAME_BASE: Expression(_OP_BREG6, sleb128(0)),
    }
    return Die(dw.SUBPROGRAM, values, variables)


def _variable(variable: Variable, tag: int, placed: PlacedFunction, types: TypeDies, file: int) -> Die:
    where = Expression(_OP_FBREG, sleb128(placed.slots[variable]))
    declared = _declared(variable.name, file, variable.line)
    return Die(tag, {**declared, dw.TYPE: types.die(variable.type), dw.LOCATION: where})


def _add_lines(draft: ObjectDraft, path: str, code: Code, files: dict[str, int]) -> None:
    """.debug_line: a program that, run, gives the table of offsets and lines."""
    lines = draft[".debug_line"]
    tables = packed("BBBbBB", 1, 1, 1, -5, 14, len(_LENGTHS) + 1) + _LENGTHS + b"\0"
    tables += b"".join((each or path).encode() + b"\0" + uleb128(0) * 3 for each in files) + b"\0"
    lines.add(packed("IHI", 0, 4, len(tables)) + tables)
    at = lines.add(bytes((0, 9, _SET_ADDRESS)) + bytes(8))
    lines.hole(at + 3, R_X86_64_64, ".text")
    line, first = 1, code.lines[0][0] if code.lines else 0
    lines.add(bytes((_ADVANCE_PC,)) + uleb128(first))
    file, starts = 1, {each.offset: files[each.function.path] for each in code.functions}
    for (offset, new), (following, _) in pairwise([*code.lines, (len(code.text), 0)]):
        if starts.get(offset, file) != file:
            file = starts[offset]
            lines.add(bytes((_SET_FILE,)) + uleb128(file))
        lines.add(bytes((_ADVANCE_LINE,)) + sleb128(new - line) + bytes((_COPY,)))
        lines.add(bytes((_ADVANCE_PC,)) + uleb128(following - offset))
        line = new
    lines.add(bytes((0, 1, _END_SEQUENCE)))
    lines.data[:4] = packed("I", lines.size - 4)
