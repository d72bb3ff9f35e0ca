"""A list of the kernel's followed link by link, and what is wrong with it where it does not lead back to its head.

C counterpart: none; crash has `list -H`.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel

LIST_POISON1, LIST_POISON2 = 0xDEAD_0000_0000_0100, 0xDEAD_0000_0000_0200


class Walked(NamedTuple):
    """The `links` that were met, and the `end`: "head" (it leads back), "poison" (a deleted entry), "null",
    "unreadable", "circle" (to an entry that is no head), "prev" (a link back that leads elsewhere) or "many".  `at` is
    the pointer that was followed last, `prev` what a wrong link back says."""

    links: list[int]
    end: str
    at: int
    prev: int = 0


def walk(k: Kernel, head: int, most: int) -> Walked:
    """Follow the next pointers from a list_head."""
    links: list[int] = []
    seen: set[int] = set()
    before, at = head, _load(k, head)
    while at != head:
        if len(links) == most:
            return Walked(links, "many", at or 0)
        wrong = _wrong(at, seen)
        prev = None if wrong or at is None else _load(k, at + 8)
        if wrong or at is None or prev is None:
            return Walked(links, wrong or "unreadable", at or 0)
        seen.add(at)
        links.append(at)
        if prev != before:
            return Walked(links, "prev", at, prev)
        before, at = at, _load(k, at)
    last = _load(k, head + 8)
    return Walked(links, "head", head) if last == before else Walked(links, "prev", head, last or 0)


def _wrong(at: int | None, seen: set[int]) -> str:
    if at == 0:
        return "null"
    if at in (LIST_POISON1, LIST_POISON2):
        return "poison"
    return "circle" if at in seen else ""


def _load(k: Kernel, address: int) -> int | None:
    try:
        return k.memory.load(address)
    except KernelFault:
        return None
