"""One way to measure: the best of one side against the best of the other, both taken in turn in the same run.

Another program on the machine can only make a measurement longer, so the shortest of several is the least disturbed.
A figure that misses its limit is measured again, and the best of each side kept, before anybody says so.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

Measurement = Callable[[], float]  # seconds
TRIES = 4


class Figure(NamedTuple):
    """One line of the report: what was measured, against what limit, and whether it holds."""

    name: str
    value: str
    limit: str = "for comparison"
    good: bool = True

    def __str__(self) -> str:
        return f"{self.name:<58} {self.value:>12}  {self.limit:<16} {'ok' if self.good else 'MISSED'}"


def ratio(candidate: Measurement, baseline: Measurement, rounds: int, most: float = inf) -> float:
    """The shortest time of `candidate` divided by the shortest of `baseline`: 2 is twice as long.

    Each of `rounds` takes both; while the result is above `most`, they are taken again, TRIES times at the most.
    """
    best_baseline = best_candidate = inf
    for _ in range(TRIES):
        for _ in range(rounds):
            best_baseline = min(best_baseline, baseline())
            best_candidate = min(best_candidate, candidate())
        if best_candidate / best_baseline <= most:
            break
    return best_candidate / best_baseline


def slower(name: str, candidate: Measurement, baseline: Measurement, rounds: int, most: float | None = None) -> Figure:
    """How many times longer `candidate` takes; at most `most`, or for comparison."""
    if most is None:
        return Figure(name, f"{ratio(candidate, baseline, rounds):.2f}")
    value = ratio(candidate, baseline, rounds, most)
    return Figure(name, f"{value:.2f}", f"at most {most}", value <= most)


def speed(name: str, candidate: Measurement, baseline: Measurement, rounds: int, least: float | None = None) -> Figure:
    """The speed of `candidate` as a part of the baseline's: 1 is as fast, 0.5 takes twice as long."""
    if least is None:
        return Figure(name, f"{1 / ratio(candidate, baseline, rounds):.3f}")
    value = 1 / ratio(candidate, baseline, rounds, 1 / least)
    return Figure(name, f"{value:.3f}", f"at least {least:.3f}", value >= least)


def milliseconds(name: str, candidate: Measurement, rounds: int, most: float | None = None) -> Figure:
    """The shortest time of `candidate`, which a person waits for: its baseline is a millisecond."""
    value = ratio(candidate, lambda: 0.001, rounds, inf if most is None else most)
    if most is None:
        return Figure(name, f"{value:.1f} ms")
    return Figure(name, f"{value:.1f} ms", f"at most {most:.0f} ms", value <= most)
