"""Ctrl-C twice or more, 0 to 60 ms apart, at the end of a program, of a script, and at the prompt.

    .venv/bin/python tests/tools/fuzz_doublec.py [TRIALS=300] [SEED=1]

Counts tracebacks that are shown, sessions that died, and sessions whose getpid does not answer.  The last line has the
figures; exit status 1 on a failure.
"""

import random
import re
import sys
import time
from collections import Counter

from long_work import write_files
from ptylib import CTRL_C, ESCAPES
from r1lib import fresh, start
from workers import options

COMMANDS = ("run --hex ebfe", "run --hex ebfe", "source long.ksh", "")
PRESSES = (2, 2, 3, 5, 10)
GAPS = (0, 0.001, 0.003, 0.005, 0.01, 0.02, 0.03, 0.06)
PING_EVERY = 10
ERROR = re.compile(rb"\n(\w+(?:Error|Interrupt)[^\r\n]*)")


def main() -> int:
    """All trials; returns the exit status."""
    count, seed = (int(option) for option in options(300, 1))
    d = random.Random(seed)
    write_files()
    fresh()
    session = start()
    found: Counter[str] = Counter()
    for i in range(count):
        command = d.choice(COMMANDS)
        session.buf = b""
        if command:
            session.send(command + "\r")
            session.pump(0.15 + d.random() * 0.1)
        presses, gap = d.choice(PRESSES), d.choice(GAPS)
        for _ in range(presses):
            session.send(CTRL_C)
            time.sleep(gap)
        session.pump(0.3)
        where = f"after {presses} presses {gap * 1000:.0f} ms apart in {command!r}"
        if b"Traceback" in session.buf:
            found["tracebacks"] += 1
            print("TRACEBACK", where, ERROR.findall(session.buf)[:1], flush=True)
        if not session.alive():
            found["died"] += 1
            print("DIED", where, "exit status", session.rc, ESCAPES.sub(b" ", session.buf)[-700:], flush=True)
        elif i % PING_EVERY == 0 and not session.ping_again(6):
            found["silent"] += 1
            print("NO GETPID", where, session.buf[-200:], flush=True)
        else:
            continue
        session.kill()
        session = start()
    session.kill()
    print(
        f"fuzz_doublec: {count} trials, {found['tracebacks']} tracebacks, {found['died']} sessions died, "
        f"{found['silent']} without getpid"
    )
    return int(found.total() > 0)


if __name__ == "__main__":
    sys.exit(main())
