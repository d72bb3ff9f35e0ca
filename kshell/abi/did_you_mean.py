"""What somebody meant who mistyped a name: the one place that finds it, for every room."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], most: int = 1, *, slip: bool = False) -> list[str]:
    """The known words nearest to `word`, at `most` so many, the nearest first; letter case does not count.

    Where none is near, the ones that begin with `word` (three letters at least), the shortest first.  `slip`: only what
    differs by a letter or two, where something else than a mistyped name is as likely.
    """
    from difflib import get_close_matches

    by_lower: dict[str, str] = {}
    for name in known:
        by_lower.setdefault(name.lower(), name)
    word = word[:80].lower()
    close = get_close_matches(word, by_lower, n=most, cutoff=0.8 if slip else 0.6)
    if not close and not slip and len(word) >= 3:
        close = sorted((name for name in by_lower if name.startswith(word)), key=len)[:most]
    return [by_lower[name] for name in close]
