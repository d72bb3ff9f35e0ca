"""Ctrl-C, through a pseudo-terminal, at a random moment of everything that runs long: is the prompt back at once?

    .venv/bin/python tests/tools/fuzz_ctrlc.py [ROUNDS=220] [SEED=1] [NAME...]

The names are those of COMMANDS in long_work.py.  Fails where there is no prompt within 5 s, on a traceback, and where
getpid does not answer afterwards; what took more than 0.4 s is named.  The last line has the figures; exit status 1 on
a failure.
"""

import random
import re
import shutil
import sys
import time

from long_work import COMMANDS, NOT_ENTERED, write_files
from ptylib import CTRL_C, PROMPT, WORK, P
from r1lib import fresh, start

PATIENCE = 5  # seconds until a prompt that has not come is a failure
SLOW = 0.4
PRESSES = (1, 1, 1, 2, 3, 5)
GAPS = (0, 0.001, 0.02)


class Rounds:
    """A session that is interrupted again and again."""

    def __init__(self, seed: int) -> None:
        self.d = random.Random(seed)
        self.session = start()
        self.times: list[float] = []
        self.slow: list[tuple[str, float]] = []
        self.failures: list[tuple[str, str]] = []

    def fail(self, name: str, why: str, shown: bytes) -> None:
        """Print and count a failure."""
        self.failures.append((name, why))
        print(f"FAIL {name}: {why}:", shown.decode(errors="replace"), flush=True)

    def round(self, name: str) -> None:
        """Start a command, press Ctrl-C, wait for the prompt, ask for the pid."""
        session, d = self.session, self.d
        session.buf = b""
        session.send(COMMANDS[name] + ("" if name in NOT_ENTERED else "\r"))
        session.pump(0.005 + d.random() ** 2 * 1.2)
        took = self._press(d.choice(PRESSES))
        self.times.append(took)
        if took > SLOW:
            self.slow.append((name, round(took, 2)))
        if trouble := session.trouble():
            self.fail(name, "traceback", trouble)
        if took >= PATIENCE:
            self.fail(name, f"no prompt in {PATIENCE} s", session.buf[-200:])
        session.pump(0.15)
        if not session.ping_again(6):
            self.fail(name, f"no getpid, exit status {session.rc}", session.buf[-300:])
            session.kill()
            self.session = start()

    def _press(self, times: int) -> float:
        """Press Ctrl-C; the seconds until the prompt, or until PATIENCE is at its end."""
        session, mark, began = self.session, len(self.session.buf), time.time()
        for _ in range(times):
            session.send(CTRL_C)
            time.sleep(self.d.choice(GAPS))
        while time.time() - began < PATIENCE:
            if not session.pump(0.01) or re.search(PROMPT, session.buf[mark:]):
                break
        return time.time() - began


def prepare(session: P) -> None:
    """Lay out the tree that some of the commands build."""
    session.send("tree new ct\r")
    session.expect(rb"next:")
    session.pump(1)


def main() -> int:
    """All rounds; returns the exit status."""
    count, seed, *names = (*sys.argv[1:], *("220", "1")[len(sys.argv) - 1 :])
    write_files()
    fresh()
    for tree in ("ct", "ct2"):
        shutil.rmtree(WORK / tree, ignore_errors=True)
    rounds = Rounds(int(seed))
    prepare(rounds.session)
    names = names or list(COMMANDS)
    for i in range(int(count)):
        rounds.round(names[i % len(names)])
    rounds.session.send(b"\x03make -C ct\r")
    built = rounds.session.expect(rb"next:|error|Error|interrupted", 20)
    print("make after all:", built and built.group().decode())
    rounds.session.kill()
    times = sorted(rounds.times)
    median, most, longest = (f"{times[i] * 1000:.0f} ms" for i in (len(times) // 2, int(len(times) * 0.95), -1))
    print("slow:", rounds.slow)
    print(
        f"fuzz_ctrlc: {len(times)} presses, median {median}, 95% {most}, max {longest}, "
        f"{len(rounds.slow)} over {SLOW} s, {len(rounds.failures)} failures {rounds.failures}"
    )
    return int(bool(rounds.failures))


if __name__ == "__main__":
    sys.exit(main())
