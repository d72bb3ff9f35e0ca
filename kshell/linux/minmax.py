"""The smaller and the larger of two numbers, and swap (C: <linux/minmax.h>).

Both numbers of min, max and clamp are of one type, for the compiler of 4.19; that of 6.19 asks whether both have a sign
or neither.  min_t, max_t and clamp_t say the type.
"""

from __future__ import annotations

from typing import Any

from kshell.linux.types import AnyInt


def min(one: AnyInt, other: AnyInt) -> AnyInt:
    """The smaller of two numbers.

    >>> x = min(n, 10)
    """


def max(one: AnyInt, other: AnyInt) -> AnyInt:
    """The larger of two numbers.

    >>> x = max(n, 0)
    """


def clamp(n: AnyInt, low: AnyInt, high: AnyInt) -> AnyInt:
    """The number, or the bound that it is beyond.

    >>> x = clamp(n, 0, 100)
    """


def min_t(kind: type, one: AnyInt, other: AnyInt) -> AnyInt:
    """The smaller of two numbers, both converted to a type.

    >>> x = Int(min_t(ULong, n, sizeof(buf)))
    """


def max_t(kind: type, one: AnyInt, other: AnyInt) -> AnyInt:
    """The larger of two numbers, both converted to a type.

    >>> x = Int(max_t(ULong, n, sizeof(buf)))
    """


def clamp_t(kind: type, n: AnyInt, low: AnyInt, high: AnyInt) -> AnyInt:
    """The number, or the bound that it is beyond, all converted to a type.

    >>> x = clamp_t(int, n, 0, 100)
    """


def swap(one: Any, other: Any) -> None:
    """Let two variables of one type change their values.

    >>> swap(x, q.n)
    """
