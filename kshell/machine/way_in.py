"""The text that a `syscall` enters on a real machine, as far as the CPU must know it.

It runs only where somebody watches it; else the CPU does in one stroke what it would do (see Cpu).  Both leave the same
behind: registers, pt_regs, and the words that the text keeps in the CPU's own memory.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi import ptregs
from kshell.machine.paging import USER_END
from kshell.machine.ring3 import USER_CS, USER_SS

KERNEL_GS_BASE = 0xC0000102  # C: MSR_KERNEL_GS_BASE, what swapgs swaps with
_TF, _RF = 1 << 8, 1 << 16


class WayIn(NamedTuple):
    """`entry` is where a `syscall` goes (C: MSR_LSTAR), with the bits of `mask` cleared in the flags
    (MSR_SYSCALL_MASK); `dispatch` is the `vmcall` at which the kernel finds the call, which returns to `back`, and
    `trampoline` where it calls machine code from.  `text` is all of that.  `touch` is a load that the emulator needs
    (Ring0.touch).

    `gs_base` is where the CPU's own memory is; the text keeps the user's rsp in its cell `scratch`, and finds the stack
    in `top_of_stack`.  `exits` are the instructions that lead to ring 3, and whether each is an iretq; `own` those that
    only this text may execute.
    """

    entry: int
    dispatch: int
    back: int
    trampoline: int
    touch: int
    text: range
    mask: int
    gs_base: int
    scratch: int
    top_of_stack: int
    exits: dict[int, bool]
    own: frozenset[int]


def sysret_is_possible(regs: memoryview) -> bool:
    """Whether `sysretq` can restore these registers: rip comes from rcx, the flags from r11 (C: the end of
    do_syscall_64)."""
    return (
        regs[ptregs.CX] == regs[ptregs.IP] < USER_END
        and regs[ptregs.R11] == regs[ptregs.FLAGS]
        and regs[ptregs.CS] == USER_CS
        and regs[ptregs.SS] == USER_SS
        and not regs[ptregs.FLAGS] & (_TF | _RF)
    )
