"""Fuzzy matching: which names a few typed letters may mean, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LAST = 9


class Candidate:
    """Something that may be inserted: `text`, what it means, what the list shows for it, and what follows it.

    `tail` is inserted behind it when it was the only choice: a blank, nothing for a folder, a closing quote.
    `rank` puts some before others that match as well (0 first); those of rank LAST stand behind all others, unless it
    is their very name that was typed.
    """

    __slots__ = ("meaning", "rank", "shown", "tail", "text")

    def __init__(self, text: str, meaning: str = "", shown: str = "", tail: str = " ", rank: int = 0) -> None:
        self.text, self.meaning, self.tail, self.rank = text, meaning, tail, rank
        self.shown = shown or text

    def __repr__(self) -> str:
        return f"Candidate({self.text!r})"


class Match(NamedTuple):
    """A candidate and where the typed letters stand in what is shown of it."""

    candidate: Candidate
    places: tuple[int, ...]


def match(query: str, text: str) -> tuple[int, tuple[int, ...]] | None:
    """How well `query` fits `text` (0 is best) and at which places; None if it does not.

    Best is the name itself, then a beginning, then the beginning of a part (``pid`` in get_pid), then any part, then
    the letters in order with the first one at the beginning of a part (``gtpid`` in getpid).
    """
    if not query:
        return 0, ()
    if text.startswith(query):
        return int(len(text) > len(query)), tuple(range(len(query)))
    folded, wanted = text.lower(), query.lower()
    at = folded.find(wanted)
    if at == 0:
        return 2, tuple(range(len(query)))
    if at > 0:
        start = folded.find("_" + wanted)
        found = start + 1 if start >= 0 else at
        return (3 if start >= 0 else 4), tuple(range(found, found + len(query)))
    return _scattered(wanted, folded)


def _scattered(wanted: str, folded: str) -> tuple[int, tuple[int, ...]] | None:
    if len(wanted) < 2:
        return None
    starts = [at for at, c in enumerate(folded) if c == wanted[0] and (at == 0 or not folded[at - 1].isalnum())]
    for start in starts:
        places = [start]
        for c in wanted[1:]:
            at = folded.find(c, places[-1] + 1)
            if at < 0:
                break
            places.append(at)
        else:
            spread = places[-1] - places[0] + 1 - len(places)
            return 5 + min(spread, 40), tuple(places)
    return None


def rank(query: str, candidates: Iterable[Candidate]) -> list[Match]:
    """The candidates that fit, the best first; equal ones in the order in which they came.

    Where a whole name was typed, only names that begin with it fit.
    """
    found = []
    for order, candidate in enumerate(candidates):
        fit = match(query, candidate.shown)
        if fit is not None:
            quality, places = fit
            late = candidate.rank == LAST and quality > 0
            found.append((late, quality, candidate.rank, order, Match(candidate, places)))
    if query and any(quality == 0 for _, quality, *_ in found):
        found = [entry for entry in found if entry[1] < 2]
    found.sort(key=lambda entry: entry[:4])
    return [entry[4] for entry in found]
