"""The functions of an ELF object and the places of their variables, as its debugging information says it."""

from __future__ import annotations

from typing import Any, NamedTuple

from kshell.abi.debug_info import Bases, debug_sections, entries, file_name, guarded
from kshell.abi.debug_types import DebugType, TypeReader, name_of, number
from kshell.abi.elf import ElfObject

# The numbers that DWARF gives the registers.
REGISTERS = (
    *("rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"),
)
EVERYWHERE = (0, 1 << 64)


class Place(NamedTuple):
    """Where a variable is.

    kind      "memory": at `offset` from a register, "register": in one, "address": at the address `offset`,
              "value": nowhere, it has the value `offset`
    register  its name, or "cfa" (the value of rsp before the call; with a frame, rbp + 16)
    """

    kind: str
    register: str
    offset: int


class DebugVariable(NamedTuple):
    """A variable or parameter of a function, or one of the file; `places` say from where to where (behind it) it is in
    which place.  Where it has none, the compiler has optimized it out."""

    name: str
    type: DebugType
    is_parameter: bool
    line: int
    places: list[tuple[int, int, Place]]

    def at(self, address: int) -> Place | None:
        """Where it is when the CPU is at an address."""
        return next((place for start, end, place in self.places if start <= address < end), None)


class DebugFunction(NamedTuple):
    """A function from `start` to `end` (behind it), with its parameters, then its locals."""

    name: str
    start: int
    end: int
    file: str
    line: int
    result: DebugType
    variables: list[DebugVariable]

    @property
    def takes(self) -> list[str]:
        """Its parameters, as C declares them: ``int n``, ``const char *path``."""
        found = ((each.type.text, each.name) for each in self.variables if each.is_parameter)
        return [f"{kind}{'' if kind.endswith('*') else ' '}{name}" for kind, name in found]


class Debugged(NamedTuple):
    """What the debugging information knows of an object: its functions by address, and its variables."""

    functions: list[DebugFunction]
    variables: list[DebugVariable]

    def function_at(self, address: int) -> DebugFunction | None:
        """The function that an address is in."""
        return next((each for each in self.functions if each.start <= address < each.end), None)


def read_variables(obj: ElfObject, bases: Bases | None = None) -> Debugged:
    """The functions and variables of an object whose sections stand at these addresses (as for read_lines)."""
    return guarded(lambda: _Reader(debug_sections(obj, bases)).read()) or Debugged([], [])


class _Reader:
    """Reads all units of an object."""

    def __init__(self, info: Any) -> None:
        self.info = info
        self.children = entries(info)
        self.types = TypeReader(self.children)
        self.lists: Any = info.location_lists() if info is not None else None

    def read(self) -> Debugged:
        """All of it."""
        functions, variables = [], []
        for unit in self.info.iter_CUs() if self.info is not None else ():
            program = self.info.line_program_for_CU(unit)
            for die in self.children[unit.get_top_DIE().offset]:
                if die.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in die.attributes:
                    functions.append(self.function(die, program))
                elif die.tag == "DW_TAG_variable" and "DW_AT_location" in die.attributes:
                    variables.append(self.variable(die, None, EVERYWHERE))
        return Debugged(sorted(functions, key=lambda each: each.start), variables)

    def function(self, die: Any, program: Any) -> DebugFunction:
        """A function that has code."""
        start, end = _range(die)
        base = die.attributes.get("DW_AT_frame_base")
        frame = self.expression(die, base.value, None) if base is not None and isinstance(base.value, list) else None
        origin = _origin(die)
        file = file_name(program, number(origin, "DW_AT_decl_file")) if program else ""
        found = self.inside(die, frame, (start, end))
        found.sort(key=lambda each: not each.is_parameter)
        return DebugFunction(
            *(name_of(die), start, end, file, number(origin, "DW_AT_decl_line"), self.types.type_of(origin)), found
        )

    def inside(self, die: Any, frame: Place | None, within: tuple[int, int]) -> list[DebugVariable]:
        """The variables of a function or block, and of the blocks in it."""
        found = []
        for child in self.children[die.offset]:
            if child.tag in ("DW_TAG_formal_parameter", "DW_TAG_variable"):
                found.append(self.variable(child, frame, within))
            elif child.tag == "DW_TAG_lexical_block":
                found += self.inside(child, frame, _range(child) if "DW_AT_low_pc" in child.attributes else within)
        return found

    def variable(self, die: Any, frame: Place | None, within: tuple[int, int]) -> DebugVariable:
        """A variable, wherever it is."""
        origin = (
            die.get_DIE_from_attribute("DW_AT_abstract_origin") if "DW_AT_abstract_origin" in die.attributes else die
        )
        places = []
        if "DW_AT_location" in die.attributes:
            places = self.places(die, die.attributes["DW_AT_location"], frame, within)
        elif "DW_AT_const_value" in die.attributes:
            places = [(*within, Place("value", "", number(die, "DW_AT_const_value")))]
        parameter = die.tag == "DW_TAG_formal_parameter"
        line = number(origin, "DW_AT_decl_line")
        return DebugVariable(name_of(die), self.types.type_of(origin), parameter, line, places)

    def places(
        self, die: Any, location: Any, frame: Place | None, within: tuple[int, int]
    ) -> list[tuple[int, int, Place]]:
        """The places that an attribute names: one expression, or a list of them for parts of the code."""
        if isinstance(location.value, list):
            place = self.expression(die, location.value, frame)
            return [(*within, place)] if place else []
        base, found = number(die.cu.get_top_DIE(), "DW_AT_low_pc"), []
        for entry in self.lists.get_location_list_at_offset(location.value, die):
            if hasattr(entry, "base_address"):
                base = entry.base_address
                continue
            place = self.expression(die, entry.loc_expr, frame)
            add = 0 if entry.is_absolute else base
            if place and entry.begin_offset < entry.end_offset:
                found.append((entry.begin_offset + add, entry.end_offset + add, place))
        return found

    def expression(self, die: Any, code: list[int], frame: Place | None) -> Place | None:
        """The place that a location expression names; None for those that would have to be computed."""
        from elftools.dwarf.dwarf_expr import DWARFExprParser

        operations = DWARFExprParser(die.cu.structs).parse_expr(code)
        names = [each.op_name.removeprefix("DW_OP_") for each in operations]
        if names == ["stack_value"] or not names:
            return None
        first, operands = names[0], operations[0].args
        if names[1:] == ["stack_value"]:
            return _constant(first, operands)
        if len(names) > 1:
            return None
        if first == "fbreg" and frame is not None:
            return Place("memory", frame.register, frame.offset + operands[0])
        if first == "call_frame_cfa":
            return Place("memory", "cfa", 0)
        if first == "addr":
            return Place("address", "", operands[0])
        for prefix, kind in (("breg", "memory"), ("reg", "register")):
            if first.startswith(prefix) and first[len(prefix) :].isdigit():
                register = int(first[len(prefix) :])
                if register < len(REGISTERS):
                    return Place(kind, REGISTERS[register], operands[0] if operands else 0)
        return None


def _constant(name: str, operands: list[int]) -> Place | None:
    """The value that a variable has which is nowhere."""
    if name.startswith("lit"):
        return Place("value", "", int(name[3:]))
    return Place("value", "", operands[0]) if name.startswith("const") else None


def _origin(die: Any) -> Any:
    """The entry that says what this one is, where this is one of its copies."""
    if "DW_AT_abstract_origin" not in die.attributes:
        return die
    return _origin(die.get_DIE_from_attribute("DW_AT_abstract_origin"))


def _range(die: Any) -> tuple[int, int]:
    """From where to where the code of an entry goes: high_pc is a length where it is no address."""
    start, high = number(die, "DW_AT_low_pc"), die.attributes.get("DW_AT_high_pc")
    if high is None:
        return start, start
    return start, high.value if high.form == "DW_FORM_addr" else start + high.value
