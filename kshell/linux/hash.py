"""Numbers spread evenly over few bits: what a hash table takes for its slots (C: <linux/hash.h>)."""

from __future__ import annotations

from kshell.linux.kernel import Kernel
from kshell.linux.types import U32, U64, Const, Ptr, UInt, ULong, Void

GOLDEN_RATIO_32 = 0x61C88647
GOLDEN_RATIO_64 = 0x61C8864680B583EB


def hash_32(k: Kernel, val: U32, bits: UInt) -> U32:
    """The `bits` highest bits of a number of 32 bits, multiplied by the golden ratio.

    >>> table = hash_32(k, UInt(n), 4)
    """
    return U32(val * GOLDEN_RATIO_32) >> (32 - bits)


def hash_64(k: Kernel, val: U64, bits: UInt) -> U32:
    """The `bits` highest bits of a number of 64 bits, multiplied by the golden ratio.

    >>> table = hash_64(k, U64(n), 4)
    """
    return U32((val * GOLDEN_RATIO_64) >> (64 - bits))


def hash_long(k: Kernel, val: ULong, bits: UInt) -> U32:
    """The same of an unsigned long.

    >>> table = hash_long(k, ULong(n), 4)
    """
    return hash_64(k, val, bits)


def hash_ptr(k: Kernel, pointer: Ptr[Const[Void]], bits: UInt) -> U32:
    """The same of an address.

    >>> table = hash_ptr(k, q, 4)
    """
    return hash_long(k, ULong(pointer), bits)
