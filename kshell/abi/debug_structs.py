"""The structs and unions that the debugging information of an object describes."""

from __future__ import annotations

from kshell.abi.debug_info import debug_sections, entries, guarded
from kshell.abi.debug_types import DebugType, TypeReader
from kshell.abi.elf import ElfObject

_TAGS = ("DW_TAG_structure_type", "DW_TAG_union_type")


def read_structs(obj: ElfObject) -> dict[str, DebugType]:
    """Each one whose members are known, by how C spells it: ``struct pair``."""
    return guarded(lambda: _structs(obj)) or {}


def _structs(obj: ElfObject) -> dict[str, DebugType]:
    info = debug_sections(obj, None)
    children = entries(info)
    reader = TypeReader(children)
    tops = [unit.get_top_DIE().offset for unit in info.iter_CUs()] if info is not None else []
    found = [reader.read(die) for top in tops for die in children[top] if die.tag in _TAGS]
    return {each.text: each for each in found if each.fields}
