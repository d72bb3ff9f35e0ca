"""Numbers that several CPUs change: an int each (C: <linux/atomic.h>).

Every change is one instruction with a LOCK prefix, or a loop around cmpxchg.
"""

from __future__ import annotations

from kshell.linux.atomic64 import *
from kshell.linux.cmpxchg import __lock_add, __lock_and, __lock_or, __lock_xor, cmpxchg, xadd, xchg
from kshell.linux.compiler import READ_ONCE, WRITE_ONCE
from kshell.linux.kernel import Kernel, addr
from kshell.linux.types import Bool, Int, Ptr, Struct


class atomic_t(Struct):
    """An int that is changed as a whole."""

    counter: Int


def ATOMIC_INIT(i: int) -> atomic_t:
    """What such a number begins with: ``refs = ATOMIC_INIT(1)``.

    >>> refs = ATOMIC_INIT(1)
    """


def atomic_read(k: Kernel, v: Ptr[atomic_t]) -> Int:
    """The number.

    >>> table = atomic_read(k, addr(refs))
    """
    return READ_ONCE(v.counter)


def atomic_set(k: Kernel, v: Ptr[atomic_t], i: Int) -> None:
    """Make it another number.

    >>> atomic_set(k, addr(refs), 1)
    """
    WRITE_ONCE(v.counter, i)


def atomic_add(k: Kernel, i: Int, v: Ptr[atomic_t]) -> None:
    """Add `i` (lock add).

    >>> atomic_add(k, 2, addr(refs))
    """
    __lock_add(k, addr(v.counter), i)


def atomic_add_return(k: Kernel, i: Int, v: Ptr[atomic_t]) -> Int:
    """Add `i`; what comes of it (lock xadd).

    >>> table = atomic_add_return(k, 2, addr(refs))
    """
    return xadd(k, addr(v.counter), i) + i


def atomic_fetch_add(k: Kernel, i: Int, v: Ptr[atomic_t]) -> Int:
    """Add `i`; what was there before (lock xadd).

    >>> table = atomic_fetch_add(k, 2, addr(refs))
    """
    return xadd(k, addr(v.counter), i)


def atomic_sub(k: Kernel, i: Int, v: Ptr[atomic_t]) -> None:
    """Subtract `i` (lock add).

    >>> atomic_sub(k, 2, addr(refs))
    """
    __lock_add(k, addr(v.counter), -i)


def atomic_sub_return(k: Kernel, i: Int, v: Ptr[atomic_t]) -> Int:
    """Subtract `i`; what comes of it (lock xadd).

    >>> table = atomic_sub_return(k, 2, addr(refs))
    """
    return xadd(k, addr(v.counter), -i) - i


def atomic_fetch_sub(k: Kernel, i: Int, v: Ptr[atomic_t]) -> Int:
    """Subtract `i`; what was there before (lock xadd).

    >>> table = atomic_fetch_sub(k, 2, addr(refs))
    """
    return xadd(k, addr(v.counter), -i)


def atomic_inc(k: Kernel, v: Ptr[atomic_t]) -> None:
    """Add 1 (lock add).

    >>> atomic_inc(k, addr(refs))
    """
    __lock_add(k, addr(v.counter), 1)


def atomic_inc_return(k: Kernel, v: Ptr[atomic_t]) -> Int:
    """Add 1; what comes of it (lock xadd).

    >>> table = atomic_inc_return(k, addr(refs))
    """
    return xadd(k, addr(v.counter), 1) + 1


def atomic_fetch_inc(k: Kernel, v: Ptr[atomic_t]) -> Int:
    """Add 1; what was there before (lock xadd).

    >>> table = atomic_fetch_inc(k, addr(refs))
    """
    return xadd(k, addr(v.counter), 1)


def atomic_inc_and_test(k: Kernel, v: Ptr[atomic_t]) -> Bool:
    """Add 1; whether 0 comes of it.

    >>> if atomic_inc_and_test(k, addr(refs)): return 1
    """
    return atomic_inc_return(k, v) == 0


def atomic_dec(k: Kernel, v: Ptr[atomic_t]) -> None:
    """Subtract 1 (lock add).

    >>> atomic_dec(k, addr(refs))
    """
    __lock_add(k, addr(v.counter), -1)


def atomic_dec_return(k: Kernel, v: Ptr[atomic_t]) -> Int:
    """Subtract 1; what comes of it (lock xadd).

    >>> table = atomic_dec_return(k, addr(refs))
    """
    return xadd(k, addr(v.counter), -1) - 1


def atomic_fetch_dec(k: Kernel, v: Ptr[atomic_t]) -> Int:
    """Subtract 1; what was there before (lock xadd).

    >>> table = atomic_fetch_dec(k, addr(refs))
    """
    return xadd(k, addr(v.counter), -1)


def atomic_dec_and_test(k: Kernel, v: Ptr[atomic_t]) -> Bool:
    """Subtract 1; whether 0 comes of it.

    >>> if atomic_dec_and_test(k, addr(refs)): return 1
    """
    return atomic_dec_return(k, v) == 0


def atomic_sub_and_test(k: Kernel, i: Int, v: Ptr[atomic_t]) -> Bool:
    """Subtract `i`; whether 0 comes of it.

    >>> if atomic_sub_and_test(k, 2, addr(refs)): return 1
    """
    return atomic_sub_return(k, i, v) == 0


def atomic_add_negative(k: Kernel, i: Int, v: Ptr[atomic_t]) -> Bool:
    """Add `i`; whether what comes of it is less than 0.

    >>> if atomic_add_negative(k, 2, addr(refs)): return 1
    """
    return atomic_add_return(k, i, v) < 0


def atomic_and(k: Kernel, i: Int, v: Ptr[atomic_t]) -> None:
    """Leave only the bits that are in `i` (lock and).

    >>> atomic_and(k, 1, addr(refs))
    """
    __lock_and(k, addr(v.counter), i)


def atomic_or(k: Kernel, i: Int, v: Ptr[atomic_t]) -> None:
    """Set the bits that are in `i` (lock or).

    >>> atomic_or(k, 1, addr(refs))
    """
    __lock_or(k, addr(v.counter), i)


def atomic_xor(k: Kernel, i: Int, v: Ptr[atomic_t]) -> None:
    """Turn the bits that are in `i` around (lock xor).

    >>> atomic_xor(k, 1, addr(refs))
    """
    __lock_xor(k, addr(v.counter), i)


def atomic_xchg(k: Kernel, v: Ptr[atomic_t], new: Int) -> Int:
    """Make it another number; what was there before (xchg).

    >>> table = atomic_xchg(k, addr(refs), 5)
    """
    return xchg(k, addr(v.counter), new)


def atomic_cmpxchg(k: Kernel, v: Ptr[atomic_t], old: Int, new: Int) -> Int:
    """Make it `new` if it is `old`; what was there before (lock cmpxchg).

    >>> if atomic_cmpxchg(k, addr(refs), 0, 1) != 0: return -EBUSY
    """
    return cmpxchg(k, addr(v.counter), old, new)


def atomic_fetch_add_unless(k: Kernel, v: Ptr[atomic_t], i: Int, unless: Int) -> Int:
    """Add `i` unless it is `unless`; what was there before.

    >>> table = atomic_fetch_add_unless(k, addr(refs), 1, 0)
    """
    was = atomic_read(k, v)
    while was != unless:
        now = atomic_cmpxchg(k, v, was, was + i)
        if now == was:
            break
        was = now
    return was


def atomic_add_unless(k: Kernel, v: Ptr[atomic_t], i: Int, unless: Int) -> Bool:
    """Add `i` unless it is `unless`; whether it was done.

    >>> if not atomic_add_unless(k, addr(refs), 1, 0): return -ENOENT
    """
    return atomic_fetch_add_unless(k, v, i, unless) != unless


def atomic_inc_not_zero(k: Kernel, v: Ptr[atomic_t]) -> Bool:
    """Add 1 unless it is 0; whether it was done.

    >>> if not atomic_inc_not_zero(k, addr(refs)): return -ENOENT
    """
    return atomic_add_unless(k, v, 1, 0)
