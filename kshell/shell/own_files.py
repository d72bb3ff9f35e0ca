"""Files of kshell's own, the settings and the history: whatever stands at their path, reading it comes to an end."""

from __future__ import annotations

import os
import stat

_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_own(path: str, flags: int, mode: int = 0o600) -> int:
    """A descriptor of a regular file; OSError where it is none (a pipe, a device, a folder)."""
    descriptor = os.open(path, flags | _NO_WAITING, mode)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "not a regular file", path)
    return descriptor


def read_last(path: str, most: int) -> bytes:
    """The bytes of such a file, the last `most` of them if there are more."""
    with open(open_own(path, os.O_RDONLY), "rb") as file:
        file.seek(max(os.fstat(file.fileno()).st_size - most, 0))
        return file.read(most)


def read_whole(path: str, most: int) -> bytes:
    """All bytes of such a file; OSError if there are more than `most`."""
    data = read_last(path, most + 1)
    if len(data) > most:
        raise OSError(0, f"larger than {most >> 10} KiB", path)
    return data
