"""access with flags: faccessat2, which came with 5.8.

C counterpart: fs/open.c.
"""

from __future__ import annotations

from kshell.abi.c_types import AccessFlags, AccessMode, DirFd, Long, Path
from kshell.kernel.core.declare import SYSCALL_DEFINE4
from kshell.kernel.files.calls.access import do_faccessat
from kshell.kernel.kernel import Kernel


@SYSCALL_DEFINE4
def faccessat2(k: Kernel, dfd: DirFd, filename: Path, mode: AccessMode, flags: AccessFlags) -> Long:
    """Say whether a file may be used so, as faccessat does, with flags.

    AT_EACCESS asks for the effective user, as open does; AT_SYMLINK_NOFOLLOW asks for a link itself; with AT_EMPTY_PATH
    an empty path means dfd, which may then be any open file.

    EINVAL        flags holds anything else, or mode more than R_OK, W_OK and X_OK
    EBADF         the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT        filename is not readable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       dfd or a part of the path that has to be a directory is none
    EACCES        permission bits forbid it, on the file or on a directory of its path
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_faccessat(k, dfd, filename, mode, flags)
