"""A folder for the files of one presentation, so that it can be given again and again."""

from __future__ import annotations

import os
import shutil
from tempfile import TemporaryDirectory


class OwnFolder:
    """Empty at first; while it is entered, paths are those of this folder.  Gone with the process, at the latest."""

    def __init__(self) -> None:
        self._made: TemporaryDirectory[str] | None = None
        self._before = ""  # the folder that was left for this one

    @property
    def path(self) -> str:
        """Where it is; "" while it is not entered."""
        return self._made.name if self._made is not None and self._before else ""

    def enter(self) -> None:
        """Go there."""
        if self._made is None:
            self._made = TemporaryDirectory(prefix="kshell-present-", ignore_cleanup_errors=True)
        if not self._before:
            self._before = os.getcwd()
        os.chdir(self._made.name)

    def leave(self) -> None:
        """Go back, unless there are files that a person would want to look at."""
        if self._made is not None and not os.listdir(self._made.name):
            self._return()

    def clear(self) -> None:
        """Remove what is in it."""
        assert self._made is not None
        for entry in os.scandir(self._made.name):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)

    def remove(self) -> None:
        """Go back, and remove it."""
        self._return()
        if self._made is not None:
            self._made.cleanup()
            self._made = None

    def _return(self) -> None:
        if self._before:
            os.chdir(self._before)
            self._before = ""
