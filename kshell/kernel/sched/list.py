"""Circular lists in memory, as bodies in Python change them.

C counterpart: include/linux/list.h.
"""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.list_head import list_head


def INIT_LIST_HEAD(head: list_head) -> None:
    """An empty list: it leads to itself."""
    head.next = head.prev = head


def list_add_tail(new: list_head, head: list_head) -> None:
    """Put an entry before the head, which is at the end."""
    last = head.prev
    head.prev = new
    new.next, new.prev = head, last
    last.next = new


def list_del_init(entry: list_head) -> None:
    """Take an entry out; it leads to itself then."""
    entry.prev.next, entry.next.prev = entry.next, entry.prev
    INIT_LIST_HEAD(entry)


def list_for_each(head: list_head) -> Iterator[list_head]:
    """Each entry; the body may take it out."""
    entry = head.next
    while entry != head:
        following = entry.next
        yield entry
        entry = following
