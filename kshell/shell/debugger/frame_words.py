"""Frames in gdb's words, and as JSON has them."""

from __future__ import annotations

from typing import Any

from kshell.kernel.debug.frames import CALL_END, CodeFrame
from kshell.kernel.debug.values import shown, variables
from kshell.kernel.kernel import Kernel
from kshell.shell.debugger.source import lines_of, shown_file
from kshell.shell.views.view import Line, show

OPTIMIZED_OUT = "<optimized out>"


def values_of(k: Kernel, frame: CodeFrame, parameters: bool) -> list[dict[str, Any]]:
    """The parameters of a frame's function, or its locals: of each name, type, value, text."""
    found = []
    for each, value in variables(frame, parameters):
        nowhere = {"type": each.type.text, "value": None, "text": OPTIMIZED_OUT}
        found.append((nowhere if value is None else value_json(shown(k, value, typed=False))) | {"name": each.name})
    return found


def value_json(found: dict[str, Any]) -> dict[str, Any]:
    """A value as JSON has it: an address as a text."""
    is_address = found["value"] is not None and "*" in found["type"]
    return found | ({"value": f"{found['value']:#x}"} if is_address else {})


def function_name(k: Kernel, frame: CodeFrame, in_call: bool = True) -> str:
    """The function of a frame; ?? where nobody knows it."""
    if frame.function is not None:
        return frame.function.name
    symbol = k.symbols.around(frame.inside)
    return "??" if symbol is None or (frame.address == CALL_END and not in_call) else symbol.name


def frame_json(k: Kernel, frame: CodeFrame, level: int, in_call: bool = True) -> dict[str, Any]:
    """A frame: its level, address, function, args, file and line."""
    row = frame.row
    return {
        "level": level,
        "address": f"{frame.address:#x}",
        "function": function_name(k, frame, in_call),
        "args": values_of(k, frame, parameters=True),
        "file": row.file if row is not None else None,
        "line": row.line if row is not None else None,
    }


def frame_line(found: dict[str, Any], with_address: bool) -> Line:
    """``my_test_call (test=42) at hello.py:12``, the address before it where it is in the middle of a line."""
    args = ", ".join(f"{each['name']}={each['text']}" for each in found["args"])
    line: Line = [(found["address"], "address"), (" in ", "")] if with_address else []
    line += [(show(found["function"]), "name"), (show(f" ({args})"), "")]
    if found["file"]:
        line += [(" at ", ""), (show(f"{shown_file(found['file'])}:{found['line']}"), "path")]
    return line


def is_in_middle(frame: CodeFrame) -> bool:
    """Whether the frame is not at the first instruction of its line."""
    return frame.row is None or frame.is_caller or frame.row.start != frame.address or not frame.row.is_stmt


def source_line(k: Kernel, file: str, line: int, address: str = "") -> Line:
    """``12<tab>text``; the address of an instruction in the middle of it stands before it."""
    lines = lines_of(k, file)
    text = lines[line - 1] if 0 < line <= len(lines) else f"in {file}"
    before: Line = [(address, "address"), ("\t", "")] if address else []
    return [*before, (f"{line}\t", "number"), (show(text), "")]
