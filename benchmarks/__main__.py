"""All figures: ``python -m benchmarks`` (minutes), or ``--quick`` (fewer rounds, and it judges nothing).

Ratios hold where absolute times do not: machines are shared and noisy.  Ends with 1 where a figure misses its limit.
"""

from __future__ import annotations

import os
import sys

# The figures of starting up are those of a student's second start: with compiled files, as pip leaves them too.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from benchmarks import ctrl_c, machine, modules, startup, trees
from kshell.machine.registers import fast_path_available

ROUND_LIMIT_MS = 50.0
CTRL_C_LIMIT_MS = 100.0
KEY_LIMIT_MS = 20.0


def show(name: str, figure: str, limit: str, good: bool) -> bool:
    """Print one figure; returns whether it is good."""
    print(f"{name:<58} {figure:>12}  {limit:<16} {'ok' if good else 'MISSED'}", flush=True)
    return good


def main(quick: bool) -> int:
    """Measure and print everything."""
    print(f"registers move by {'pointer (fast path)' if fast_path_available() else 'the public binding (SLOW PATH)'}")
    good = True
    for what, value, least in machine.results():
        bound = f"at least {least:.3f}" if least else "for comparison"
        good &= show(what, f"{value:.3f}", bound, least is None or value >= least)
    for kind, spent in ctrl_c.medians_ms(3 if quick else ctrl_c.ROUNDS).items():
        limit = f"at most {CTRL_C_LIMIT_MS:.0f} ms"
        good &= show(f"Ctrl-C in a loop of {kind}", f"{spent:.1f} ms", limit, spent <= CTRL_C_LIMIT_MS)
    for figure in startup.figures(3 if quick else startup.ROUNDS):
        limit = f"at most {figure.limit}"
        good &= show(figure.name, f"{figure.ratio:.2f}", limit, figure.ratio <= figure.limit)
    spent = modules.edit_load_call_ms(10 if quick else 50)
    limit = f"at most {ROUND_LIMIT_MS:.0f} ms"
    good &= show("a module edited, unloaded, loaded and called", f"{spent:.1f} ms", limit, spent <= ROUND_LIMIT_MS)
    spent = modules.key_ms()
    good &= show(
        "a key at the prompt completed", f"{spent:.1f} ms", f"at most {KEY_LIMIT_MS:.0f} ms", spent <= KEY_LIMIT_MS
    )
    show("booting a kernel", f"{modules.boot_ms():.1f} ms", "for comparison", True)
    for built in trees.figures(2 if quick else 5):
        limit = "for comparison" if built.limit is None else f"at most {built.limit}"
        good &= show(built.name, f"{built.ratio:.2f}", limit, built.limit is None or built.ratio <= built.limit)
    rounds = 500 if quick else 10_000
    left = {kind: count for kind, count in modules.what_rounds_leave_behind(rounds).items() if count}
    good &= show(f"{rounds:,} rounds of insmod, call, rmmod leave behind", str(left or "nothing"), "nothing", not left)
    return 0 if good or quick else 1


if __name__ == "__main__":
    sys.exit(main("--quick" in sys.argv[1:]))
