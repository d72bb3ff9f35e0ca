"""Circular lists (C: <linux/list.h>).

A list_head lies in each entry, and one is the head.  What changes a list is compiled into the object that uses it: each
link is stored by an instruction of its own.
"""

from __future__ import annotations

from kshell.linux.compiler import READ_ONCE, WRITE_ONCE
from kshell.linux.kconfig import CONFIG_DEBUG_LIST, IS_ENABLED, KERNEL_VERSION, LINUX_VERSION_CODE
from kshell.linux.kernel import Kernel
from kshell.linux.list_walk import *
from kshell.linux.poison import LIST_POISON1, LIST_POISON2
from kshell.linux.types import Bool, Ptr, list_head


def LIST_HEAD() -> list_head:
    """A new list, empty: ``people = LIST_HEAD()`` is ``static LIST_HEAD(people);``.

    >>> people = LIST_HEAD()
    """


def LIST_HEAD_INIT(head: list_head) -> list_head:
    """What an empty list begins with, where it is a field: it is told its own name.

    >>> people = LIST_HEAD_INIT(people)
    """


def INIT_LIST_HEAD(k: Kernel, head: Ptr[list_head]) -> None:
    """Make an empty list of memory that holds anything.

    >>> INIT_LIST_HEAD(k, addr(q.list))
    """
    WRITE_ONCE(head.next, head)
    WRITE_ONCE(head.prev, head)


def __list_add_valid(k: Kernel, new: Ptr[list_head], prev: Ptr[list_head], next: Ptr[list_head]) -> Bool:
    """Whether an entry can go between two others; if not, the kernel warns (CONFIG_DEBUG_LIST).

    0  a link is wrong, or the entry is there already

    >>> if not __list_add_valid(k, addr(q.list), addr(v.list), v.list.next): return -EINVAL
    """


def __list_del_entry_valid(k: Kernel, entry: Ptr[list_head]) -> Bool:
    """Whether an entry can be taken out of its list; if not, the kernel warns (CONFIG_DEBUG_LIST).

    0  a link is wrong, or the entry is in no list any more

    >>> if not __list_del_entry_valid(k, addr(q.list)): return -EINVAL
    """


def __list_add(k: Kernel, new: Ptr[list_head], prev: Ptr[list_head], next: Ptr[list_head]) -> None:
    """Put an entry between two that are neighbours.

    >>> __list_add(k, addr(q.list), addr(v.list), v.list.next)
    """
    if IS_ENABLED(CONFIG_DEBUG_LIST):
        if not __list_add_valid(k, new, prev, next):
            return
    next.prev = new
    new.next = next
    new.prev = prev
    WRITE_ONCE(prev.next, new)


def list_add(k: Kernel, new: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Put an entry at the front of a list, behind its head.

    >>> list_add(k, addr(q.list), addr(people))
    """
    __list_add(k, new, head, head.next)


def list_add_tail(k: Kernel, new: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Put an entry at the end of a list, before its head.

    >>> list_add_tail(k, addr(q.list), addr(people))
    """
    __list_add(k, new, head.prev, head)


def __list_del(k: Kernel, prev: Ptr[list_head], next: Ptr[list_head]) -> None:
    """Make two entries neighbours; what was between them is out.

    >>> __list_del(k, q.list.prev, q.list.next)
    """
    next.prev = prev
    WRITE_ONCE(prev.next, next)


def __list_del_entry(k: Kernel, entry: Ptr[list_head]) -> None:
    """Take an entry out, and leave its own links as they are.

    >>> __list_del_entry(k, addr(q.list))
    """
    if IS_ENABLED(CONFIG_DEBUG_LIST):
        if not __list_del_entry_valid(k, entry):
            return
    __list_del(k, entry.prev, entry.next)


def list_del(k: Kernel, entry: Ptr[list_head]) -> None:
    """Take an entry out; its links are poisoned: who follows them oopses.

    >>> list_del(k, addr(q.list))
    """
    __list_del_entry(k, entry)
    entry.next = Ptr[list_head](LIST_POISON1)
    if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 9, 0):
        entry.prev = Ptr[list_head](LIST_POISON1 + 0x22)
    else:
        entry.prev = Ptr[list_head](LIST_POISON2)


def list_del_init(k: Kernel, entry: Ptr[list_head]) -> None:
    """Take an entry out, and make an empty list of it, so that it may be taken out once more.

    >>> list_del_init(k, addr(q.list))
    """
    __list_del_entry(k, entry)
    INIT_LIST_HEAD(k, entry)


def list_replace(k: Kernel, old: Ptr[list_head], new: Ptr[list_head]) -> None:
    """Put another entry in the place of one.

    >>> list_replace(k, addr(q.list), addr(v.list))
    """
    new.next = old.next
    new.next.prev = new
    new.prev = old.prev
    new.prev.next = new


def list_move(k: Kernel, entry: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Take an entry out, and put it at the front of a list.

    >>> list_move(k, addr(q.list), addr(people))
    """
    __list_del_entry(k, entry)
    list_add(k, entry, head)


def list_move_tail(k: Kernel, entry: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Take an entry out, and put it at the end of a list.

    >>> list_move_tail(k, addr(q.list), addr(people))
    """
    __list_del_entry(k, entry)
    list_add_tail(k, entry, head)


def list_is_first(k: Kernel, entry: Ptr[list_head], head: Ptr[list_head]) -> int:
    """Whether an entry is the first of a list.

    >>> if list_is_first(k, addr(q.list), addr(people)): return 1
    """
    return entry.prev == head


def list_is_last(k: Kernel, entry: Ptr[list_head], head: Ptr[list_head]) -> int:
    """Whether an entry is the last of a list.

    >>> if list_is_last(k, addr(q.list), addr(people)): return 1
    """
    return entry.next == head


def list_empty(k: Kernel, head: Ptr[list_head]) -> int:
    """Whether a list has no entries.

    >>> if list_empty(k, addr(people)): return -ENOENT
    """
    return READ_ONCE(head.next) == head


def list_is_singular(k: Kernel, head: Ptr[list_head]) -> int:
    """Whether a list has one entry.

    >>> if list_is_singular(k, addr(people)): return 1
    """
    return not list_empty(k, head) and head.next == head.prev


def list_rotate_left(k: Kernel, head: Ptr[list_head]) -> None:
    """Make the first entry of a list the last.

    >>> list_rotate_left(k, addr(people))
    """
    if not list_empty(k, head):
        list_move_tail(k, head.next, head)


def __list_splice(k: Kernel, list: Ptr[list_head], prev: Ptr[list_head], next: Ptr[list_head]) -> None:
    """Put the entries of a list between two that are neighbours.

    >>> __list_splice(k, addr(people), addr(v.list), v.list.next)
    """
    first: Ptr[list_head] = list.next
    last: Ptr[list_head] = list.prev
    first.prev = prev
    prev.next = first
    last.next = next
    next.prev = last


def list_splice(k: Kernel, list: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Put all entries of a list at the front of another; the head that they had is not to be used any more.

    >>> list_splice(k, addr(people), addr(v.list))
    """
    if not list_empty(k, list):
        __list_splice(k, list, head, head.next)


def list_splice_tail(k: Kernel, list: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Put all entries of a list at the end of another; the head that they had is not to be used any more.

    >>> list_splice_tail(k, addr(people), addr(v.list))
    """
    if not list_empty(k, list):
        __list_splice(k, list, head.prev, head)


def list_splice_init(k: Kernel, list: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Put all entries of a list at the front of another; the first list is empty then.

    >>> list_splice_init(k, addr(people), addr(v.list))
    """
    if not list_empty(k, list):
        __list_splice(k, list, head, head.next)
        INIT_LIST_HEAD(k, list)


def list_splice_tail_init(k: Kernel, list: Ptr[list_head], head: Ptr[list_head]) -> None:
    """Put all entries of a list at the end of another; the first list is empty then.

    >>> list_splice_tail_init(k, addr(people), addr(v.list))
    """
    if not list_empty(k, list):
        __list_splice(k, list, head.prev, head)
        INIT_LIST_HEAD(k, list)
