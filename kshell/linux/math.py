"""Whole numbers: rounding and aligning (C: <linux/math.h>, <linux/align.h>).

Each takes numbers of any type, and calculates as C's operators do.
"""

from __future__ import annotations

from kshell.linux.types import AnyInt, UInt, ULong


def DIV_ROUND_UP(n: AnyInt, d: AnyInt) -> AnyInt:
    """The quotient, rounded up.

    >>> x = DIV_ROUND_UP(n, 4)
    """
    return (n + d - 1) // d


def DIV_ROUND_CLOSEST(n: AnyInt, d: AnyInt) -> AnyInt:
    """The quotient, rounded to the nearest.

    >>> x = DIV_ROUND_CLOSEST(n, 4)
    """
    return (n + d // 2) // d if (n >= 0) == (d >= 0) else (n - d // 2) // d


def roundup(n: AnyInt, step: AnyInt) -> AnyInt:
    """The next multiple of `step`, or n itself if it is one.

    >>> x = roundup(n, 10)
    """
    return (n + step - 1) // step * step


def rounddown(n: AnyInt, step: AnyInt) -> AnyInt:
    """The multiple of `step` below n, or n itself if it is one.

    >>> x = rounddown(n, 10)
    """
    return n - n % step


def round_up(n: AnyInt, power: AnyInt) -> AnyInt:
    """The next multiple of a power of two.

    >>> x = round_up(n, 8)
    """
    return ((n - 1) | (power - 1)) + 1


def round_down(n: AnyInt, power: AnyInt) -> AnyInt:
    """The multiple of a power of two below n, or n itself if it is one.

    >>> x = round_down(n, 8)
    """
    return n & ~(power - 1)


def ALIGN(n: AnyInt, power: AnyInt) -> AnyInt:
    """The same as round_up, as addresses are aligned.

    >>> table = ALIGN(table, 4096)
    """
    return (n + (power - 1)) & ~(power - 1)


def ALIGN_DOWN(n: AnyInt, power: AnyInt) -> AnyInt:
    """The same as round_down, as addresses are aligned.

    >>> table = ALIGN_DOWN(table, 4096)
    """
    return n & ~(power - 1)


def IS_ALIGNED(n: AnyInt, power: AnyInt) -> AnyInt:
    """Whether n is a multiple of a power of two.

    >>> if not IS_ALIGNED(table, 8): return -EINVAL
    """
    return (n & (power - 1)) == 0


def abs(n: AnyInt) -> AnyInt:
    """The number without its sign.

    >>> x = abs(n)
    """
    return -n if n < 0 else n


def upper_32_bits(n: AnyInt) -> AnyInt:
    """The upper half of 64 bits.

    >>> x = Int(upper_32_bits(table))
    """
    return UInt(ULong(n) >> 32)


def lower_32_bits(n: AnyInt) -> AnyInt:
    """The lower half of 64 bits.

    >>> x = Int(lower_32_bits(table))
    """
    return UInt(ULong(n) & 0xFFFF_FFFF)
