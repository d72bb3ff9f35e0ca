"""Writing to the disk, of which there is none: sync, syncfs, fsync, fdatasync.

C counterpart: fs/sync.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Fd, Long
from kshell.abi.errno import EBADF, EINVAL
from kshell.kernel.core.declare import SYSCALL_DEFINE0, SYSCALL_DEFINE1
from kshell.kernel.fs.inode import DirectoryInode, Inode
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel


def _can_sync(inode: Inode) -> bool:
    """Whether it knows of fsync at all (C: f_op->fsync)."""
    if isinstance(inode, DirectoryInode):
        return not inode.fixed
    return isinstance(inode, RegularInode) or inode.sb.name == "sysfs"


def do_fsync(k: Kernel, fd: int) -> int:
    """All is where it stays already: 0, or why there is nothing to be said of that."""
    file = k.current.files.get(fd)
    if file is None:
        return -EBADF
    return 0 if _can_sync(file.inode) else -EINVAL


@SYSCALL_DEFINE0
def sync(k: Kernel) -> Long:
    """Wait until all that was written is on its disk; here files are in memory, and nothing is left to do.

    It cannot fail.
    """
    return 0


@SYSCALL_DEFINE1
def syncfs(k: Kernel, fd: Fd) -> Long:
    """Wait as sync does, for the file system that fd is in.

    EBADF  fd is not open, or was opened with O_PATH
    """
    return -EBADF if k.current.files.get(fd) is None else 0


@SYSCALL_DEFINE1
def fsync(k: Kernel, fd: Fd) -> Long:
    """Wait until what was written to a file is on its disk; here that is at once.

    EBADF   fd is not open, or was opened with O_PATH
    EINVAL  fd is a pipe, a device or a file of /proc, which no disk holds
    """
    return do_fsync(k, fd)


@SYSCALL_DEFINE1
def fdatasync(k: Kernel, fd: Fd) -> Long:
    """Wait as fsync does, for the contents alone.

    EBADF   fd is not open, or was opened with O_PATH
    EINVAL  fd is a pipe, a device or a file of /proc, which no disk holds
    """
    return do_fsync(k, fd)
