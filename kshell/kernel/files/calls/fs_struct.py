"""What a task takes for granted when it names files: umask, fchdir.

C counterpart: kernel/sys.c, fs/open.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Fd, Long, Umask
from kshell.abi.errno import EBADF, ENOTDIR
from kshell.kernel.core.declare import SYSCALL_DEFINE1
from kshell.kernel.fs.inode import MAY_EXEC, DirectoryInode, inode_permission
from kshell.kernel.kernel import Kernel

S_IRWXUGO = 0o777


@SYSCALL_DEFINE1
def umask(k: Kernel, mask: Umask) -> Long:
    """Set the permissions that files are made without, and return what they were.

    Of mask only the lower nine bits count. It cannot fail.
    """
    task = k.current
    before, task.umask = task.umask, mask & S_IRWXUGO
    return before


@SYSCALL_DEFINE1
def fchdir(k: Kernel, fd: Fd) -> Long:
    """Make an open directory the one that relative paths start at.

    EBADF    fd is not open
    ENOTDIR  fd is not a directory
    EACCES   it may not be searched (x bit)
    """
    file = k.current.files.get_raw(fd)
    if file is None:
        return -EBADF
    if not isinstance(file.inode, DirectoryInode):
        return -ENOTDIR
    err = inode_permission(k.current.cred, file.inode, MAY_EXEC)
    if not err:
        k.current.cwd = file.dentry
    return err
