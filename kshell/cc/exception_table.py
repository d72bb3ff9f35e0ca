"""The __ex_table of an object: which of its instructions may fault on a user's pointer, and where it then goes on.

C counterpart: arch/x86/include/asm/asm.h and extable_fixup_types.h: _ASM_EXTABLE, _ASM_EXTABLE_TYPE_REG.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.errno import EFAULT
from kshell.cc.code import MayFault
from kshell.cc.object_draft import ObjectDraft, packed

BY_TYPE_SINCE = (5, 16)  # the third word is a type; before, it is the distance of a handler
EX_TYPE_IMM_REG = 17  # the kernel puts a number into a register: bits 8 to 11, and 16 to 31
EFAULT_REG = EX_TYPE_IMM_REG | -EFAULT << 16
TABLE, FIXUP, HANDLER = "__ex_table", ".fixup", "ex_handler_default"


def add_exception_table(draft: ObjectDraft, faults: Sequence[MayFault], version: tuple[int, int]) -> None:
    """An entry for each; before 5.16 the fixup is code of its own, which stores -EFAULT and jumps back."""
    for each in faults:
        if version >= BY_TYPE_SINCE:
            at = draft[TABLE].add(packed("iii", 0, 0, EFAULT_REG | each.register << 8), 4)
            draft[TABLE].relative(at + 4, ".text", each.resume)
        else:
            at = draft[TABLE].add(packed("iii", 0, 0, 0), 4)
            draft[TABLE].relative(at + 4, FIXUP, _fixup(draft, each))
            draft[TABLE].relative(at + 8, HANDLER)
        draft[TABLE].relative(at, ".text", each.offset)


def _fixup(draft: ObjectDraft, fault: MayFault) -> int:
    """``mov $-EFAULT, register; jmp resume``, and where it stands in its section."""
    at = draft[FIXUP].add(bytes([0xB8 | fault.register]) + packed("i", -EFAULT) + b"\xe9" + bytes(4))
    draft[FIXUP].relative(at + 6, ".text", fault.resume - 4)
    return at
