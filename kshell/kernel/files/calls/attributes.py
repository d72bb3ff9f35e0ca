"""Permissions and owners: chmod, chown and their relatives.

C counterpart: fs/open.c.
"""

from __future__ import annotations

from kshell.abi.c_types import AtFlags, DirFd, Fd, GidT, Long, ModeT, Path, UidT
from kshell.abi.errno import EBADF
from kshell.abi.fcntl import AT_FDCWD, AT_SYMLINK_NOFOLLOW
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE3, SYSCALL_DEFINE5
from kshell.kernel.files.attributes import chmod_common, chown_common, lookup
from kshell.kernel.kernel import Kernel


def do_fchmodat(k: Kernel, dfd: int, filename: int, mode: int, flags: int) -> int:
    """Change the permissions of what a path means; 0 or a negative errno."""
    found = lookup(k, dfd, filename, flags)
    return found if isinstance(found, int) else chmod_common(k, found.inode, mode)


def do_fchownat(k: Kernel, dfd: int, filename: int, user: int, group: int, flags: int) -> int:
    """Change the owner and group of what a path means; 0 or a negative errno."""
    found = lookup(k, dfd, filename, flags)
    return found if isinstance(found, int) else chown_common(k, found.inode, user, group)


@SYSCALL_DEFINE2
def chmod(k: Kernel, filename: Path, mode: ModeT) -> Long:
    """Give a file the permissions of mode; what it is stays as it is.

    The set-group-id bit is dropped if the caller is neither root nor of the file's group.

    EPERM         the caller is neither the owner nor root, or it is a file of /proc
    EFAULT        filename is not readable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_fchmodat(k, AT_FDCWD, filename, mode, 0)


@SYSCALL_DEFINE2
def fchmod(k: Kernel, fd: Fd, mode: ModeT) -> Long:
    """Give an open file the permissions of mode.

    EBADF  fd is not open, or was opened with O_PATH
    EPERM  the caller is neither the owner nor root, or it is a file of /proc
    """
    file = k.current.files.get(fd)
    return -EBADF if file is None else chmod_common(k, file.inode, mode)


@SYSCALL_DEFINE3
def fchmodat(k: Kernel, dfd: DirFd, filename: Path, mode: ModeT) -> Long:
    """Give a file the permissions of mode, with relative paths starting at the directory dfd.

    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as chmod.
    """
    return do_fchmodat(k, dfd, filename, mode, 0)


@SYSCALL_DEFINE3
def chown(k: Kernel, filename: Path, user: UidT, group: GidT) -> Long:
    """Give a file to another user and group; -1 leaves the one or the other as it is.

    Only root gives files away; an owner may choose a group that he is in. What is no directory loses set-user-id, and
    set-group-id if the group may execute it.

    EPERM         the caller may not
    EFAULT        filename is not readable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_fchownat(k, AT_FDCWD, filename, user, group, 0)


@SYSCALL_DEFINE3
def lchown(k: Kernel, filename: Path, user: UidT, group: GidT) -> Long:
    """Give a file, or a symbolic link itself, to another user and group.

    Otherwise as chown.
    """
    return do_fchownat(k, AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW)


@SYSCALL_DEFINE3
def fchown(k: Kernel, fd: Fd, user: UidT, group: GidT) -> Long:
    """Give an open file to another user and group.

    EBADF  fd is not open, or was opened with O_PATH
    EPERM  the caller may not
    """
    file = k.current.files.get(fd)
    return -EBADF if file is None else chown_common(k, file.inode, user, group)


@SYSCALL_DEFINE5
def fchownat(k: Kernel, dfd: DirFd, filename: Path, user: UidT, group: GidT, flag: AtFlags) -> Long:
    """Give a file to another user and group, with relative paths starting at the directory dfd.

    flag may hold AT_SYMLINK_NOFOLLOW (a link itself) and AT_EMPTY_PATH (an empty path means dfd).

    EINVAL   flag holds anything else
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as chown.
    """
    return do_fchownat(k, dfd, filename, user, group, flag)
