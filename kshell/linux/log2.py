"""Powers of two (C: <linux/log2.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import AnyInt, Bool, ULong


def ilog2(n: AnyInt) -> AnyInt:
    """The logarithm to the base 2, rounded down; of a constant it is one, of 0 it is -1.

    >>> x = ilog2(n)
    """


def is_power_of_2(k: Kernel, n: ULong) -> Bool:
    """Whether exactly one bit is set.

    >>> if not is_power_of_2(k, n): return -EINVAL
    """
    return n != 0 and (n & (n - 1)) == 0


def roundup_pow_of_two(n: AnyInt) -> AnyInt:
    """The next power of two, or n itself if it is one.

    >>> table = roundup_pow_of_two(n)
    """
    return ULong(1) if n <= 1 else ULong(1) << (ilog2(n - 1) + 1)


def rounddown_pow_of_two(n: AnyInt) -> AnyInt:
    """The power of two below n, or n itself if it is one.

    >>> table = rounddown_pow_of_two(n)
    """
    return ULong(1) << ilog2(n)


def order_base_2(n: AnyInt) -> AnyInt:
    """The logarithm to the base 2, rounded up.

    >>> x = order_base_2(n)
    """
    return 0 if n <= 1 else ilog2(n - 1) + 1
