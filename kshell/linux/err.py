"""Pointers that hold an errno (C: <linux/err.h>)."""

from __future__ import annotations

from kshell.linux.types import Long, Ptr, Void


def IS_ERR(pointer: Ptr[Void]) -> int:
    """Whether a pointer is a negative errno.

    >>> if IS_ERR(q): return PTR_ERR(q)
    """


def PTR_ERR(pointer: Ptr[Void]) -> Long:
    """The negative errno that a pointer holds.

    >>> return PTR_ERR(q)
    """


def ERR_PTR(error: Long) -> Ptr[Void]:
    """A negative errno as a pointer.

    >>> q = Ptr[e](ERR_PTR(-ENOMEM))
    """
