"""What every read, write and seek checks before the file itself is asked.

C counterpart: fs/read_write.c.
"""

from __future__ import annotations

from collections.abc import Sequence

from kshell.abi.errno import EBADF, EFAULT, EINVAL, ESPIPE
from kshell.abi.fcntl import SEEK_MAX
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, File, Kiocb
from kshell.kernel.fs.inode import MAX_LFS_FILESIZE
from kshell.kernel.fs.uio import UserIter
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok


def _check(file: File, pos: int, segments: Sequence[tuple[int, int]], mode: int) -> int:
    """The checks of vfs_read() and vfs_write(), in their order: 0 or a negative errno."""
    if not file.mode & mode:
        return -EBADF
    for address, length in segments:
        if not access_ok(address, length):
            return -EFAULT
    if file.inode.can_seek and pos + sum(length for _, length in segments) > MAX_LFS_FILESIZE:
        return -EINVAL
    return 0


def vfs_read(k: Kernel, iocb: Kiocb, *segments: tuple[int, int]) -> int:
    """Read into user memory, (address, length) each; the bytes read or a negative errno."""
    err = _check(iocb.file, iocb.pos, segments, FMODE_READ)
    return err or iocb.file.inode.read_iter(k, iocb, UserIter(k, *segments))


def vfs_write(k: Kernel, iocb: Kiocb, *segments: tuple[int, int]) -> int:
    """Write from user memory, (address, length) each; the bytes written or a negative errno."""
    err = _check(iocb.file, iocb.pos, segments, FMODE_WRITE)
    return err or iocb.file.inode.write_iter(k, iocb, UserIter(k, *segments))


def vfs_llseek(file: File, offset: int, whence: int) -> int:
    """Move the position; EINVAL for an unknown `whence` comes before ESPIPE, and both before what the file says."""
    if whence > SEEK_MAX:
        return -EINVAL
    return file.inode.llseek(file, offset, whence) if file.inode.can_seek else -ESPIPE
