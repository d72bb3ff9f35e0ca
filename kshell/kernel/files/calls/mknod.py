"""Files of every kind but directories and links: mknod, mknodat.

C counterpart: fs/namei.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Dev, DirFd, Long, NodeMode, Path
from kshell.abi.errno import EACCES, EINVAL, EPERM
from kshell.abi.fcntl import AT_FDCWD
from kshell.abi.st_mode import S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK
from kshell.kernel.core.declare import SYSCALL_DEFINE3, SYSCALL_DEFINE4
from kshell.kernel.files.create import filename_create, may_create
from kshell.kernel.files.special import regular_inode, special_inode
from kshell.kernel.fs.namei import vfs_create
from kshell.kernel.kernel import Kernel

DEVICES = (S_IFCHR, S_IFBLK)


def do_mknodat(k: Kernel, dfd: int, filename: int, mode: int, dev: int) -> int:
    """Make a file of the kind that the mode says; 0 or a negative errno."""
    kind = mode & S_IFMT
    if kind not in (0, S_IFREG, S_IFIFO, S_IFSOCK, *DEVICES):
        return -EPERM if kind == S_IFDIR else -EINVAL
    nd = filename_create(k, dfd, filename)
    if isinstance(nd, int):
        return nd
    if kind in (0, S_IFREG):
        made = vfs_create(nd, regular_inode, mode, fixed=EACCES)
    elif kind in DEVICES and k.current.cred.euid and not _is_whiteout(k, kind, dev):
        return may_create(k, nd.dentry) or -EPERM
    else:
        made = vfs_create(nd, special_inode(dev if kind in DEVICES else 0), mode, fixed=EPERM)
    return made if isinstance(made, int) else 0


def _is_whiteout(k: Kernel, kind: int, dev: int) -> bool:
    """Whether it is the device 0, 0, which hides a name in an overlay, and which since 5.8 everybody may make."""
    return kind == S_IFCHR and dev == 0 and k.profile.version >= (5, 8)


@SYSCALL_DEFINE3
def mknod(k: Kernel, filename: Path, mode: NodeMode, dev: Dev) -> Long:
    """Make a file, with the permissions of mode, less the umask, and of the kind that mode says.

    S_IFIFO is a pipe with a name, S_IFCHR and S_IFBLK are devices of the number dev (those of /dev work, any other
    cannot be opened: ENXIO), S_IFSOCK a socket, S_IFREG or none a regular file.

    EPERM         mode says a directory, or a device and the caller is not root, or nothing can be made in /sys
    EINVAL        mode says a kind that there is not
    EFAULT        filename is not readable user memory
    EEXIST        the name is taken, by whatever it may be
    ENOENT        a directory of the path does not exist, the path is empty, or the directory was removed
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        the directory above may not be written, or one of the path not searched
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    ENOSPC        the file system holds as many files as it can
    """
    return do_mknodat(k, AT_FDCWD, filename, mode, dev)


@SYSCALL_DEFINE4
def mknodat(k: Kernel, dfd: DirFd, filename: Path, mode: NodeMode, dev: Dev) -> Long:
    """Make a file as mknod does, with relative paths starting at the directory dfd.

    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as mknod.
    """
    return do_mknodat(k, dfd, filename, mode, dev)
