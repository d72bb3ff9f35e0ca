"""What a pointer that a system call takes points to, as its declaration and the debugging information say.

C counterpart: none; perf and bpftrace read the same.
"""

from __future__ import annotations

from kshell.abi.c_types import INTEGERS, pointed_to
from kshell.abi.debug_structs import read_structs
from kshell.abi.debug_types import DebugType, address, integer
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.debug.code_places import linked_objects
from kshell.kernel.elf.linked_object import LinkedObject
from kshell.kernel.kernel import Kernel


def pointed_type(k: Kernel, definition: SyscallDefinition, index: int) -> DebugType | None:
    """The type behind a parameter of a call in machine code; None where it is no such pointer, or nothing says more."""
    ctype = definition.parameters[index].ctype
    target = pointed_to(ctype.c)
    if not ctype.show.startswith("pointed"):
        return None
    if target in INTEGERS:
        return integer(target, *INTEGERS[target])
    if target.endswith("*"):
        return address(target)
    return next((structs_of(each)[target] for each in _declaring(k, definition) if target in structs_of(each)), None)


def _declaring(k: Kernel, definition: SyscallDefinition) -> list[LinkedObject]:
    """The object that has a call."""
    return [each for each in linked_objects(k) if any(call is definition for call in each.tables.syscalls)]


def structs_of(linked: LinkedObject) -> dict[str, DebugType]:
    """Its structs, read when somebody first asks."""
    if linked.structs is None:
        linked.structs = read_structs(linked.elf)
    return linked.structs
