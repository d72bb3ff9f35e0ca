"""The prompt in a pseudo-terminal, one odd scenario each: pastes, control bytes, signals, sizes, environments, files.

    .venv/bin/python tests/tools/fuzz_repl.py [SCENARIO...]

The last line has the figures; exit status 1 on a failure.
"""

import sys
from importlib import import_module

from r1lib import fresh
from repl_scenario import SCENARIOS, failures, run

for name in ("repl_keys", "repl_signals", "repl_files"):
    import_module(name)  # its scenarios enter themselves


def main() -> int:
    """Run what is named; returns the exit status."""
    unknown = [name for name in sys.argv[1:] if name not in SCENARIOS]
    if unknown:
        print(f"no scenario {' '.join(unknown)}; there are {' '.join(SCENARIOS)}")
        return 2
    fresh()
    count = run(sys.argv[1:])
    print(f"fuzz_repl: {count} scenarios, {len(failures)} failures {failures}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
