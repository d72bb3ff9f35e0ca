"""Circular lists: the link that lies in each entry, and the head (C: <linux/types.h>)."""

from __future__ import annotations

from kshell.abi.struct import Ptr, Struct

__all__ = ["list_head"]


class list_head(Struct):
    """A link of a circular list, and its head."""

    next: Ptr[list_head]
    prev: Ptr[list_head]
