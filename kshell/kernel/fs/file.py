"""Open files, and the table of them that a task has.

A descriptor is an index into the table; the `File` behind it holds position and flags, and several
descriptors may share it (dup).  C counterparts: fs/file.c, fs/file_table.c.
"""

from __future__ import annotations

from typing import Any

from kshell.abi.errno import EBADF, EMFILE
from kshell.abi.fcntl import O_PATH
from kshell.kernel.fs.dcache import Dentry

RLIMIT_NOFILE = 1024  # descriptors that one task may have

FMODE_READ, FMODE_WRITE, FMODE_PATH = 1, 2, 4


class File:
    """An open file; C: struct file.  `count` is how many descriptors share it; `private_data` is its inode's own."""

    __slots__ = ("count", "dentry", "flags", "inode", "mode", "pos", "private_data")

    def __init__(self, dentry: Dentry, flags: int) -> None:
        self.dentry, self.inode, self.flags = dentry, dentry.inode, flags
        # O_RDONLY, O_WRONLY and O_RDWR are 0, 1, 2: one more gives the bits. The fourth value gives neither.
        self.mode = FMODE_PATH if flags & O_PATH else (flags + 1) & 3
        self.pos = 0
        self.count = 0
        self.private_data: Any = None
        self.inode.users += 1

    def put(self) -> None:
        """One descriptor fewer; the last one releases the file.  C: fput()."""
        self.count -= 1
        if self.count <= 0:
            if not self.mode & FMODE_PATH:
                self.inode.release(self)
            self.inode.users -= 1
            self.inode.put()


class Kiocb:
    """One transfer: which file, and at which offset it has come; C: struct kiocb."""

    __slots__ = ("file", "pos")

    def __init__(self, file: File, pos: int) -> None:
        self.file, self.pos = file, pos


class FilesStruct:
    """A task's descriptors; C: struct files_struct.  Numbers are given out lowest first."""

    __slots__ = ("_close_on_exec", "_files", "_next_fd")

    def __init__(self) -> None:
        self._files: dict[int, File] = {}
        self._close_on_exec: set[int] = set()
        self._next_fd = 0  # every number below is taken

    def get_unused_fd(self, start: int = 0) -> int:
        """The lowest free descriptor from `start` on, or -EMFILE.  C: get_unused_fd_flags()."""
        fd = max(start, self._next_fd)
        while fd in self._files:
            fd += 1
        if start <= self._next_fd:
            self._next_fd = fd
        return fd if fd < RLIMIT_NOFILE else -EMFILE

    def install(self, fd: int, file: File, cloexec: bool = False) -> None:
        """Let `fd` mean `file`; what it meant before is closed.  C: fd_install(), do_dup2()."""
        old = self._files.get(fd)
        file.count += 1
        self._files[fd] = file
        self.set_close_on_exec(fd, cloexec)
        if old is not None:
            old.put()

    def get(self, fd: int) -> File | None:
        """The open file behind `fd`, None if there is none or it was opened with O_PATH.  C: fget()."""
        file = self._files.get(fd)
        return None if file is None or file.mode & FMODE_PATH else file

    def get_raw(self, fd: int) -> File | None:
        """As `get`, with those of O_PATH.  C: fget_raw()."""
        return self._files.get(fd)

    def close(self, fd: int) -> int:
        """Free the number; 0 or -EBADF.  C: close_fd()."""
        file = self._files.pop(fd, None)
        if file is None:
            return -EBADF
        self._close_on_exec.discard(fd)
        self._next_fd = min(self._next_fd, fd)
        file.put()
        return 0

    def close_on_exec(self, fd: int) -> bool:
        """Whether `fd` is closed by execve()."""
        return fd in self._close_on_exec

    def set_close_on_exec(self, fd: int, flag: bool) -> None:
        """Let execve() close `fd`, or not."""
        (self._close_on_exec.add if flag else self._close_on_exec.discard)(fd)

    def items(self) -> list[tuple[int, File]]:
        """Every descriptor with its file, in order of number."""
        return sorted(self._files.items())

    def copy(self) -> FilesStruct:
        """The table of a child: the same open files under the same numbers.  C: dup_fd()."""
        child = FilesStruct()
        for fd, file in self._files.items():
            child.install(fd, file, fd in self._close_on_exec)
        return child

    def close_all(self) -> None:
        """Close everything, as at the end of a task.  C: exit_files()."""
        for fd in list(self._files):
            self.close(fd)
