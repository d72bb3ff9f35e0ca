"""struct pt_regs: the user's registers as the entry code pushes them on the kernel stack.

21 slots of 8 bytes, lowest address first.  The first fifteen are pushed by software, `orig_ax` by the entry
(the system call's number, kept because `ax` becomes the result), the last five by hardware or in its manner.

C counterpart: arch/x86/include/asm/ptrace.h.
"""

from __future__ import annotations

from collections.abc import Sequence

R15 = 0
R14 = 1
R13 = 2
R12 = 3
BP = 4
BX = 5
R11 = 6
R10 = 7
R9 = 8
R8 = 9
AX = 10
CX = 11
DX = 12
SI = 13
DI = 14
ORIG_AX = 15
IP = 16
CS = 17
FLAGS = 18
SP = 19
SS = 20

NAMES: tuple[str, ...] = (
    *("r15", "r14", "r13", "r12", "bp", "bx"),
    *("r11", "r10", "r9", "r8", "ax", "cx", "dx", "si", "di"),
    *("orig_ax", "ip", "cs", "flags", "sp", "ss"),
)

COUNT = len(NAMES)
SIZE = 8 * COUNT
"""sizeof(struct pt_regs), in bytes."""

ARGUMENTS: tuple[int, ...] = (DI, SI, DX, R10, R8, R9)
"""The slots of a system call's arguments, first to sixth.  r10 stands in for rcx, which `syscall` overwrites."""

C_ARGUMENTS: tuple[int, ...] = (DI, SI, DX, CX, R8, R9)
"""The slots of a C function's arguments, first to sixth."""


def arguments(regs: Sequence[int]) -> tuple[int, ...]:
    """The six arguments in pt_regs, as signed numbers (C: syscall_get_arguments)."""
    return tuple([(regs[slot] ^ 1 << 63) - (1 << 63) for slot in ARGUMENTS])
