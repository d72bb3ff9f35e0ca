"""chmod with flags: fchmodat2, which came with 6.6.

C counterpart: fs/open.c.
"""

from __future__ import annotations

from kshell.abi.c_types import AtFlags, DirFd, Long, ModeT, Path
from kshell.kernel.core.declare import SYSCALL_DEFINE4
from kshell.kernel.files.calls.attributes import do_fchmodat
from kshell.kernel.kernel import Kernel


@SYSCALL_DEFINE4
def fchmodat2(k: Kernel, dfd: DirFd, filename: Path, mode: ModeT, flags: AtFlags) -> Long:
    """Give a file the permissions of mode, as fchmodat does, with flags.

    flags may hold AT_SYMLINK_NOFOLLOW (a link has no permissions to change) and AT_EMPTY_PATH (an empty path means
    dfd).

    EINVAL        flags holds anything else
    EOPNOTSUPP    AT_SYMLINK_NOFOLLOW, and it is a link
    EPERM         the caller is neither the owner nor root, or it is a file of /proc
    EBADF         the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT        filename is not readable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       dfd or a part of the path that has to be a directory is none
    EACCES        a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_fchmodat(k, dfd, filename, mode, flags)
