"""A file that only grows, line by line: what was written stays, whatever ends kshell."""

from __future__ import annotations

import os


def append(path: str, text: str) -> None:
    """Write lines behind those that are there, all at once; what was cut off in the middle of a line gets an end.

    OSError where that cannot be done.
    """
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    try:
        size = os.lseek(file, 0, os.SEEK_END)
        if size:
            os.lseek(file, size - 1, os.SEEK_SET)
        is_cut_off = bool(size) and os.read(file, 1) != b"\n"
        os.write(file, b"\n" * is_cut_off + text.encode())
    finally:
        os.close(file)
