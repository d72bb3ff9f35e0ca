"""All figures: ``python -m benchmarks`` (minutes), or ``--quick`` (fewer rounds, and it judges nothing).

Ratios hold where absolute times do not: machines are shared and noisy.  Ends with 1 where a figure misses its limit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

# The figures of starting up are those of a student's second start: with compiled files, as pip leaves them too.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from benchmarks import ctrl_c, faults, lessons, machine, modules, ratio, replay, ring0, startup, trees
from kshell.machine.registers import fast_path_available


def figures(quick: bool) -> Iterator[ratio.Figure]:
    """Each figure as soon as it is measured."""
    yield from machine.figures(2 if quick else machine.ROUNDS)
    yield from faults.figures(2 if quick else machine.ROUNDS)
    yield from ctrl_c.figures(3 if quick else ctrl_c.PRESSES)
    yield from startup.figures(3 if quick else startup.ROUNDS)
    yield from ring0.figures(2 if quick else machine.ROUNDS)
    yield from modules.figures(10 if quick else 50)
    yield from trees.figures(2 if quick else trees.ROUNDS)
    yield from replay.figures(2 if quick else replay.ROUNDS)
    yield from lessons.figures(2 if quick else lessons.ROUNDS)
    yield modules.leaves_nothing(500 if quick else 10_000)


def main(quick: bool) -> int:
    """Measure and print everything."""
    if quick:
        ratio.TRIES = 1
    print(f"registers move by {'pointer (fast path)' if fast_path_available() else 'the public binding (SLOW PATH)'}")
    good = True
    for figure in figures(quick):
        print(figure, flush=True)
        good &= figure.good
    return 0 if good or quick else 1


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv[1:]))
