"""Circular lists (C: <linux/list.h>)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from kshell.linux.types import Ptr, list_head

_T = TypeVar("_T")


def list_for_each_entry(kind: type[_T], head: Ptr[list_head], field: str) -> Iterator[Ptr[_T]]:
    """Each entry of a list, in a `for`; `field` is what links them.

    >>> for each in list_for_each_entry(e, addr(v.list), "list"): x += each.n
    """
