"""How long kshell takes to start, as a ratio to the imports that it cannot do without.

    python -m benchmarks.startup [ROUNDS]

Each figure is the median of several rounds, in which both sides run in turn on the same machine.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

ROUNDS = 9
PATIENCE = 30.0  # seconds until a prompt that does not come is an error
_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\r")
_WHERE_IS_THE_CURSOR, _HERE = b"\x1b[6n", b"\x1b[3;1R"


class Figure(NamedTuple):
    """One comparison: seconds of kshell, seconds of what it is compared with, and the most that the ratio may be."""

    name: str
    seconds: float
    base: float
    limit: float

    @property
    def ratio(self) -> float:
        """How many times longer kshell takes."""
        return self.seconds / self.base

    def __str__(self) -> str:
        verdict = "ok" if self.ratio <= self.limit else "TOO SLOW"
        times = f"{self.seconds * 1e3:6.0f} ms / {self.base * 1e3:5.0f} ms"
        return f"{self.name:<44} {times} = {self.ratio:4.2f}  (at most {self.limit}: {verdict})"


def run_time(*arguments: str) -> float:
    """Seconds from starting Python with these arguments to its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def first_prompt_time() -> float:
    """Seconds from starting kshell on a terminal of 80 by 24 to its first prompt.  RuntimeError if none comes."""
    import fcntl
    import pty
    import select
    import signal
    import struct
    import termios

    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home}
        environment["TERM"] = "xterm-256color"
        start = time.perf_counter()
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execve(sys.executable, [sys.executable, "-m", "kshell"], environment)
        seen = b""
        try:
            while b"\nkshell>" not in _CONTROL.sub(b"", seen):
                if not select.select([terminal], [], [], PATIENCE)[0]:
                    raise RuntimeError(f"no prompt came, only {seen[-200:]!r}")
                data = os.read(terminal, 65536)
                seen += data
                if _WHERE_IS_THE_CURSOR in data:  # a terminal answers this at once
                    os.write(terminal, _HERE)
            return time.perf_counter() - start
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)


def figures(rounds: int = ROUNDS) -> list[Figure]:
    """Both figures; the prompt's is left out on Windows, which has no pseudo-terminals of this kind."""
    command: list[float] = []
    unicorn: list[float] = []
    prompt: list[float] = []
    toolkit: list[float] = []
    run_time("-m", "kshell", "-c", "syscall getpid")  # compiled files and the disk's cache: not counted
    for _ in range(rounds):
        unicorn.append(run_time("-c", "import unicorn"))
        command.append(run_time("-m", "kshell", "-c", "syscall getpid"))
        if os.name == "posix":
            toolkit.append(run_time("-c", "import prompt_toolkit, rich.console"))
            prompt.append(first_prompt_time())
    median = statistics.median
    found = [Figure("kshell -c 'syscall getpid' / import unicorn", median(command), median(unicorn), 2.5)]
    if prompt:
        name = "first prompt / import prompt_toolkit, rich"
        found.append(Figure(name, median(prompt), median(toolkit), 1.7))
    return found


def main() -> int:
    """Print the figures; 1 if one of them is over its limit."""
    found = figures(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    for figure in found:
        print(figure)
    return int(any(figure.ratio > figure.limit for figure in found))


if __name__ == "__main__":
    sys.exit(main())
