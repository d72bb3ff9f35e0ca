"""The entries of a circular list: each of them in a `for`, the first, the next (C: <linux/list.h>)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from kshell.linux.kernel import container_of
from kshell.linux.types import Ptr, list_head

_T = TypeVar("_T")


def list_entry(pointer: Ptr[list_head], kind: type[_T], field: str) -> Ptr[_T]:
    """The struct whose link is at `pointer`.

    >>> q = list_entry(v.list.next, e, "list")
    """
    return container_of(pointer, kind, field)


def list_first_entry(head: Ptr[list_head], kind: type[_T], field: str) -> Ptr[_T]:
    """The first entry of a list, which must have one: of an empty one it is what lies around the head.

    >>> q = list_first_entry(addr(people), e, "list")
    """
    return container_of(head.next, kind, field)


def list_last_entry(head: Ptr[list_head], kind: type[_T], field: str) -> Ptr[_T]:
    """The last entry of a list, which must have one: of an empty one it is what lies around the head.

    >>> q = list_last_entry(addr(people), e, "list")
    """
    return container_of(head.prev, kind, field)


def list_first_entry_or_null(head: Ptr[list_head], kind: type[_T], field: str) -> Ptr[_T]:
    """The first entry of a list, or NULL.

    NULL  the list is empty

    >>> q = list_first_entry_or_null(addr(people), e, "list")
    """
    return Ptr[kind](None) if head.next == head else container_of(head.next, kind, field)  # type: ignore[valid-type]


def list_next_entry(entry: Ptr[_T], field: str) -> Ptr[_T]:
    """The entry behind one; behind the last one it is what lies around the head.

    >>> q = list_next_entry(q, "list")
    """


def list_prev_entry(entry: Ptr[_T], field: str) -> Ptr[_T]:
    """The entry before one; before the first one it is what lies around the head.

    >>> q = list_prev_entry(q, "list")
    """


def list_for_each(head: Ptr[list_head]) -> Iterator[Ptr[list_head]]:
    """Each link of a list, in a `for`.

    >>> for each in list_for_each(addr(people)): x += list_entry(each, e, "list").n
    """


def list_for_each_prev(head: Ptr[list_head]) -> Iterator[Ptr[list_head]]:
    """The same from the end to the front.

    >>> for each in list_for_each_prev(addr(people)): x += list_entry(each, e, "list").n
    """


def list_for_each_safe(head: Ptr[list_head]) -> Iterator[Ptr[list_head]]:
    """The same as list_for_each, and the body may take the link out: the next one is known before.

    >>> for each in list_for_each_safe(addr(people)): list_del(k, each)
    """


def list_for_each_entry(kind: type[_T], head: Ptr[list_head], field: str) -> Iterator[Ptr[_T]]:
    """Each entry of a list, in a `for`; `field` is what links them.

    >>> for each in list_for_each_entry(e, addr(people), "list"): x += each.n
    """


def list_for_each_entry_reverse(kind: type[_T], head: Ptr[list_head], field: str) -> Iterator[Ptr[_T]]:
    """The same from the end to the front.

    >>> for each in list_for_each_entry_reverse(e, addr(people), "list"): x += each.n
    """


def list_for_each_entry_safe(kind: type[_T], head: Ptr[list_head], field: str) -> Iterator[Ptr[_T]]:
    """The same as list_for_each_entry, and the body may take the entry out and free it: the next one is known before.

    >>> for each in list_for_each_entry_safe(e, addr(people), "list"): kfree(k, each)
    """


def list_for_each_entry_safe_reverse(kind: type[_T], head: Ptr[list_head], field: str) -> Iterator[Ptr[_T]]:
    """The same from the end to the front.

    >>> for each in list_for_each_entry_safe_reverse(e, addr(people), "list"): kfree(k, each)
    """
