"""What is known of a file: stat, lstat, fstat, newfstatat.

The table calls the entries of the first three newstat, newlstat and newfstat: `new` against the
structures of 1991.  C counterpart: fs/stat.c.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.c_types import AtFlags, DirFd, Fd, Long, Path, StatPtr
from kshell.abi.clock import NSEC_PER_SEC
from kshell.abi.errno import EBADF, EFAULT, EINVAL
from kshell.abi.fcntl import AT_EMPTY_PATH, AT_FDCWD, AT_NO_AUTOMOUNT, AT_STATX_SYNC_TYPE, AT_SYMLINK_NOFOLLOW
from kshell.abi.structs import pack_stat
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE4
from kshell.kernel.fs.inode import Inode
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user

Copy = Callable[[Kernel, Inode, int], int]  # writes one of the structures


def cp_new_stat(k: Kernel, inode: Inode, statbuf: int) -> int:
    """Copy the struct stat of `inode` out; 0 or -EFAULT."""
    data = pack_stat(
        st_dev=inode.sb.dev,
        st_ino=inode.ino,
        st_nlink=inode.nlink,
        st_mode=inode.mode,
        st_uid=inode.uid,
        st_gid=inode.gid,
        st_rdev=inode.rdev,
        st_size=inode.size,
        st_blksize=inode.sb.blocksize,
        st_blocks=inode.blocks,
        atime=divmod(inode.atime, NSEC_PER_SEC),
        mtime=divmod(inode.mtime, NSEC_PER_SEC),
        ctime=divmod(inode.ctime, NSEC_PER_SEC),
    )
    return -EFAULT if copy_to_user(k, statbuf, data) else 0


def vfs_fstat(k: Kernel, fd: int, statbuf: int, copy: Copy = cp_new_stat) -> int:
    """What is known of an open file; -EBADF if it is none."""
    file = k.current.files.get_raw(fd)
    return -EBADF if file is None else copy(k, file.inode, statbuf)


def vfs_statx(k: Kernel, dfd: int, name: bytes | int, flags: int, statbuf: int, copy: Copy = cp_new_stat) -> int:
    """What all calls with a path do: flags, path (an errno, if it could not be fetched), copy."""
    if flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE):
        return -EINVAL
    if isinstance(name, int):
        return name
    found = filename_lookup(k, dfd, name, follow=not flags & AT_SYMLINK_NOFOLLOW)
    return found if isinstance(found, int) else copy(k, found.inode, statbuf)


@SYSCALL_DEFINE2
def newstat(k: Kernel, filename: Path, statbuf: StatPtr) -> Long:
    """Store what is known of a file: kind, permissions, owner, size, times.

    No permission on the file itself is needed, only on the directories of its path.  A symbolic link is
    followed.

    EFAULT        filename or statbuf is not usable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return vfs_statx(k, AT_FDCWD, getname(k, filename), 0, statbuf)


@SYSCALL_DEFINE2
def newlstat(k: Kernel, filename: Path, statbuf: StatPtr) -> Long:
    """Store what is known of a file, or of a symbolic link itself.

    Otherwise as newstat.
    """
    return vfs_statx(k, AT_FDCWD, getname(k, filename), AT_SYMLINK_NOFOLLOW, statbuf)


@SYSCALL_DEFINE2
def newfstat(k: Kernel, fd: Fd, statbuf: StatPtr) -> Long:
    """Store what is known of an open file.

    EBADF   fd is not open
    EFAULT  statbuf is not writable user memory
    """
    return vfs_fstat(k, fd, statbuf)


@SYSCALL_DEFINE4
def newfstatat(k: Kernel, dfd: DirFd, filename: Path, statbuf: StatPtr, flag: AtFlags) -> Long:
    """Store what is known of a file, with relative paths starting at the directory dfd.

    flag may hold AT_SYMLINK_NOFOLLOW (a link itself) and AT_EMPTY_PATH (an empty path means dfd, which
    may then be any open file).

    [since 6.11] A NULL path with AT_EMPTY_PATH is an empty one, and flag is not looked at any more where dfd means it.

    EINVAL   flag holds anything else
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   filename or statbuf is not usable user memory
    ENOENT   the file or a directory of its path does not exist, or the path is empty
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as newstat.
    """
    may_be_null = flag & AT_EMPTY_PATH and k.profile.version >= (6, 11)
    name = getname(k, filename, empty_ok=bool(flag & AT_EMPTY_PATH)) if filename or not may_be_null else b""
    if may_be_null and name == b"" and dfd >= 0:
        return vfs_fstat(k, dfd, statbuf)
    return vfs_statx(k, dfd, name, flag, statbuf)
