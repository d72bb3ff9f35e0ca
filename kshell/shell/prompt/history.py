"""The lines of earlier sessions, in a file that this user alone can read."""

from __future__ import annotations

import os
from collections.abc import Iterable

from prompt_toolkit.history import History

from kshell.shell.own_files import open_own, read_last

LONGEST = 10_000  # characters; a longer line was pasted, and nobody will search for it
LARGEST = 4 << 20  # bytes that are read; what is before them is dropped
KEPT = 5000
"""Lines that are kept; the file is cut back to that many when it has grown to twice of them."""


class LineHistory(History):
    """A history file with one line an entry.  A file that cannot be read or written is told once, in `problem`."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.problem = ""

    def append_string(self, string: str) -> None:
        """Remember what was typed; each line of a pasted text stands for itself."""
        for line in string.split("\n"):
            if line.strip() and len(line) <= LONGEST:
                super().append_string(line)

    def load_history_strings(self) -> Iterable[str]:
        """The lines, the newest first."""
        try:
            data = read_last(self.path, LARGEST)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._failed(error)
            return []
        lines = [line for line in data.decode("utf-8", "surrogateescape").split("\n") if line.strip()]
        lines = [line for line in lines if len(line) <= LONGEST]
        if len(lines) > 2 * KEPT or len(data) == LARGEST:
            self._rewrite(lines[-KEPT:])
        return reversed(lines[-KEPT:])

    def store_string(self, string: str) -> None:
        """Append a line.  One write to a file opened for appending: two shells may share it."""
        try:
            os.makedirs(os.path.dirname(self.path) or ".", mode=0o700, exist_ok=True)
            with open(_open(self.path, os.O_APPEND), "ab", buffering=0) as file:
                file.write(string.encode("utf-8", "surrogateescape") + b"\n")
        except (OSError, UnicodeEncodeError) as error:
            self._failed(error)

    def _rewrite(self, lines: list[str]) -> None:
        new = f"{self.path}.{os.getpid()}"
        try:
            with open(_open(new, os.O_EXCL), "wb") as file:
                file.write("\n".join([*lines, ""]).encode("utf-8", "surrogateescape"))
            os.replace(new, self.path)
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError | UnicodeEncodeError) -> None:
        words = error.strerror if isinstance(error, OSError) else "not text"
        self.problem = self.problem or f"{self.path}: {words}; the history lasts for this session only"


def _open(path: str, how: int) -> int:
    """A descriptor to write to a file that this user alone can read."""
    return open_own(path, os.O_WRONLY | os.O_CREAT | how)
