"""How long kshell takes to start, as a ratio to the imports that it cannot do without."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from benchmarks.ratio import Figure, slower

ROUNDS = 9
PATIENCE = 30.0  # seconds until a prompt that does not come is an error
_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\r")
_WHERE_IS_THE_CURSOR, _HERE = b"\x1b[6n", b"\x1b[3;1R"


def run_time(*arguments: str) -> float:
    """Seconds from starting Python with these arguments to its end."""
    start = time.perf_counter()
    nothing = subprocess.DEVNULL
    # In a session of its own, as on a terminal: some schedulers give a busy machine's time out by sessions.
    subprocess.run([sys.executable, *arguments], check=True, stdout=nothing, stdin=nothing, start_new_session=True)
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


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Both figures; the prompt's is left out on Windows, which has no pseudo-terminals of this kind."""
    command, unicorn = ("-m", "kshell", "-c", "syscall getpid"), ("-c", "import unicorn")
    run_time(*command)  # compiled files and the disk's cache: not counted
    name = "kshell -c 'syscall getpid' / import unicorn"
    yield slower(name, lambda: run_time(*command), lambda: run_time(*unicorn), rounds, most=2.8)
    if os.name == "posix":
        name, toolkit = "first prompt / import prompt_toolkit, rich", ("-c", "import prompt_toolkit, rich.console")
        yield slower(name, first_prompt_time, lambda: run_time(*toolkit), rounds, most=1.7)
