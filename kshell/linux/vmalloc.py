"""Memory in whole pages, one behind the other for the kernel alone (C: <linux/vmalloc.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import Const, Ptr, ULong, Void


def vmalloc(k: Kernel, size: ULong) -> Ptr[Void]:
    """`size` bytes in whole pages, with a hole behind them.

    NULL  there is no memory left, or size is 0

    >>> q = Ptr[e](vmalloc(k, 100 * sizeof(e)))
    """


def vzalloc(k: Kernel, size: ULong) -> Ptr[Void]:
    """The same, all zeros.

    NULL  there is no memory left, or size is 0

    >>> q = Ptr[e](vzalloc(k, 100 * sizeof(e)))
    """


def vfree(k: Kernel, addr: Ptr[Const[Void]]) -> None:
    """Give it back; NULL does nothing.

    >>> vfree(k, q)
    """


def kvfree(k: Kernel, addr: Ptr[Const[Void]]) -> None:
    """Give back what came from kmalloc or from vmalloc.

    >>> kvfree(k, q)
    """
