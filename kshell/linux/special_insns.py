"""The control register CR0 (C: <asm/special_insns.h>)."""

from __future__ import annotations

from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel

__all__ = ["X86_CR0_WP", "read_cr0", "write_cr0"]


X86_CR0_WP = 1 << 16  # write protect: a read-only page is read-only in ring 0 too
CR0_STATE = 0x8004_0033  # PG AM NE ET MP PE: what is always set here


def read_cr0(k: Kernel) -> int:
    """The control register CR0."""
    return CR0_STATE | (X86_CR0_WP if k.memory.write_protect else 0)


def write_cr0(k: Kernel, value: int) -> None:
    """Write CR0; the one bit that does anything here is X86_CR0_WP.  Linux pins it since 5.3: a warning, and it stays.

    The CPU keeps WP clear until somebody sets it again, whatever becomes of the task.
    """
    wanted = bool(value & X86_CR0_WP)
    if not wanted and k.profile.version >= (5, 3):
        wanted = True
        if "cr0" not in k.warned:
            k.warned.add("cr0")  # WARN_ONCE
            warn(k, "CR0 WP bit went missing!?")
    k.memory.write_protect = wanted
