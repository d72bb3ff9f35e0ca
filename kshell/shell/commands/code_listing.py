"""Instructions out of memory, with the names around them: what `disas` and `x/i` show."""

from __future__ import annotations

from typing import Any

from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.kernel import Kernel
from kshell.shell.commands.examine import Place, name_of, read, unreadable
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, Text, plain, show, span


class Listing(Text):
    """Instructions, a line each.  Where the screen is too narrow for the bytes of the code, they are left out."""

    def lines(self, width: int | None = None) -> list[Line]:
        lines = super().lines(width)
        if width is None or all(len(plain(line).expandtabs()) <= width for line in lines):
            return lines
        return [[(text, role) for text, role in line if role != "bytes"] for line in lines]


def list_code(session: Context, place: Place, count: int, limit: int = 0) -> Listing:
    """At most `count` instructions; with `limit`, of that many bytes, a row of equal ones shown once."""
    from kshell.machine.disassembler import disassemble

    k, data = session.kernel, read(session, place, limit or count * 15)
    if not data:
        raise unreadable(session, place)
    lines: list[Line] = []
    rows: list[dict[str, Any]] = []
    repeated = 0
    instructions = list(disassemble(data, place.address, count))
    room = max((len(instruction.code.hex(" ")) for instruction in instructions), default=0)
    for instruction in instructions:
        here = Place(instruction.address, place.physical)
        symbol = k.symbols.at(instruction.address) if not place.physical else None
        source = _source(k, symbol) if symbol is not None and symbol.is_function else ""
        if symbol is not None and source and symbol.address == instruction.address:
            lines.append([(f"{symbol.name}: ", "symbol"), (source, "comment")])
        code = instruction.code.hex()
        repeated = repeated + 1 if limit and rows and rows[-1]["bytes"] == code else 0
        if not repeated:
            lines.append(
                [
                    (f"   {instruction.address:#x}", "address"),
                    (f"{name_of(k, here)}:\t", "symbol"),
                    (instruction.code.hex(" ").ljust(room), "bytes"),
                    (f"  {instruction.text}", "instruction"),
                    (_target(k, instruction.text), "symbol"),
                ]
            )
        elif repeated == 1:
            lines.append(span("   ..."))
        lines[-1] = span(f"   ... {repeated} more of the same", "dim") if repeated else lines[-1]
        name = name_of(k, here).strip(" <>") or None
        rows.append({"address": f"{instruction.address:#x}", "symbol": name, "bytes": code, "text": instruction.text})
    return Listing(lines, {"rows": rows})


def _target(k: Kernel, text: str) -> str:
    """The name of what a call or a jump goes to, as gdb puts it behind the address."""
    word, _, operand = text.partition(" ")
    goes = word == "call" or word.startswith("j")
    return name_of(k, Place(int(operand, 16), False)) if goes and operand.startswith("0x") else ""


def _source(k: Kernel, symbol: Symbol) -> str:
    """Where the body of a function stands, or the source that its machine code was made from; "" if nobody knows."""
    import os

    from kshell.kernel.debug.code_places import place_of

    if symbol.source is None:
        place = place_of(k, symbol.address)
        return f"{show(place[0])}:{place[1]}" if place is not None else ""
    path, _, line = symbol.source.rpartition(":")
    try:
        shown = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        shown = path
    shown = path if shown.startswith(os.pardir) else shown
    return f"body: Python, {show(shown)}:{line}"
