"""Lists whose head is one pointer, as hash tables have them (C: <linux/list.h>)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from kshell.linux.compiler import READ_ONCE, WRITE_ONCE
from kshell.linux.kconfig import KERNEL_VERSION, LINUX_VERSION_CODE
from kshell.linux.kernel import Kernel, addr, container_of
from kshell.linux.poison import LIST_POISON1, LIST_POISON2
from kshell.linux.types import Ptr, hlist_head, hlist_node

_T = TypeVar("_T")


def HLIST_HEAD() -> hlist_head:
    """A new list, empty: ``names = HLIST_HEAD()`` is ``static HLIST_HEAD(names);``.

    >>> names = HLIST_HEAD()
    """


def INIT_HLIST_HEAD(k: Kernel, head: Ptr[hlist_head]) -> None:
    """Make an empty list of memory that holds anything.

    >>> INIT_HLIST_HEAD(k, addr(names))
    """
    head.first = None


def INIT_HLIST_NODE(k: Kernel, node: Ptr[hlist_node]) -> None:
    """Make a link of memory that holds anything; it is in no list.

    >>> INIT_HLIST_NODE(k, addr(q.node))
    """
    node.next = None
    node.pprev = None


def hlist_unhashed(k: Kernel, node: Ptr[hlist_node]) -> int:
    """Whether a link is in no list: it was initialised, or taken out by hlist_del_init.

    >>> if hlist_unhashed(k, addr(q.node)): return -ENOENT
    """
    return not node.pprev


def hlist_empty(k: Kernel, head: Ptr[hlist_head]) -> int:
    """Whether a list has no entries.

    >>> if hlist_empty(k, addr(names)): return -ENOENT
    """
    return not READ_ONCE(head.first)


def __hlist_del(k: Kernel, node: Ptr[hlist_node]) -> None:
    """Take an entry out, and leave its own links as they are.

    >>> __hlist_del(k, addr(q.node))
    """
    next: Ptr[hlist_node] = node.next
    pprev: Ptr[Ptr[hlist_node]] = node.pprev
    WRITE_ONCE(pprev[0], next)
    if next:
        next.pprev = pprev


def hlist_del(k: Kernel, node: Ptr[hlist_node]) -> None:
    """Take an entry out; its links are poisoned: who follows them oopses.

    >>> hlist_del(k, addr(q.node))
    """
    __hlist_del(k, node)
    node.next = Ptr[hlist_node](LIST_POISON1)
    if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 9, 0):
        node.pprev = Ptr[Ptr[hlist_node]](LIST_POISON1 + 0x22)
    else:
        node.pprev = Ptr[Ptr[hlist_node]](LIST_POISON2)


def hlist_del_init(k: Kernel, node: Ptr[hlist_node]) -> None:
    """Take an entry out if it is in a list; it may be taken out once more.

    >>> hlist_del_init(k, addr(q.node))
    """
    if not hlist_unhashed(k, node):
        __hlist_del(k, node)
        INIT_HLIST_NODE(k, node)


def hlist_add_head(k: Kernel, node: Ptr[hlist_node], head: Ptr[hlist_head]) -> None:
    """Put an entry at the front of a list.

    >>> hlist_add_head(k, addr(q.node), addr(names))
    """
    first: Ptr[hlist_node] = head.first
    WRITE_ONCE(node.next, first)
    if first:
        WRITE_ONCE(first.pprev, addr(node.next))
    WRITE_ONCE(head.first, node)
    WRITE_ONCE(node.pprev, addr(head.first))


def hlist_add_before(k: Kernel, node: Ptr[hlist_node], next: Ptr[hlist_node]) -> None:
    """Put an entry before another.

    >>> hlist_add_before(k, addr(q.node), addr(v.node))
    """
    WRITE_ONCE(node.pprev, next.pprev)
    WRITE_ONCE(node.next, next)
    WRITE_ONCE(next.pprev, addr(node.next))
    WRITE_ONCE(node.pprev[0], node)


def hlist_add_behind(k: Kernel, node: Ptr[hlist_node], prev: Ptr[hlist_node]) -> None:
    """Put an entry behind another.

    >>> hlist_add_behind(k, addr(q.node), addr(v.node))
    """
    WRITE_ONCE(node.next, prev.next)
    WRITE_ONCE(prev.next, node)
    WRITE_ONCE(node.pprev, addr(prev.next))
    if node.next:
        WRITE_ONCE(node.next.pprev, addr(node.next))


def hlist_entry(pointer: Ptr[hlist_node], kind: type[_T], field: str) -> Ptr[_T]:
    """The struct whose link is at `pointer`.

    >>> q = hlist_entry(v.node.next, e, "node")
    """
    return container_of(pointer, kind, field)


def hlist_for_each_entry(kind: type[_T], head: Ptr[hlist_head], field: str) -> Iterator[Ptr[_T]]:
    """Each entry of a list, in a `for`; `field` is what links them.

    >>> for each in hlist_for_each_entry(e, addr(names), "node"): x += each.n
    """


def hlist_for_each_entry_safe(kind: type[_T], head: Ptr[hlist_head], field: str) -> Iterator[Ptr[_T]]:
    """The same, and the body may take the entry out and free it: the next one is known before.

    >>> for each in hlist_for_each_entry_safe(e, addr(names), "node"): kfree(k, each)
    """
