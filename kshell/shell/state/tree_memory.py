"""What a session has seen of kernel trees, and what it has said about them."""

from __future__ import annotations

import os
from collections.abc import Iterator

MOST_FILES = 5000  # of a tree whose times are looked at
Stamp = tuple[int, int, int, int]  # of a file: when it was written and renamed, its inode, its size


class TreeMemory:
    """`builds` are the kernels that were looked into: a file's stamp, its release and build number.

    `told` has, by occasion, the changes that were mentioned already; `reminded` is what was said last of a tree that
    does not run.
    """

    __slots__ = ("_touched", "builds", "reminded", "told")

    def __init__(self) -> None:
        self.builds: dict[str, tuple[Stamp, tuple[str, int] | None]] = {}
        self.told: dict[str, set[tuple[str, ...]]] = {}
        self.reminded = ""
        self._touched: tuple[str, frozenset[tuple[str, int, int]]] = ("", frozenset())

    def was_touched(self, root: str) -> bool:
        """Whether any file of a tree was written since this was asked last: quick, for every call asks."""
        now = root, frozenset(_times(root))
        if self._touched == now:
            return False
        self._touched = now
        return True


def _times(root: str) -> Iterator[tuple[str, int, int]]:
    """When the files of a tree were written, with their sizes; hidden ones do not count."""
    folders, left = [root], MOST_FILES
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                        continue
                    status = entry.stat(follow_symlinks=False)
                    yield entry.path, status.st_mtime_ns, status.st_size
                    left -= 1
                    if not left:
                        return
        except OSError:  # gone in the meantime, or not ours to read
            continue
