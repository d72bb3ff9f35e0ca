"""The machine code of a program, instruction by instruction."""

from __future__ import annotations

import os
import re
from typing import Any

from kshell.shell.programs.program_files import Program
from kshell.shell.views.view import Column, Table, View, show

FILL = "kshell-asm"  # the name of a program that was typed
TARGET = re.compile("^(?:call|j[a-z]+) (0x[0-9a-f]+)$")


def listing(program: Program) -> View:
    """Addresses, bytes and instructions of a program, with its labels; of a file also the line each comes from."""
    names: dict[int, str] = {}
    for name, address in program.symbols.items():
        names.setdefault(address, name)
    rows: list[tuple[str, ...]] = []
    found: list[dict[str, Any]] = []
    with_places = bool(program.places) and program.name != FILL
    for segment in program.segments:
        address, data = segment.address, segment.data
        if segment.prot != "r-x":
            shown = data[:8].hex(" ") + (" ..." if segment.size > 8 else "")
            rows.append((f"{address:#x}", shown, f"{segment.size} bytes of data", ""))
            continue
        for instruction in _instructions(program, address, data):
            at, code = instruction.address, instruction.code
            target = TARGET.search(instruction.text)
            there = names.get(int(target[1], 16)) if target else None
            text = instruction.text + (f" <{there}>" if there else "")
            text += f"   # {names[at]}" if at in names else ""
            file, line = program.places.get(at, ("", 0))
            place = f"{os.path.basename(file)}:{line}" if with_places and file else None
            rows.append((f"{at:#x}", code.hex(" "), text, show(place or "")))
            found.append({"address": f"{at:#x}", "bytes": code.hex(), "text": instruction.text})
            if place:
                found[-1] |= {"symbol": names.get(at), "source": place}
    columns = [Column("address", "address"), Column("bytes", "bytes", spare=1), Column("instruction", "instruction")]
    if with_places:
        columns.append(Column("source", "dim"))
    shown_rows = [row[: len(columns)] for row in rows]
    return Table(columns, shown_rows, {"rows": found, "entry": f"{program.entry:#x}"})


def _instructions(program: Program, address: int, data: bytes) -> list[Any]:
    """The instructions that the source wrote, one by one, so that data between them is not taken for code."""
    from kshell.machine.disassembler import disassemble

    if not program.places:
        return list(disassemble(data, address, len(data)))
    starts = sorted(at for at in program.places if address <= at < address + len(data))
    return [disassemble(data[at - address : at - address + 15], at, 1)[0] for at in starts]
