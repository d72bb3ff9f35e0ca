"""kshell in a pseudo-terminal: what a test types, and what comes out."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from scratch import KSHELL, SCRATCH

WORK, HOME = SCRATCH / "w", SCRATCH / "home"  # the prompt's folder, and its home
HISTORY, CONFIG = HOME / ".local/state/kshell/history", HOME / ".config/kshell/config.toml"
PROMPT = rb"kshell[^>]{0,40}>"  # a release in it has a colour of its own
CTRL_C, CTRL_D, CTRL_U = b"\x03", b"\x04", b"\x15"
ASK_POSITION, POSITION = b"\x1b[6n", b"\x1b[1;1R"  # a terminal answers where its cursor is
ESCAPES = re.compile(rb"\x1b\][^\x07]*\x07|\x1b\[[0-9;?]*[a-zA-Z]|\x1b.|\s")
PIECE = 512  # bytes that are typed at once
KEPT = ("PATH", "PYTHONPATH", "FUZZ_SCRATCH")  # of our own environment


class P:
    """A process in a pseudo-terminal of its own; `buf` is what it has shown since the last `expect`, `rc` its exit
    status once it has ended."""

    def __init__(
        self,
        args: Sequence[str] = (),
        env: dict[str, str | None] | None = None,
        rows: int = 24,
        cols: int = 80,
        cwd: Path = WORK,
        home: Path = HOME,
        argv0: Sequence[str] = (KSHELL,),
    ) -> None:
        """Start it; an `env` value of None takes a variable away."""
        wanted = {key: os.environ[key] for key in KEPT if key in os.environ}
        wanted |= {"TERM": "xterm-256color", "HOME": str(home), "LANG": "C.UTF-8"}
        changed = {**wanted, **(env or {})}
        environment = {key: value for key, value in changed.items() if value is not None}
        cwd.mkdir(parents=True, exist_ok=True)
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(cwd)
            os.execve(argv0[0], [*argv0, *args], environment)
        self.buf = b""
        self.rc: int | None = None
        self.size(rows, cols)

    def size(self, rows: int, cols: int) -> None:
        """Resize the terminal."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        if self.rc is None:
            os.kill(self.pid, signal.SIGWINCH)

    def send(self, data: bytes | str) -> None:
        """Type; meanwhile what it shows is read, so that neither side waits for the other."""
        left = data.encode() if isinstance(data, str) else data
        while left:
            readable, writable, _ = select.select([self.fd], [self.fd], [], 5)
            if readable:
                self.pump(0)
            if writable:
                try:
                    left = left[os.write(self.fd, left[:PIECE]) :]
                except OSError:
                    return
            if not readable and not writable:
                return

    def pump(self, seconds: float = 0.05) -> bool:
        """Read what it shows for so long; False if the terminal was closed."""
        end = time.time() + seconds
        while True:
            if not select.select([self.fd], [], [], max(0, end - time.time()))[0]:
                return True
            late = time.time() > end + 0.01
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                return False
            self.buf += data
            if ASK_POSITION in data:
                os.write(self.fd, POSITION)
            if late:
                return True

    def expect(self, pattern: bytes, seconds: float = 15) -> re.Match[bytes] | None:
        """Read until the pattern has come; what is before it is forgotten.  None if it has not come in time."""
        end, living = time.time() + seconds, True
        while living and time.time() < end:
            if found := re.search(pattern, self.buf):
                break
            living = self.pump(0.02)
        if found := re.search(pattern, self.buf):
            self.buf = self.buf[found.end() :]
        return found

    def alive(self) -> bool:
        """Whether the process still runs."""
        if self.rc is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.rc = os.waitstatus_to_exitcode(status)
        return self.rc is None

    def wait(self, seconds: float = 10) -> int | None:
        """Wait for its end; its exit status, None if it still runs."""
        end = time.time() + seconds
        while time.time() < end and self.alive():
            if not self.pump(0.02):
                time.sleep(0.02)
        return self.rc

    def kill(self) -> None:
        """End it, if it still runs, and close the terminal."""
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.rc = -signal.SIGKILL
        try:
            os.close(self.fd)
        except OSError:
            pass  # a scenario has closed it

    def ping(self, seconds: float = 15) -> bool:
        """Whether a getpid at the prompt is answered, however narrow the terminal; then waits for the next prompt."""
        self.buf = b""
        self.send(CTRL_U + b"syscall getpid\r")
        if not self._shows(rb"getpid\(\)=\d+", seconds):
            return False
        self._shows(rb"getpid\(\)=\d+.*" + PROMPT, 2)
        self.pump(0.1)  # what is typed while the terminal changes its mode would be lost
        return True

    def _shows(self, pattern: bytes, seconds: float) -> bool:
        """Whether the pattern comes, in what is shown without escape sequences and blanks."""
        end, living = time.time() + seconds, True
        while living and time.time() < end and not re.search(pattern, ESCAPES.sub(b"", self.buf), re.DOTALL):
            living = self.pump(0.02)
        return bool(re.search(pattern, ESCAPES.sub(b"", self.buf), re.DOTALL))

    def ping_again(self, seconds: float) -> bool:
        """Like ping; once more after a Ctrl-C, as a person would, where something still waits for input."""
        if self.ping(seconds):
            return True
        self.send(CTRL_C)
        self.pump(0.5)
        return self.ping(seconds)

    def trouble(self) -> bytes:
        """A traceback or an internal error that is on the screen, with what is around it."""
        at = max(self.buf.find(b"Traceback"), self.buf.find(b"internal error"))
        return self.buf[max(0, at - 200) : at + 1500] if at >= 0 else b""
