"""Counts of references, which never wrap: one that went wrong stays where it is for ever (C: <linux/refcount.h>).

The kernel warns once of each way to go wrong, and what was counted is then never freed.
"""

from __future__ import annotations

from kshell.linux.atomic import (
    atomic_fetch_add,
    atomic_fetch_add_unless,
    atomic_fetch_sub,
    atomic_read,
    atomic_set,
    atomic_t,
)
from kshell.linux.kernel import Kernel, addr
from kshell.linux.types import Bool, Int, Ptr, Struct, UInt

REFCOUNT_SATURATED = -0x4000_0000
REFCOUNT_ADD_OVF = 1  # what refcount_warn_saturate is told
REFCOUNT_ADD_UAF = 2
REFCOUNT_SUB_UAF = 3
REFCOUNT_DEC_LEAK = 4


class refcount_t(Struct):
    """A count of references."""

    refs: atomic_t


def REFCOUNT_INIT(n: int) -> refcount_t:
    """What a count begins with: ``users = REFCOUNT_INIT(1)``.

    >>> users = REFCOUNT_INIT(1)
    """


def refcount_warn_saturate(k: Kernel, r: Ptr[refcount_t], kind: Int) -> None:
    """Let a count stay where it is for ever, and warn of why, once.

    >>> refcount_warn_saturate(k, addr(users), REFCOUNT_ADD_OVF)
    """


def refcount_set(k: Kernel, r: Ptr[refcount_t], n: Int) -> None:
    """Make it another number.

    >>> refcount_set(k, addr(users), 1)
    """
    atomic_set(k, addr(r.refs), n)


def refcount_read(k: Kernel, r: Ptr[refcount_t]) -> UInt:
    """How many references there are.

    >>> table = refcount_read(k, addr(users))
    """
    return UInt(atomic_read(k, addr(r.refs)))


def refcount_add(k: Kernel, i: Int, r: Ptr[refcount_t]) -> None:
    """Take `i` references more; there must be one.

    >>> refcount_add(k, 2, addr(users))
    """
    old = atomic_fetch_add(k, i, addr(r.refs))
    if old == 0:
        refcount_warn_saturate(k, r, REFCOUNT_ADD_UAF)
    elif old < 0 or old + i < 0:
        refcount_warn_saturate(k, r, REFCOUNT_ADD_OVF)


def refcount_inc(k: Kernel, r: Ptr[refcount_t]) -> None:
    """Take a reference; there must be one.

    >>> refcount_inc(k, addr(users))
    """
    refcount_add(k, 1, r)


def refcount_add_not_zero(k: Kernel, i: Int, r: Ptr[refcount_t]) -> Bool:
    """Take `i` references unless there are none; whether it was done.

    0  there are none: what was counted is gone

    >>> if not refcount_add_not_zero(k, 2, addr(users)): return -ENOENT
    """
    old = atomic_fetch_add_unless(k, addr(r.refs), i, 0)
    if old < 0 or old + i < 0:
        refcount_warn_saturate(k, r, REFCOUNT_ADD_OVF)
    return old != 0


def refcount_inc_not_zero(k: Kernel, r: Ptr[refcount_t]) -> Bool:
    """Take a reference unless there are none; whether it was done.

    0  there are none: what was counted is gone

    >>> if not refcount_inc_not_zero(k, addr(users)): return -ENOENT
    """
    return refcount_add_not_zero(k, 1, r)


def refcount_sub_and_test(k: Kernel, i: Int, r: Ptr[refcount_t]) -> Bool:
    """Give back `i` references; whether they were the last ones.

    >>> if refcount_sub_and_test(k, 2, addr(users)): kfree(k, q)
    """
    old = atomic_fetch_sub(k, i, addr(r.refs))
    if old == i:
        return True
    if old < 0 or old - i < 0:
        refcount_warn_saturate(k, r, REFCOUNT_SUB_UAF)
    return False


def refcount_dec_and_test(k: Kernel, r: Ptr[refcount_t]) -> Bool:
    """Give back a reference; whether it was the last one.

    >>> if refcount_dec_and_test(k, addr(users)): kfree(k, q)
    """
    return refcount_sub_and_test(k, 1, r)


def refcount_dec(k: Kernel, r: Ptr[refcount_t]) -> None:
    """Give back a reference that is not the last one.

    >>> refcount_dec(k, addr(users))
    """
    if atomic_fetch_sub(k, 1, addr(r.refs)) <= 1:
        refcount_warn_saturate(k, r, REFCOUNT_DEC_LEAK)
