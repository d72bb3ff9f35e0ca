"""The size of a file: truncate, ftruncate.

C counterpart: fs/open.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Fd, Long, Path, ULong, to_signed64
from kshell.abi.errno import EBADF, EINVAL, EISDIR
from kshell.abi.fcntl import AT_FDCWD, O_LARGEFILE
from kshell.abi.st_mode import S_ISDIR, S_ISREG
from kshell.kernel.core.declare import SYSCALL_DEFINE2
from kshell.kernel.files.truncate import do_truncate
from kshell.kernel.fs.file import FMODE_WRITE
from kshell.kernel.fs.inode import MAX_NON_LFS, MAY_WRITE, inode_permission
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.kernel import Kernel


def do_sys_truncate(k: Kernel, path: int, length: int) -> int:
    """Truncate what a path means; 0 or a negative errno."""
    if length < 0:
        return -EINVAL
    name = getname(k, path)
    found = name if isinstance(name, int) else filename_lookup(k, AT_FDCWD, name)
    if isinstance(found, int):
        return found
    inode = found.inode
    if not S_ISREG(inode.mode):
        return -EISDIR if S_ISDIR(inode.mode) else -EINVAL
    err = inode_permission(k.current.cred, inode, MAY_WRITE)
    if not err:
        do_truncate(k, inode, length, always=False)
    return err


def do_sys_ftruncate(k: Kernel, fd: int, length: int, small: bool = True) -> int:
    """Truncate an open file, with `small` only to what one that was opened without O_LARGEFILE may have."""
    if length < 0:
        return -EINVAL
    file = k.current.files.get(fd)
    if file is None:
        return -EBADF
    if not S_ISREG(file.inode.mode) or not file.mode & FMODE_WRITE:
        return -EINVAL
    if small and not file.flags & O_LARGEFILE and length > MAX_NON_LFS:
        return -EINVAL
    do_truncate(k, file.inode, length, always=True)
    return 0


@SYSCALL_DEFINE2
def truncate(k: Kernel, path: Path, length: Long) -> Long:
    """Make a file length bytes long: what is behind is lost, and what is new reads as zeros and takes no room.

    EINVAL        length is negative, or it is no regular file
    EISDIR        it is a directory
    EFAULT        path is not readable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        permission bits forbid it, on the file or on a directory of its path
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_sys_truncate(k, path, length)


@SYSCALL_DEFINE2
def ftruncate(k: Kernel, fd: Fd, length: ULong) -> Long:
    """Make an open file length bytes long; its position stays where it is.

    EINVAL  length is negative as a signed number, fd is not open for writing, or it is no regular file
    EBADF   fd is not open, or was opened with O_PATH
    """
    return do_sys_ftruncate(k, fd, to_signed64(length))
