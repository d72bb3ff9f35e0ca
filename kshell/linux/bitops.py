"""Single bits of a number, and of a map in memory, whose bit 64 is the next word's lowest (C: <linux/bitops.h>)."""

from __future__ import annotations

from kshell.linux.compiler import READ_ONCE
from kshell.linux.kernel import Kernel
from kshell.linux.types import U8, U16, U32, U64, AnyInt, Array, Const, Int, Long, Ptr, UInt, ULong

BITS_PER_BYTE = 8
BITS_PER_LONG = 64


def BIT(nr: AnyInt) -> AnyInt:
    """The number whose bit `nr` is set, and no other.

    >>> table = BIT(5)
    """
    return ULong(1) << nr


def BIT_MASK(nr: AnyInt) -> AnyInt:
    """The bit of a map, in its word.

    >>> table = BIT_MASK(70)
    """
    return ULong(1) << (nr % 64)


def BIT_WORD(nr: AnyInt) -> AnyInt:
    """The word of a map that a bit lies in.

    >>> x = BIT_WORD(70)
    """
    return nr // 64


def BITS_TO_LONGS(nr: AnyInt) -> AnyInt:
    """How many words a map of so many bits has.

    >>> x = BITS_TO_LONGS(100)
    """
    return (nr + 63) // 64


def GENMASK(high: AnyInt, low: AnyInt) -> AnyInt:
    """The number whose bits from `low` to `high` are set, both included.

    >>> table = GENMASK(7, 4)
    """
    return (~ULong(0) << low) & (~ULong(0) >> (63 - high))


def DECLARE_BITMAP(bits: int) -> Array[ULong]:
    """A map of so many bits, all clear: ``used = DECLARE_BITMAP(100)`` is ``DECLARE_BITMAP(used, 100);``.

    >>> used = DECLARE_BITMAP(100)
    """


def set_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> None:
    """Set a bit of a map; no other CPU comes in between (lock bts).

    >>> set_bit(k, 3, addr(table))
    """


def clear_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> None:
    """Clear a bit of a map; no other CPU comes in between (lock btr).

    >>> clear_bit(k, 3, addr(table))
    """


def change_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> None:
    """Turn a bit of a map around; no other CPU comes in between (lock btc).

    >>> change_bit(k, 3, addr(table))
    """


def test_and_set_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> int:
    """Set a bit of a map; whether it was set, with no other CPU in between (lock bts).

    >>> if test_and_set_bit(k, 3, addr(table)): return -EBUSY
    """


def test_and_clear_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> int:
    """Clear a bit of a map; whether it was set, with no other CPU in between (lock btr).

    >>> if test_and_clear_bit(k, 3, addr(table)): return 1
    """


def test_and_change_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> int:
    """Turn a bit of a map around; whether it was set, with no other CPU in between (lock btc).

    >>> if test_and_change_bit(k, 3, addr(table)): return 1
    """


def test_bit(k: Kernel, nr: Long, map: Ptr[Const[ULong]]) -> int:
    """Whether a bit of a map is set.

    >>> if test_bit(k, 3, addr(table)): return 1
    """
    return Int(READ_ONCE(map[nr // 64]) >> (nr % 64) & 1)


def __set_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> None:
    """Set a bit of a map that no other CPU changes.

    >>> __set_bit(k, 3, addr(table))
    """
    map[nr // 64] |= ULong(1) << (nr % 64)


def __clear_bit(k: Kernel, nr: Long, map: Ptr[ULong]) -> None:
    """Clear a bit of a map that no other CPU changes.

    >>> __clear_bit(k, 3, addr(table))
    """
    map[nr // 64] &= ~(ULong(1) << (nr % 64))


def __ffs(k: Kernel, word: ULong) -> Int:
    """The number of the lowest bit that is set, from 0; of 0 it is anything (bsf).

    >>> x = __ffs(k, table)
    """


def __fls(k: Kernel, word: ULong) -> Int:
    """The number of the highest bit that is set, from 0; of 0 it is anything (bsr).

    >>> x = __fls(k, table)
    """


def hweight32(k: Kernel, word: UInt) -> Int:
    """How many bits are set (popcnt).

    >>> x = hweight32(k, UInt(n))
    """


def hweight64(k: Kernel, word: ULong) -> Int:
    """How many bits are set (popcnt).

    >>> x = hweight64(k, table)
    """


def hweight8(k: Kernel, word: U8) -> Int:
    """How many bits are set.

    >>> x = hweight8(k, U8(n))
    """
    return hweight32(k, word)


def hweight16(k: Kernel, word: U16) -> Int:
    """How many bits are set.

    >>> x = hweight16(k, U16(n))
    """
    return hweight32(k, word)


def hweight_long(k: Kernel, word: ULong) -> Int:
    """How many bits are set.

    >>> x = hweight_long(k, table)
    """
    return hweight64(k, word)


def ffs(k: Kernel, word: Int) -> Int:
    """The number of the lowest bit that is set, from 1; 0 of 0.

    >>> x = ffs(k, n)
    """
    return __ffs(k, UInt(word)) + 1 if word else 0


def fls(k: Kernel, word: U32) -> Int:
    """The number of the highest bit that is set, from 1; 0 of 0.

    >>> x = fls(k, UInt(n))
    """
    return __fls(k, word) + 1 if word else 0


def fls64(k: Kernel, word: U64) -> Int:
    """The number of the highest bit that is set, from 1; 0 of 0.

    >>> x = fls64(k, U64(table))
    """
    return __fls(k, ULong(word)) + 1 if word else 0


def find_next_bit(k: Kernel, map: Ptr[Const[ULong]], size: ULong, start: ULong) -> ULong:
    """The first bit of a map that is set, from `start` on; `size` if none is.

    >>> table = find_next_bit(k, addr(table), 64, 3)
    """
    at: ULong = start
    while at < size:
        word: ULong = map[at // 64] >> (at % 64)
        if word:
            at += __ffs(k, word)
            return at if at < size else size
        at = (at // 64 + 1) * 64
    return size


def find_next_zero_bit(k: Kernel, map: Ptr[Const[ULong]], size: ULong, start: ULong) -> ULong:
    """The first bit of a map that is clear, from `start` on; `size` if none is.

    >>> table = find_next_zero_bit(k, addr(table), 64, 3)
    """
    at: ULong = start
    while at < size:
        word: ULong = ~map[at // 64] >> (at % 64)
        if word:
            at += __ffs(k, word)
            return at if at < size else size
        at = (at // 64 + 1) * 64
    return size


def find_first_bit(k: Kernel, map: Ptr[Const[ULong]], size: ULong) -> ULong:
    """The first bit of a map that is set; `size` if none is.

    >>> table = find_first_bit(k, addr(table), 64)
    """
    return find_next_bit(k, map, size, 0)


def find_first_zero_bit(k: Kernel, map: Ptr[Const[ULong]], size: ULong) -> ULong:
    """The first bit of a map that is clear; `size` if none is.

    >>> table = find_first_zero_bit(k, addr(table), 64)
    """
    return find_next_zero_bit(k, map, size, 0)
