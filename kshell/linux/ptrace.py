"""struct pt_regs: the registers of the user, as the entry code pushes them (C: <linux/ptrace.h>)."""

from __future__ import annotations

from kshell.linux.types import Struct, ULong


class pt_regs(Struct):
    """21 registers; the arguments of a system call are in di, si, dx, r10, r8, r9."""

    r15: ULong
    r14: ULong
    r13: ULong
    r12: ULong
    bp: ULong
    bx: ULong
    r11: ULong
    r10: ULong
    r9: ULong
    r8: ULong
    ax: ULong
    cx: ULong
    dx: ULong
    si: ULong
    di: ULong
    orig_ax: ULong
    ip: ULong
    cs: ULong
    flags: ULong
    sp: ULong
    ss: ULong
