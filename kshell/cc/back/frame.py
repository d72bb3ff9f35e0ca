"""A function's frame: where each of its variables stands, as a distance from rbp.

[rbp + 16]  the seventh argument, and others behind it: their own slots
[rbp + 8]   the return address
[rbp]       the caller's rbp
[rbp - n]   parameters that came in registers, then locals, each in as many bytes as its type has
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.cc.back.registers import ARGUMENTS
from kshell.cc.tree import Variable
from kshell.cc.tree_unit import Function
from kshell.cc.types import align_of, size_of

STACK_ARGUMENTS = 16


class Frame(NamedTuple):
    """`slots` of the variables, and the `size` of what lies below rbp: a multiple of 16."""

    slots: dict[Variable, int]
    size: int


def frame_of(function: Function) -> Frame:
    """Lay out the variables of a function, in their order."""
    slots: dict[Variable, int] = {}
    in_registers = min(len(function.type.parameters), len(ARGUMENTS))
    depth = 0
    for index, variable in enumerate(function.variables):
        if in_registers <= index < len(function.type.parameters):
            slots[variable] = STACK_ARGUMENTS + 8 * (index - in_registers)
            continue
        align = align_of(variable.type)
        depth = -(-(depth + size_of(variable.type)) // align) * align
        slots[variable] = -depth
    return Frame(slots, -(-depth // 16) * 16)
