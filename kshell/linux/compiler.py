"""Accesses that the compiler neither splits nor repeats (C: <linux/compiler.h>)."""

from __future__ import annotations

from typing import Any, TypeVar

_T = TypeVar("_T")


def READ_ONCE(place: _T) -> _T:
    """The value of a variable, loaded once.

    >>> x = READ_ONCE(count)
    """


def WRITE_ONCE(place: Any, value: Any) -> None:
    """Store a value, once.

    >>> WRITE_ONCE(q.n, x)
    """
