"""The same as atomic.h, of 64 bits (C: <linux/atomic.h>)."""

from __future__ import annotations

from kshell.linux.cmpxchg import __lock_add, __lock_and, __lock_or, __lock_xor, cmpxchg, xadd, xchg
from kshell.linux.compiler import READ_ONCE, WRITE_ONCE
from kshell.linux.kernel import Kernel, addr
from kshell.linux.types import S64, Bool, Ptr, Struct


class atomic64_t(Struct):
    """A number of 64 bits that is changed as a whole."""

    counter: S64


def ATOMIC64_INIT(i: int) -> atomic64_t:
    """What such a number begins with: ``total = ATOMIC64_INIT(1)``.

    >>> total = ATOMIC64_INIT(1)
    """


def atomic64_read(k: Kernel, v: Ptr[atomic64_t]) -> S64:
    """The number.

    >>> table = atomic64_read(k, addr(total))
    """
    return READ_ONCE(v.counter)


def atomic64_set(k: Kernel, v: Ptr[atomic64_t], i: S64) -> None:
    """Make it another number.

    >>> atomic64_set(k, addr(total), 1)
    """
    WRITE_ONCE(v.counter, i)


def atomic64_add(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> None:
    """Add `i` (lock add).

    >>> atomic64_add(k, 2, addr(total))
    """
    __lock_add(k, addr(v.counter), i)


def atomic64_add_return(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> S64:
    """Add `i`; what comes of it (lock xadd).

    >>> table = atomic64_add_return(k, 2, addr(total))
    """
    return xadd(k, addr(v.counter), i) + i


def atomic64_fetch_add(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> S64:
    """Add `i`; what was there before (lock xadd).

    >>> table = atomic64_fetch_add(k, 2, addr(total))
    """
    return xadd(k, addr(v.counter), i)


def atomic64_sub(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> None:
    """Subtract `i` (lock add).

    >>> atomic64_sub(k, 2, addr(total))
    """
    __lock_add(k, addr(v.counter), -i)


def atomic64_sub_return(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> S64:
    """Subtract `i`; what comes of it (lock xadd).

    >>> table = atomic64_sub_return(k, 2, addr(total))
    """
    return xadd(k, addr(v.counter), -i) - i


def atomic64_fetch_sub(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> S64:
    """Subtract `i`; what was there before (lock xadd).

    >>> table = atomic64_fetch_sub(k, 2, addr(total))
    """
    return xadd(k, addr(v.counter), -i)


def atomic64_inc(k: Kernel, v: Ptr[atomic64_t]) -> None:
    """Add 1 (lock add).

    >>> atomic64_inc(k, addr(total))
    """
    __lock_add(k, addr(v.counter), 1)


def atomic64_inc_return(k: Kernel, v: Ptr[atomic64_t]) -> S64:
    """Add 1; what comes of it (lock xadd).

    >>> table = atomic64_inc_return(k, addr(total))
    """
    return xadd(k, addr(v.counter), 1) + 1


def atomic64_fetch_inc(k: Kernel, v: Ptr[atomic64_t]) -> S64:
    """Add 1; what was there before (lock xadd).

    >>> table = atomic64_fetch_inc(k, addr(total))
    """
    return xadd(k, addr(v.counter), 1)


def atomic64_inc_and_test(k: Kernel, v: Ptr[atomic64_t]) -> Bool:
    """Add 1; whether 0 comes of it.

    >>> if atomic64_inc_and_test(k, addr(total)): return 1
    """
    return atomic64_inc_return(k, v) == 0


def atomic64_dec(k: Kernel, v: Ptr[atomic64_t]) -> None:
    """Subtract 1 (lock add).

    >>> atomic64_dec(k, addr(total))
    """
    __lock_add(k, addr(v.counter), -1)


def atomic64_dec_return(k: Kernel, v: Ptr[atomic64_t]) -> S64:
    """Subtract 1; what comes of it (lock xadd).

    >>> table = atomic64_dec_return(k, addr(total))
    """
    return xadd(k, addr(v.counter), -1) - 1


def atomic64_fetch_dec(k: Kernel, v: Ptr[atomic64_t]) -> S64:
    """Subtract 1; what was there before (lock xadd).

    >>> table = atomic64_fetch_dec(k, addr(total))
    """
    return xadd(k, addr(v.counter), -1)


def atomic64_dec_and_test(k: Kernel, v: Ptr[atomic64_t]) -> Bool:
    """Subtract 1; whether 0 comes of it.

    >>> if atomic64_dec_and_test(k, addr(total)): return 1
    """
    return atomic64_dec_return(k, v) == 0


def atomic64_sub_and_test(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> Bool:
    """Subtract `i`; whether 0 comes of it.

    >>> if atomic64_sub_and_test(k, 2, addr(total)): return 1
    """
    return atomic64_sub_return(k, i, v) == 0


def atomic64_add_negative(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> Bool:
    """Add `i`; whether what comes of it is less than 0.

    >>> if atomic64_add_negative(k, 2, addr(total)): return 1
    """
    return atomic64_add_return(k, i, v) < 0


def atomic64_and(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> None:
    """Leave only the bits that are in `i` (lock and).

    >>> atomic64_and(k, 1, addr(total))
    """
    __lock_and(k, addr(v.counter), i)


def atomic64_or(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> None:
    """Set the bits that are in `i` (lock or).

    >>> atomic64_or(k, 1, addr(total))
    """
    __lock_or(k, addr(v.counter), i)


def atomic64_xor(k: Kernel, i: S64, v: Ptr[atomic64_t]) -> None:
    """Turn the bits that are in `i` around (lock xor).

    >>> atomic64_xor(k, 1, addr(total))
    """
    __lock_xor(k, addr(v.counter), i)


def atomic64_xchg(k: Kernel, v: Ptr[atomic64_t], new: S64) -> S64:
    """Make it another number; what was there before (xchg).

    >>> table = atomic64_xchg(k, addr(total), 5)
    """
    return xchg(k, addr(v.counter), new)


def atomic64_cmpxchg(k: Kernel, v: Ptr[atomic64_t], old: S64, new: S64) -> S64:
    """Make it `new` if it is `old`; what was there before (lock cmpxchg).

    >>> if atomic64_cmpxchg(k, addr(total), 0, 1) != 0: return -EBUSY
    """
    return cmpxchg(k, addr(v.counter), old, new)


def atomic64_fetch_add_unless(k: Kernel, v: Ptr[atomic64_t], i: S64, unless: S64) -> S64:
    """Add `i` unless it is `unless`; what was there before.

    >>> table = atomic64_fetch_add_unless(k, addr(total), 1, 0)
    """
    was = atomic64_read(k, v)
    while was != unless:
        now = atomic64_cmpxchg(k, v, was, was + i)
        if now == was:
            break
        was = now
    return was


def atomic64_add_unless(k: Kernel, v: Ptr[atomic64_t], i: S64, unless: S64) -> Bool:
    """Add `i` unless it is `unless`; whether it was done.

    >>> if not atomic64_add_unless(k, addr(total), 1, 0): return -ENOENT
    """
    return atomic64_fetch_add_unless(k, v, i, unless) != unless


def atomic64_inc_not_zero(k: Kernel, v: Ptr[atomic64_t]) -> Bool:
    """Add 1 unless it is 0; whether it was done.

    >>> if not atomic64_inc_not_zero(k, addr(total)): return -ENOENT
    """
    return atomic64_add_unless(k, v, 1, 0)
