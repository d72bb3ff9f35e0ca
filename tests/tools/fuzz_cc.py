"""Random C trees by kshell's back end, run by themselves under the emulator, against gcc's code of the same C.

    .venv/bin/python tests/tools/fuzz_cc.py [UNITS] [SECONDS] [SEED] [LEVEL]

A unit has five functions that call each other; those that take numbers alone are called three times each.  LEVEL is
gcc's (-O1).  A unit that fails is made small and its C is printed; the last line has the figures, exit status 1 on a
failure.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.cc.back.compare import differences, random_units
from tests.cc.back.shrink import report

BATCH = 40


def main(units=4000, seconds=600, seed=1, level="-O1"):
    """Batches of units, until one has differences."""
    begin, called, failures, made = time.monotonic(), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        while made < units and time.monotonic() - begin < seconds:
            batch = random_units(seed + made, min(BATCH, units - made))
            made += len(batch)
            count, found = differences(batch, Path(folder), seed, level)
            called += count
            failures += len(found)
            for each in found[:3]:
                print(report(each.unit, Path(folder), seed, level))
    functions = 5 * made
    elapsed = time.monotonic() - begin
    print(f"fuzz_cc: {functions} functions, {called} calls in {elapsed:.0f} s, {failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4]), *sys.argv[4:5]))
