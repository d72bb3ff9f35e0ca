"""Memory from the heap (C: <linux/slab.h>)."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from kshell.linux.kernel import Kernel
from kshell.linux.types import Const, GfpT, Ptr, SizeT, Void

_T = TypeVar("_T")

GFP_ATOMIC = 0x48_0020  # it may not sleep
GFP_KERNEL = 0x60_00C0  # it may sleep


@overload
def kmalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr[Void]:
    """So many bytes."""


@overload
def kmalloc(k: Kernel, size: type[_T], flags: GfpT) -> Ptr[_T]:
    """Room for one of a type."""


def kmalloc(k: Kernel, size: Any, flags: GfpT) -> Ptr[Any]:
    """Memory for one struct, or of `size` bytes: ``p = kmalloc(k, e, GFP_KERNEL)``; NULL where there is none.

    NULL  there is no memory left

    >>> q = kmalloc(k, e, GFP_KERNEL)
    """


@overload
def kzalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr[Void]:
    """So many bytes."""


@overload
def kzalloc(k: Kernel, size: type[_T], flags: GfpT) -> Ptr[_T]:
    """Room for one of a type."""


def kzalloc(k: Kernel, size: Any, flags: GfpT) -> Ptr[Any]:
    """Memory that is all zeros, for one struct or of `size` bytes; NULL where there is none.

    NULL  there is no memory left

    >>> q = kzalloc(k, e, GFP_KERNEL)
    """


def kfree(k: Kernel, pointer: Ptr[Const[Void]]) -> None:
    """Give memory back; NULL does nothing.

    >>> kfree(k, q)
    """
