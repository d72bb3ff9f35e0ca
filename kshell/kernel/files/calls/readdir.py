"""The names in a directory: getdents64, and getdents with the structure of before.

C counterpart: fs/readdir.c.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.c_types import DirentOut, Fd, Long, UInt
from kshell.abi.errno import EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR
from kshell.kernel.core.declare import SYSCALL_DEFINE3
from kshell.kernel.files.readdir import DirEntry, iterate_dir, told
from kshell.kernel.fs.inode import DirectoryInode
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok, copy_to_user

ACCESS_OK_UNTIL = (5, 7)


class Dirent(NamedTuple):
    """One of the structures: d_ino, d_off and d_reclen stand at its beginning, the first two in `word` bytes each.  A
    negative `type_at` counts from the end."""

    word: int
    name_at: int
    type_at: int

    def reclen(self, name: bytes) -> int:
        """How many bytes it takes with this name."""
        size = self.name_at + len(name) + 1 + (self.type_at < 0)
        return -(-size // self.word) * self.word

    def store(self, k: Kernel, at: int, entry: DirEntry) -> bool:
        """Store all but d_off, field by field: what lies between them stays as it is.  Whether that could be done."""
        size = self.reclen(entry.name)
        fields = (
            (0, entry.ino.to_bytes(self.word, "little")),
            (2 * self.word, size.to_bytes(2, "little")),
            (self.type_at % size, bytes([entry.kind])),
            (self.name_at + len(entry.name), b"\0"),
            (self.name_at, entry.name),
        )
        return not any(copy_to_user(k, at + offset, data) for offset, data in fields)

    def store_off(self, k: Kernel, at: int, pos: int) -> bool:
        """Store d_off, where the next name stands.  Whether that could be done."""
        return not copy_to_user(k, at + self.word, pos.to_bytes(self.word, "little"))


LINUX_DIRENT64, LINUX_DIRENT = Dirent(8, 19, 18), Dirent(8, 18, -1)


def do_getdents(k: Kernel, fd: int, dirent: int, count: int, layout: Dirent) -> int:
    """Store as many records as there is room for; the bytes, 0 at the end, or a negative errno."""
    if k.profile.version < ACCESS_OK_UNTIL and not access_ok(k, dirent, count, "getdents"):
        return -EFAULT
    file = k.current.files.get(fd)
    if file is None:
        return -EBADF
    if not isinstance(file.inode, DirectoryInode):
        return -ENOTDIR
    if not file.dentry.hashed:
        return -ENOENT
    entries, end = iterate_dir(k, file)
    file.inode.accessed(k.clock.realtime_ns())
    done, size, err, last, pos = 0, 0, 0, None, end
    for entry in entries:
        pos = entry.pos
        if layout.reclen(entry.name) > count - done:
            err = -EINVAL
            break
        told_off = last is None or layout.store_off(k, dirent + done - size, pos)
        if not told_off or not layout.store(k, dirent + done, entry):
            err = -EFAULT
            break
        last, size = entry, layout.reclen(entry.name)
        done, pos = done + size, end
    if last is None:
        return err
    told(file, last, pos)
    return done if layout.store_off(k, dirent + done - size, pos) else -EFAULT


@SYSCALL_DEFINE3
def getdents(k: Kernel, fd: Fd, dirent: DirentOut, count: UInt) -> Long:
    """Store names of an open directory as getdents64 does, in records of before: the kind is their last byte.

    EBADF    fd is not open, or was opened with O_PATH
    ENOTDIR  fd is not a directory
    ENOENT   the directory has been removed
    EINVAL   count is too small for the next record
    EFAULT   dirent is not writable user memory
    """
    return do_getdents(k, fd, dirent, count, LINUX_DIRENT)


@SYSCALL_DEFINE3
def getdents64(k: Kernel, fd: Fd, dirent: DirentOut, count: UInt) -> Long:
    """Store names of an open directory, as many as fit into count bytes, and return how many bytes they take.

    A record has the number of the inode (8 bytes), the position of the next record (8), its own length (2), the kind
    of file (1: 4 is a directory, 8 a regular file, 10 a symbolic link), and the name with its NUL, up to a multiple
    of 8. The newest name is first. Call it until it answers 0; lseek to 0 begins anew.

    EBADF    fd is not open, or was opened with O_PATH
    ENOTDIR  fd is not a directory
    ENOENT   the directory has been removed
    EINVAL   count is too small for the next record
    EFAULT   dirent is not writable user memory
    """
    return do_getdents(k, fd, dirent, count, LINUX_DIRENT64)
