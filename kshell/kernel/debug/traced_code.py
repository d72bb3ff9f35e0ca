"""The code of a module as who watches it sees it: its functions, where they begin and return, its lines, and what its
variables hold.

C counterpart: kernel/trace/ftrace.c finds the functions; lines and variables are a debugger's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from kshell.abi import ptregs
from kshell.abi.c_types import U64, CType
from kshell.abi.debug_frames import FrameRow, read_frames
from kshell.abi.debug_info import LineRow
from kshell.abi.debug_types import DebugType
from kshell.abi.debug_value import MOST_CHARACTERS, number, quoted, spelled
from kshell.abi.debug_variables import DebugFunction, Debugged, DebugVariable, Place, read_variables
from kshell.abi.elf import SHF_EXECINSTR, STT_FUNC
from kshell.kernel.core.memory import KernelFault, KernelMemory
from kshell.kernel.debug.code_places import lines_of
from kshell.kernel.elf.linked_object import LinkedObject
from kshell.kernel.kernel import Kernel
from kshell.machine.disassembler import disassemble

SLOTS = {name if name[1:].isdigit() else f"r{name}": slot for slot, name in enumerate(ptregs.NAMES)}
_OPTIMIZED_OUT = "<optimized out>"
REGISTERS_SHOWN = 3  # of a function that nobody knows the parameters of


class TracedFunction(NamedTuple):
    """A function from `start` to `end` (behind it); `debug` is what the debugging information knows of it."""

    name: str
    start: int
    end: int
    debug: DebugFunction | None


class TracedCode:
    """One module.  `entries` are its functions by where they begin, `instructions` their texts by address, `starts`
    where the function of each begins, `returns` the addresses of those that return, `lines` the rows of the line table
    by where they begin, but for each function's first, which makes its frame; `debug` is what the debugging information
    knows of variables, `frames` of the stack."""

    def __init__(self, module: LinkedObject, memory: KernelMemory) -> None:
        self.module, self._memory = module, memory
        self.is_way_in = any(not returns for *_, returns in module.stack_rows)  # whose functions are none that C calls
        self.debug = read_variables(module.elf, module.places)
        self.frames: list[FrameRow] = read_frames(module.elf, module.places) or [
            FrameRow(start, end, "rsp", depth, {"rip": -8} if returns else {})
            for start, end, depth, returns in module.stack_rows
        ]
        self.entries = {function.start: function for function in _functions(module, self.debug)}
        self.instructions: dict[int, str] = {}
        self.starts: dict[int, int] = {}
        for function in self.entries.values():
            code = self.bytes_at(function.start, function.end - function.start) or b""
            found = {each.address: each.text for each in disassemble(code, function.start)}
            self.instructions |= found
            self.starts |= dict.fromkeys(found, function.start)
        self.returns = {address for address, text in self.instructions.items() if "ret" in text.split()}
        rows = lines_of(module).rows
        self.lines: dict[int, LineRow] = {
            row.start: row for row in rows if row.is_stmt and row.start not in self.entries
        }

    def arguments(self, function: TracedFunction, regs: Sequence[int]) -> list[dict[str, Any]]:
        """What a function is called with, when the CPU stands before its first instruction."""
        if function.debug is None:
            slots = ptregs.C_ARGUMENTS[:REGISTERS_SHOWN]
            return [argument(f"r{ptregs.NAMES[slot]}", "", regs[slot], f"{regs[slot]:#x}") for slot in slots]
        parameters = [each for each in function.debug.variables if each.is_parameter]
        return [self._argument(each, at, function.start, regs) for at, each in enumerate(parameters)]

    def _argument(self, variable: DebugVariable, at: int, start: int, regs: Sequence[int]) -> dict[str, Any]:
        place = variable.at(start)
        if place is not None and place.kind == "register":
            raw = regs[SLOTS[place.register]]
        elif not variable.places:
            return argument(variable.name, variable.type.text, None, _OPTIMIZED_OUT)
        elif at < len(ptregs.C_ARGUMENTS):
            raw = regs[ptregs.C_ARGUMENTS[at]]
        else:  # behind the return address
            raw = int.from_bytes(self.bytes_at(regs[ptregs.SP] + 8 * (at - 5), 8) or b"", "little")
        return self.value(variable.name, variable.type, raw.to_bytes(8, "little"))

    def result(self, function: TracedFunction, rax: int) -> dict[str, Any] | None:
        """What a function returns, None for void."""
        if function.debug is None:
            return argument("", "", rax, f"{rax:#x}")
        kind = function.debug.result
        return None if kind.kind == "void" else self.value("", kind, rax.to_bytes(8, "little"))

    def variables(self, function: TracedFunction, address: int, cfa: int, regs: Sequence[int]) -> list[dict[str, Any]]:
        """The parameters and locals of a function at an address in it, as far as they are somewhere."""
        found = []
        for each in function.debug.variables if function.debug is not None else ():
            place = each.at(address)
            data = self.data_at(place, each.type.size, cfa, regs) if place is not None else None
            if data is not None:
                found.append(self.value(each.name, each.type, data))
        return found

    def data_at(self, place: Place, size: int, cfa: int, regs: Sequence[int]) -> bytes | None:
        """What a place holds; None where it cannot be read."""
        if place.kind == "value":
            return (place.offset & U64).to_bytes(8, "little")
        if place.kind == "register":
            return regs[SLOTS[place.register]].to_bytes(8, "little")
        return self.bytes_at(address_of(place, cfa, regs) or 0, size)

    def function_at(self, address: int) -> TracedFunction | None:
        """The function that an address is in."""
        return next((each for each in self.entries.values() if each.start <= address < each.end), None)

    def body_of(self, function: TracedFunction) -> int:
        """Where a breakpoint in it goes: behind what makes its frame.  A C compiler that optimizes makes that anywhere,
        and says for each instruction where the variables are: there it is the first one, as for gdb.  One that does not
        says that they are in the frame, even where they are still to be put there."""
        known = function.debug.variables if function.debug is not None else []
        passed = [each.at(function.start) for each in known if each.is_parameter][: len(ptregs.C_ARGUMENTS)]
        if self.frames and all(place is None or place.kind != "memory" for place in passed):
            return function.start
        return lines_of(self.module).body(function.start, function.end)

    def value(self, name: str, kind: DebugType, data: bytes) -> dict[str, Any]:
        """A value with its name and type."""
        return argument(name, kind.text, number(kind, data), spelled(kind, data, partial(string_at, self._memory)))

    def bytes_at(self, address: int, size: int) -> bytes | None:
        """Bytes at a kernel address; None where they cannot be read."""
        try:
            return self._memory.read(address, size)
        except KernelFault:
            return None


def code_of(k: Kernel, module: LinkedObject) -> TracedCode:
    """The code of a module, read when somebody first watches it."""
    if not isinstance(module.watched, TracedCode):
        module.watched = TracedCode(module, k.memory)
    return module.watched


def address_of(place: Place, cfa: int, regs: Sequence[int]) -> int | None:
    """The address of a variable; None for one that is in a register, or nowhere."""
    if place.kind == "address":
        return place.offset
    if place.kind != "memory":
        return None
    return (cfa if place.register == "cfa" else regs[SLOTS[place.register]]) + place.offset & U64


def _functions(module: LinkedObject, known_to_debug: Debugged) -> Iterator[TracedFunction]:
    """The functions that the symbol table of a module names, as far as they are in its sections; of two names for one
    the first counts."""
    debug = {each.start: each for each in known_to_debug.functions}
    known: set[int] = set()
    for symbol in module.elf.symbols:
        if symbol.type != STT_FUNC or symbol.section is None or symbol.section not in module.places:
            continue
        section, base = module.elf.sections[symbol.section], module.places[symbol.section]
        start, end = base + symbol.value, base + min(symbol.value + symbol.size, section.size)
        if section.flags & SHF_EXECINSTR and base <= start < end and start not in known:
            known.add(start)
            yield TracedFunction(symbol.name, start, end, debug.get(start))


def string_at(memory: KernelMemory, address: int, most: int) -> bytes | None:
    """The C string at a kernel address; None where nothing can be read."""
    try:
        return memory.read_string(address, most)
    except KernelFault:
        return None


def declared_value(memory: KernelMemory, name: str, ctype: CType, raw: int) -> dict[str, Any]:
    """A value in a register, by the type that a body in Python declares."""
    value = ctype.narrow(raw)
    text = string_at(memory, value, MOST_CHARACTERS + 1) if value and ctype.c.endswith("char *") else None
    is_pointer = ctype.c.endswith("*") or ctype.show == "address"
    shown = quoted(text) if text is not None else (f"{value:#x}" if value else "NULL") if is_pointer else str(value)
    return argument(name, ctype.c, value, shown)


def argument(name: str, kind: str, value: int | None, text: str) -> dict[str, Any]:
    """A value as an event has it: its C type, the number (None for what is none), and how C writes it."""
    return {"name": name, "type": kind, "value": value, "text": text}
