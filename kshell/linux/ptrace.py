"""struct pt_regs, as a handler of its own entry finds it: regs[DI] (C: <linux/ptrace.h>)."""

from __future__ import annotations

from kshell.abi.ptregs import AX, DI, DX, ORIG_AX, R8, R9, R10, SI

__all__ = ["AX", "DI", "DX", "ORIG_AX", "R8", "R9", "R10", "SI"]
