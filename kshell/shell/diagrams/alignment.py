"""Two traces, hop beside hop: which hops of the one are which of the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from kshell.kernel.trace.event import Event

# What tells an event from others of its kind, addresses and results apart.
IDENTITY = ("function", "stub", "message", "text", "file", "line", "command")
# The ways to a call's function, which differ from release to release, are one station of its path.
WAYS = frozenset({"slot", "case", "default", "ni_syscall", "past_end", "minus_one"})
WAYS |= {f"{way}_32" for way in WAYS}  # those of `int 0x80`


class Pair(NamedTuple):
    """The places of a hop in the two traces; None where one of them has no such hop."""

    a: int | None
    b: int | None


def align(a: Sequence[Event], b: Sequence[Event]) -> list[Pair]:
    """Pairs that have every event of both, each once and in order.

    First those that are the same; between them those of the same kind.
    """
    return list(_aligned(a, b, _identity, _by_kind))


def _by_kind(a: Sequence[Event], b: Sequence[Event]) -> Iterator[Pair]:
    return _aligned(a, b, kind, _apart)


def _apart(a: Sequence[Event], b: Sequence[Event]) -> Iterator[Pair]:
    yield from (Pair(at, None) for at in range(len(a)))
    yield from (Pair(None, at) for at in range(len(b)))


def _aligned(
    a: Sequence[Event],
    b: Sequence[Event],
    key: Callable[[Event], Hashable],
    others: Callable[[Sequence[Event], Sequence[Event]], Iterator[Pair]],
) -> Iterator[Pair]:
    """Events with the same key beside each other; what is between them as `others` has it."""
    matcher = SequenceMatcher(None, [key(each) for each in a], [key(each) for each in b], autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            yield from map(Pair, range(a_from, a_to), range(b_from, b_to))
            continue
        for pair in others(a[a_from:a_to], b[b_from:b_to]):
            yield Pair(
                None if pair.a is None else pair.a + a_from,
                None if pair.b is None else pair.b + b_from,
            )


def kind(event: Event) -> str:
    """The station of a path that an event is at."""
    return "way" if event.what in WAYS else event.what


def _identity(event: Event) -> Hashable:
    return kind(event), *(event.values.get(name) for name in IDENTITY)
