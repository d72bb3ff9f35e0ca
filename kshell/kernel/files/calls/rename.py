"""Another place for a name: rename, renameat, renameat2.

C counterpart: fs/namei.c.
"""

from __future__ import annotations

from kshell.abi.c_types import DirFd, Long, Path, RenameFlags
from kshell.abi.fcntl import AT_FDCWD
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE4, SYSCALL_DEFINE5
from kshell.kernel.files.rename import do_renameat2
from kshell.kernel.kernel import Kernel


@SYSCALL_DEFINE2
def rename(k: Kernel, oldname: Path, newname: Path) -> Long:
    """Give a file or a directory another name; what had that name before is gone, at once.

    Whoever looks finds the one or the other, at no moment none. A link itself is renamed, not what it leads to.

    EFAULT        a path is not readable user memory
    ENOENT        oldname or a directory of a path does not exist, a path is empty, or the new directory was removed
    ENOTDIR       a part of a path that has to be a directory is none, or a directory would replace what is none
    EISDIR        newname is a directory, and oldname is none
    ENOTEMPTY     newname is a directory with names in it, or one that oldname is in
    EINVAL        oldname is a directory that newname would be in
    EXDEV         the two are in different file systems
    EBUSY         a path ends in `.` or `..`, or another file system begins there
    EACCES        a directory may not be written or searched, or one that moves may not be written
    EPERM         a directory is sticky and both belong to others, or nothing can be renamed there
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or a path 4095
    """
    return do_renameat2(k, AT_FDCWD, oldname, AT_FDCWD, newname, 0)


@SYSCALL_DEFINE4
def renameat(k: Kernel, olddfd: DirFd, oldname: Path, newdfd: DirFd, newname: Path) -> Long:
    """Rename as rename does, with relative paths starting at the directories olddfd and newdfd.

    EBADF    a path is relative and its descriptor is neither open nor AT_FDCWD
    ENOTDIR  olddfd, newdfd or a part of a path that has to be a directory is none
    Otherwise as rename.
    """
    return do_renameat2(k, olddfd, oldname, newdfd, newname, 0)


@SYSCALL_DEFINE5
def renameat2(k: Kernel, olddfd: DirFd, oldname: Path, newdfd: DirFd, newname: Path, flags: RenameFlags) -> Long:
    """Rename as renameat does, with flags.

    RENAME_NOREPLACE refuses a name that is taken, RENAME_EXCHANGE lets the two names change places. RENAME_WHITEOUT is
    not built here.

    EINVAL  flags holds anything else or both of them, or a directory would be in itself
    EEXIST  RENAME_NOREPLACE, and newname exists
    Otherwise as renameat.
    """
    return do_renameat2(k, olddfd, oldname, newdfd, newname, flags)
