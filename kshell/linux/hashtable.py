"""Hash tables: an array of lists, a power of two of them (C: <linux/hashtable.h>)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from kshell.linux.hash import hash_32, hash_long
from kshell.linux.hlist import INIT_HLIST_HEAD, hlist_add_head, hlist_del_init, hlist_empty, hlist_unhashed
from kshell.linux.kernel import Kernel, addr, sizeof
from kshell.linux.log2 import ilog2
from kshell.linux.types import AnyInt, Array, Bool, Ptr, UInt, hlist_head, hlist_node

_T = TypeVar("_T")


def DEFINE_HASHTABLE(bits: int) -> Array[hlist_head]:
    """A table of 2 to the power of `bits` lists: ``table = DEFINE_HASHTABLE(3)`` is ``DEFINE_HASHTABLE(table, 3);``.

    >>> by_name = DEFINE_HASHTABLE(3)
    """


def HASH_SIZE(table: Array[hlist_head]) -> AnyInt:
    """How many lists a table has.

    >>> x = Int(HASH_SIZE(by_nr))
    """
    return len(table)


def HASH_BITS(table: Array[hlist_head]) -> AnyInt:
    """Of how many bits the number of a list is.

    >>> x = HASH_BITS(by_nr)
    """
    return ilog2(len(table))


def hash_min(k: Kernel, key: AnyInt, bits: UInt) -> AnyInt:
    """The number of the list for a key: hash_32 or hash_long of it, as its type asks.

    >>> x = Int(hash_min(k, n, 3))
    """
    return hash_32(k, key, bits) if sizeof(key) <= 4 else hash_long(k, key, bits)


def __hash_init(k: Kernel, table: Ptr[hlist_head], size: UInt) -> None:
    """Make `size` empty lists.

    >>> __hash_init(k, by_nr, 8)
    """
    for i in range(size):
        INIT_HLIST_HEAD(k, addr(table[i]))


def hash_init(k: Kernel, table: Array[hlist_head]) -> None:
    """Make all lists of a table empty; one that DEFINE_HASHTABLE makes at the top of a file is.

    >>> hash_init(k, by_nr)
    """
    __hash_init(k, table, UInt(HASH_SIZE(table)))


def hash_add(k: Kernel, table: Array[hlist_head], node: Ptr[hlist_node], key: AnyInt) -> None:
    """Put an entry into the list for its key.

    >>> hash_add(k, by_nr, addr(q.node), q.n)
    """
    hlist_add_head(k, node, addr(table[hash_min(k, key, HASH_BITS(table))]))


def hash_del(k: Kernel, node: Ptr[hlist_node]) -> None:
    """Take an entry out of the table.

    >>> hash_del(k, addr(q.node))
    """
    hlist_del_init(k, node)


def hash_hashed(k: Kernel, node: Ptr[hlist_node]) -> Bool:
    """Whether an entry is in a table.

    >>> if not hash_hashed(k, addr(q.node)): return -ENOENT
    """
    return not hlist_unhashed(k, node)


def __hash_empty(k: Kernel, table: Ptr[hlist_head], size: UInt) -> Bool:
    """Whether `size` lists are all empty.

    >>> if __hash_empty(k, by_nr, 8): return -ENOENT
    """
    left = size
    while left > 0 and hlist_empty(k, addr(table[left - 1])):
        left -= 1
    return left == 0


def hash_empty(k: Kernel, table: Array[hlist_head]) -> Any:
    """Whether a table has no entries.

    >>> if hash_empty(k, by_nr): return -ENOENT
    """
    return __hash_empty(k, table, UInt(HASH_SIZE(table)))


def hash_for_each(table: Array[hlist_head], kind: type[_T], field: str) -> Iterator[Ptr[_T]]:
    """Each entry of a table, list by list, in a `for`.

    >>> for each in hash_for_each(by_nr, e, "node"): x += each.n
    """


def hash_for_each_safe(table: Array[hlist_head], kind: type[_T], field: str) -> Iterator[Ptr[_T]]:
    """The same, and the body may take the entry out and free it.

    >>> for each in hash_for_each_safe(by_nr, e, "node"): hash_del(k, addr(each.node))
    """


def hash_for_each_possible(table: Array[hlist_head], kind: type[_T], field: str, key: AnyInt) -> Iterator[Ptr[_T]]:
    """Each entry of the list that a key belongs to: what has that key is among them, and others may be.

    >>> for each in hash_for_each_possible(by_nr, e, "node", n): x += each.n == n
    """


def hash_for_each_possible_safe(table: Array[hlist_head], kind: type[_T], field: str, key: AnyInt) -> Iterator[Ptr[_T]]:
    """The same, and the body may take the entry out and free it.

    >>> for each in hash_for_each_possible_safe(by_nr, e, "node", n): hash_del(k, addr(each.node))
    """
