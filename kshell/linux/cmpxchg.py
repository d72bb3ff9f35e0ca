"""Memory that is read and written in one instruction: no other CPU comes in between (C: <asm/cmpxchg.h>).

Each works on a number of any size, or on a pointer.
"""

from __future__ import annotations

from typing import TypeVar

from kshell.linux.kernel import Kernel
from kshell.linux.types import Ptr

_T = TypeVar("_T")


def xchg(k: Kernel, place: Ptr[_T], value: _T) -> _T:
    """Put a value somewhere; what was there (xchg).

    >>> x = xchg(k, addr(q.n), 5)
    """


def cmpxchg(k: Kernel, place: Ptr[_T], old: _T, new: _T) -> _T:
    """Put a new value where the old one is expected; what was there: `old`, if it was done (lock cmpxchg).

    >>> if cmpxchg(k, addr(q.n), 0, 1) != 0: return -EBUSY
    """


def xadd(k: Kernel, place: Ptr[_T], value: _T) -> _T:
    """Add to a number; what was there (lock xadd).

    >>> x = xadd(k, addr(q.n), 2)
    """


def __lock_add(k: Kernel, place: Ptr[_T], value: _T) -> None:
    """Add to a number (lock add).

    >>> __lock_add(k, addr(q.n), 2)
    """


def __lock_and(k: Kernel, place: Ptr[_T], value: _T) -> None:
    """Leave only the bits that are in `value` (lock and).

    >>> __lock_and(k, addr(q.n), 0xFF)
    """


def __lock_or(k: Kernel, place: Ptr[_T], value: _T) -> None:
    """Set the bits that are in `value` (lock or).

    >>> __lock_or(k, addr(q.n), 1)
    """


def __lock_xor(k: Kernel, place: Ptr[_T], value: _T) -> None:
    """Turn the bits that are in `value` around (lock xor).

    >>> __lock_xor(k, addr(q.n), 1)
    """
