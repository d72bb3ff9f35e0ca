"""The control register CR0 (C: <asm/special_insns.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import ULong

X86_CR0_WP = 1 << 16  # write protect: a read-only page is read-only in ring 0 too


def read_cr0(k: Kernel) -> ULong:
    """The control register CR0.

    >>> cr0 = read_cr0(k)
    """


def write_cr0(k: Kernel, value: ULong) -> None:
    """Write CR0.  Linux pins X86_CR0_WP since 5.3: a warning, and it stays.

    >>> write_cr0(k, read_cr0(k) & ~ULong(X86_CR0_WP))
    """
