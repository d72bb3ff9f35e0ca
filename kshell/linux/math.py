"""Whole numbers: rounding, powers of two (C: <linux/math.h>, <linux/align.h>)."""

from __future__ import annotations

from kshell.linux.types import AnyInt


def DIV_ROUND_UP(n: AnyInt, d: AnyInt) -> AnyInt:
    """The quotient, rounded up.

    >>> x = DIV_ROUND_UP(n, 4)
    """
    return (n + d - 1) // d
