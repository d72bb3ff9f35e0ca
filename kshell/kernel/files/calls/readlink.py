"""Where a symbolic link leads: readlink, readlinkat.

C counterpart: fs/stat.c.
"""

from __future__ import annotations

from kshell.abi.c_types import BufOut, DirFd, Int, Long, Path
from kshell.abi.errno import EFAULT, EINVAL, ENOENT
from kshell.abi.fcntl import AT_FDCWD
from kshell.kernel.core.declare import SYSCALL_DEFINE3, SYSCALL_DEFINE4
from kshell.kernel.fs.inode import SymlinkInode
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user


def do_readlinkat(k: Kernel, dfd: int, pathname: int, buf: int, bufsiz: int) -> int:
    """Copy as much of a link's target as there is room for; how many bytes, or a negative errno."""
    if bufsiz <= 0:
        return -EINVAL
    name = getname(k, pathname, empty_ok=True)
    found = name if isinstance(name, int) else filename_lookup(k, dfd, name, follow=False)
    if isinstance(found, int):
        return found
    link = found.inode
    if not isinstance(link, SymlinkInode):
        return -EINVAL if name else -ENOENT
    link.accessed(k.clock.realtime_ns())
    target = link.target[:bufsiz]
    return -EFAULT if copy_to_user(k, buf, target) else len(target)


@SYSCALL_DEFINE3
def readlink(k: Kernel, path: Path, buf: BufOut, bufsiz: Int) -> Long:
    """Store the path that a symbolic link holds, and return how many bytes that are.

    No NUL is stored. A path that is longer than bufsiz is cut, and nothing says so.

    EINVAL        bufsiz is not positive, or path is no symbolic link
    EFAULT        path is not readable, or buf not writable user memory
    ENOENT        the link or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_readlinkat(k, AT_FDCWD, path, buf, bufsiz)


@SYSCALL_DEFINE4
def readlinkat(k: Kernel, dfd: DirFd, pathname: Path, buf: BufOut, bufsiz: Int) -> Long:
    """Store the path that a symbolic link holds, with relative paths starting at the directory dfd.

    An empty path means dfd itself, a link that was opened with O_PATH and O_NOFOLLOW.

    EINVAL   bufsiz is not positive, or pathname is no symbolic link
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   pathname is not readable, or buf not writable user memory
    ENOENT   the link or a directory of its path does not exist, or the path is empty and dfd is no link
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as readlink.
    """
    return do_readlinkat(k, dfd, pathname, buf, bufsiz)
