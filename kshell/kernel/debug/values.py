"""What the variables of a frame hold, by their C types, and how gdb writes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from kshell.abi.debug_types import DebugType
from kshell.abi.debug_value import WriteNumber, number, quoted, spelled, spelled_fields
from kshell.abi.debug_variables import DebugVariable
from kshell.abi.ptregs import BP
from kshell.kernel.debug.frames import CodeFrame
from kshell.kernel.debug.traced_code import TracedCode, address_of, argument, string_at
from kshell.kernel.kernel import Kernel

_TEXT = 40  # characters of a string


class Value(NamedTuple):
    """Bytes of a type; `address` is where they are, None for what is in a register or was computed."""

    type: DebugType
    data: bytes
    address: int | None


def variables(frame: CodeFrame, parameters: bool) -> Iterator[tuple[DebugVariable, Value | None]]:
    """The parameters of a frame's function, or its locals, with their values; None for what is nowhere."""
    debug = frame.function.debug if frame.function is not None else None
    for each in debug.variables if debug is not None else ():
        if each.is_parameter == parameters:
            yield each, value_of(frame.code, frame, each)


def value_of(code: TracedCode | None, frame: CodeFrame, variable: DebugVariable) -> Value | None:
    """The value of a variable of this code; None if it is nowhere."""
    place, regs = variable.at(frame.inside), list(frame.regs)
    if code is not None and not code.frames:  # our compiler's: at its first and last instructions rbp is the caller's
        regs[BP] = frame.cfa - 16
    data = code.data_at(place, variable.type.size, frame.cfa, regs) if code is not None and place else None
    if data is None or place is None:
        return None
    return Value(variable.type, data, address_of(place, frame.cfa, regs))


def shown(k: Kernel, value: Value, typed: bool = True, write: WriteNumber | None = None) -> dict[str, Any]:
    """A value with its type and how gdb writes it: of a pointer its type, if it is to be `typed`, or what is there;
    `write` says how a number is written, if not as C does."""
    kind, raw = value.type, number(value.type, value.data)
    text = spelled(kind, value.data, partial(string_at, k.memory), write)
    if kind.kind == "function" and value.address is not None:
        text = f"{{{kind.text}}} {value.address:#x}{_symbol_at(k, value.address)}"
    if kind.kind == "pointer" and raw is not None and write is None:
        is_string = kind.target is not None and kind.target.is_char
        found = string_at(k.memory, raw, _TEXT + 1) if is_string and raw else None
        behind = f" {quoted(found)}" if found is not None else "" if is_string else _symbol_at(k, raw)
        text = (f"({kind.text}) " if typed and not is_string else "") + f"{raw:#x}{behind}"
    return argument("", kind.text, raw, text)


def _symbol_at(k: Kernel, address: int) -> str:
    """`` <name+8>`` as gdb has it; "" where no symbol is."""
    symbol = k.symbols.around(address)
    if symbol is None:
        return ""
    offset = f"+{address - symbol.address}" if address != symbol.address else ""
    return f" <{symbol.name}{offset}>"


def fields_of(k: Kernel, value: Value, write: WriteNumber | None = None) -> list[tuple[str, str]]:
    """The fields of a struct, each as gdb writes it."""
    return list(spelled_fields(value.type, value.data, partial(string_at, k.memory), write))
