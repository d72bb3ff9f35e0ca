"""Ctrl-C twice or more, 0 to 60 ms apart: in programs, modules, builds and scripts, at the prompt and the debugger's,
while the shell starts and while it ends.

    .venv/bin/python tests/tools/fuzz_doublec.py [TRIALS=300] [SEED=1] [COMMAND...]

Counts tracebacks that are shown, sessions that died, and sessions whose getpid does not answer.  The last line has the
figures; exit status 1 on a failure.
"""

import random
import sys
import time
from collections import Counter

from fuzz_ctrlc import prepare
from long_work import write_files
from ptylib import CTRL_C, ESCAPES, P
from r1lib import fresh, start
from workers import options

ENTER, EXIT, START, DEBUGGED = "\r", "exit", "start", "break init\rinsmod loopinit.py"
COMMANDS = (
    *("run --hex ebfe", "run --hex ebfe", "source long.ksh", "", "make -C ct", "insmod loopinit.py", "boot"),
    *(
        "trace run --hex ebfe",
        "table check big.tbl",
        "insmod printer.py",
        EXIT,
        START,
        "kallsyms",
        "tree new ct2 --force",
    ),
    *("syscall read 0 buf:10 10", "asm", DEBUGGED),
)
PRESSES = (2, 2, 3, 5, 10)
GAPS = (0, 0.001, 0.003, 0.005, 0.01, 0.02, 0.03, 0.06)
PING_EVERY = 10


def main() -> int:
    """All trials; returns the exit status."""
    count, seed = (int(option) for option in options(300, 1))
    commands = tuple(sys.argv[3:]) or COMMANDS
    d = random.Random(seed)
    write_files()
    fresh()
    session = start()
    prepare(session)
    found: Counter[str] = Counter()
    for i in range(count):
        command = d.choice(commands)
        session.buf = b""
        if command == START:
            session.kill()
            session = P()
            session.expect(rb"Try: ")
        elif command:
            session.send(command + ENTER)
        if command:
            session.pump(d.choice((0, 0.001, 0.01, 0.15)) + d.random() * 0.1)
        presses, gap = d.choice(PRESSES), d.choice(GAPS)
        for _ in range(presses):
            session.send(CTRL_C)
            time.sleep(gap)
        session.pump(0.3)
        where = f"after {presses} presses {gap * 1000:.0f} ms apart in {command!r}"
        if b"Traceback" in session.buf:
            found["tracebacks"] += 1
            print("TRACEBACK", where, session.trouble().decode(errors="replace"), flush=True)
        if (command == EXIT and session.wait(5) in (0, 130)) or (command == DEBUGGED and session.alive()):
            session.kill()  # at the debugger's prompt no call is made while one stands still
            session = start()
        elif not session.alive():
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
