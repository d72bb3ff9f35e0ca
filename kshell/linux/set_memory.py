"""Whether pages of kernel memory can be written to (C: <linux/set_memory.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import Int, ULong


def set_memory_rw(k: Kernel, address: ULong, pages: Int) -> Int:
    """Let `pages` pages from `address` be written to; 0, or -EFAULT where nothing is mapped.

    The kernel's own text and read-only data stay read-only, with 0 all the same.

    -EFAULT  nothing is mapped there

    >>> if set_memory_rw(k, table, 1): return -EFAULT
    """


def set_memory_ro(k: Kernel, address: ULong, pages: Int) -> Int:
    """Close `pages` pages from `address` to writing; 0, or -EFAULT where nothing is mapped.

    -EFAULT  nothing is mapped there

    >>> set_memory_ro(k, table, 1)
    """
