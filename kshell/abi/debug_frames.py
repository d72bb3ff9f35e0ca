"""Where a function has left the registers of its caller, as the call frame information of an ELF object says it.

A C compiler writes it (.debug_frame); ours does not, since each of its functions has its frame at rbp.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from kshell.abi.debug_info import Bases, debug_sections, guarded
from kshell.abi.debug_variables import REGISTERS
from kshell.abi.elf import ElfObject


class FrameRow(NamedTuple):
    """From `start` to `end` (behind it) the value that rsp had before the call (the CFA) is `offset` from `register`;
    `saved` says how far from there the caller's registers stand, by their names."""

    start: int
    end: int
    register: str
    offset: int
    saved: dict[str, int]


def read_frames(obj: ElfObject, bases: Bases) -> list[FrameRow]:
    """The rows of an object whose sections stand at these addresses; none where it has none."""
    return guarded(lambda: _rows(debug_sections(obj, bases))) or []


def _rows(info: Any) -> list[FrameRow]:
    found = []
    for entry in info.CFI_entries() if info is not None and info.has_CFI() else ():
        if "initial_location" not in entry.header:  # common to several functions
            continue
        table = entry.get_decoded().table
        end = entry["initial_location"] + entry["address_range"]
        for row, following in pairwise([*table, {"pc": end}]):
            rule = row["cfa"]
            if rule.reg is None or rule.reg >= len(REGISTERS):
                continue
            saved = {REGISTERS[at]: each.arg for at, each in row.items() if _is_saved(at, each)}
            found.append(FrameRow(row["pc"], following["pc"], REGISTERS[rule.reg], rule.offset, saved))
    return found


def _is_saved(register: object, rule: Any) -> bool:
    return isinstance(register, int) and register < len(REGISTERS) and getattr(rule, "type", "") == "OFFSET"
