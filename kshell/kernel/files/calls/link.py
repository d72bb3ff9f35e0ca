"""More names for a file, and links that hold a path: link, linkat, symlink, symlinkat.

C counterpart: fs/namei.c.
"""

from __future__ import annotations

from kshell.abi.c_types import AtFlags, DirFd, Long, Path
from kshell.abi.errno import EPERM
from kshell.abi.fcntl import AT_FDCWD
from kshell.abi.st_mode import S_IFLNK
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE3, SYSCALL_DEFINE5
from kshell.kernel.files.create import filename_create
from kshell.kernel.files.link import ShmemSymlink, do_linkat
from kshell.kernel.fs.inode import Inode, SuperBlock
from kshell.kernel.fs.namei import getname, vfs_create
from kshell.kernel.kernel import Kernel


def do_symlinkat(k: Kernel, oldname: int, newdfd: int, newname: int) -> int:
    """Make a link that holds a path, whatever that leads to; 0 or a negative errno."""
    target = getname(k, oldname)
    if isinstance(target, int):
        return target
    nd = filename_create(k, newdfd, newname)
    if isinstance(nd, int):
        return nd

    def make(sb: SuperBlock, mode: int, now: int, uid: int, gid: int) -> Inode:
        return ShmemSymlink(sb, target, now, uid, gid)

    made = vfs_create(nd, make, S_IFLNK, fixed=EPERM)
    return made if isinstance(made, int) else 0


@SYSCALL_DEFINE2
def link(k: Kernel, oldname: Path, newname: Path) -> Long:
    """Give a file one more name: both are equally its own, and it stays until the last is removed.

    EFAULT        a path is not readable user memory
    ENOENT        oldname or a directory of a path does not exist, a path is empty, or the new directory was removed
    EEXIST        newname is taken
    ENOTDIR       a part of a path that has to be a directory is none
    EPERM         oldname is a directory, or somebody else's file that may not be written
    EXDEV         the two are in different file systems
    EACCES        the new directory may not be written, or one of a path not searched
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or a path 4095
    """
    return do_linkat(k, AT_FDCWD, oldname, AT_FDCWD, newname, 0)


@SYSCALL_DEFINE5
def linkat(k: Kernel, olddfd: DirFd, oldname: Path, newdfd: DirFd, newname: Path, flags: AtFlags) -> Long:
    """Give a file one more name as link does, with relative paths starting at the directories olddfd and newdfd.

    With AT_SYMLINK_FOLLOW a link is followed; with AT_EMPTY_PATH an empty oldname means the open file olddfd, which may
    be one of O_TMPFILE that has no name yet (before 6.10 only root may do that: ENOENT).

    EINVAL   flags holds anything else
    EBADF    a path is relative and its descriptor is neither open nor AT_FDCWD
    ENOTDIR  olddfd, newdfd or a part of a path that has to be a directory is none
    Otherwise as link.
    """
    return do_linkat(k, olddfd, oldname, newdfd, newname, flags)


@SYSCALL_DEFINE2
def symlink(k: Kernel, oldname: Path, newname: Path) -> Long:
    """Make a symbolic link newname, which holds the path oldname; nobody looks whether that leads anywhere.

    EFAULT        a path is not readable user memory
    ENOENT        a directory of newname does not exist, a path is empty, or the directory was removed
    EEXIST        newname is taken
    ENOTDIR       a part of newname that has to be a directory is none
    EACCES        the directory may not be written, or one of the path not searched
    EPERM         nothing can be made in /sys
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or a path 4095
    ENOSPC        the file system holds as many files as it can
    """
    return do_symlinkat(k, oldname, AT_FDCWD, newname)


@SYSCALL_DEFINE3
def symlinkat(k: Kernel, oldname: Path, newdfd: DirFd, newname: Path) -> Long:
    """Make a symbolic link as symlink does, with a relative newname starting at the directory newdfd.

    EBADF    newname is relative and newdfd is neither open nor AT_FDCWD
    ENOTDIR  newdfd or a part of newname that has to be a directory is none
    Otherwise as symlink.
    """
    return do_symlinkat(k, oldname, newdfd, newname)
