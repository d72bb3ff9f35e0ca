"""Opening and closing: open, openat, close; and chdir.

C counterpart: fs/open.c.
"""

from __future__ import annotations

from kshell.abi.c_types import DirFd, Fd, Long, ModeT, OpenFlags, Path
from kshell.abi.fcntl import AT_FDCWD, O_CLOEXEC, O_LARGEFILE
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE3, SYSCALL_DEFINE4
from kshell.kernel.fs.inode import MAY_EXEC, inode_permission
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.fs.open import build_open_flags, do_filp_open
from kshell.kernel.kernel import Kernel


def do_sys_open(k: Kernel, dfd: int, filename: int, flags: int, mode: int) -> int:
    """What open and openat share, in Linux's order: flags, path, a free descriptor, and only then the file."""
    flags = build_open_flags(flags)
    if flags < 0:
        return flags
    name = getname(k, filename)
    if isinstance(name, int):
        return name
    files = k.current.files
    fd = files.get_unused_fd()
    if fd < 0:
        return fd
    file = do_filp_open(k, dfd, name, flags, mode)
    if isinstance(file, int):
        return file
    files.install(fd, file, cloexec=bool(flags & O_CLOEXEC))
    return fd


@SYSCALL_DEFINE3
def open(k: Kernel, filename: Path, flags: OpenFlags, mode: ModeT) -> Long:
    """Open a file, and return the lowest free descriptor for it.

    flags is one of O_RDONLY, O_WRONLY, O_RDWR, with others added: O_CREAT makes a file that is not there
    (mode, less the umask, are its permissions), O_EXCL insists on making it, O_TRUNC empties it, O_APPEND
    writes at its end, O_DIRECTORY and O_NOFOLLOW refuse other kinds, O_CLOEXEC closes it at execve.
    Bits that mean nothing are ignored.

    EFAULT        filename is not readable user memory
    ENOENT        the file or a directory of its path does not exist, the path is empty, or the current directory was
                  removed and a file cannot be made there
    ENOTDIR       a part of the path that has to be a directory is none
    EISDIR        a directory cannot be written or made by O_CREAT
    EEXIST        O_CREAT and O_EXCL, and the name is taken
    EACCES        permission bits forbid it, on the file or on a directory of its path
    EPERM         O_NOATIME on somebody else's file
    EINVAL        flags contradict each other, or O_DIRECT on what is no regular file
    ELOOP         too many symbolic links, or O_NOFOLLOW and the last name is one
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    EMFILE        the task has 1024 descriptors already
    ENOSPC        the file system holds as many files as it can
    EOPNOTSUPP    O_TMPFILE in /sys or /proc
    """
    return do_sys_open(k, AT_FDCWD, filename, flags | O_LARGEFILE, mode)


@SYSCALL_DEFINE4
def openat(k: Kernel, dfd: DirFd, filename: Path, flags: OpenFlags, mode: ModeT) -> Long:
    """Open a file as open does, with relative paths starting at the directory dfd.

    AT_FDCWD stands for the current directory.  An absolute path does not look at dfd at all.

    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   filename is not readable user memory
    ENOENT   the file or a directory of its path does not exist, the path is empty, or dfd or the current
             directory was removed and a file cannot be made there
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as open.
    """
    return do_sys_open(k, dfd, filename, flags | O_LARGEFILE, mode)


@SYSCALL_DEFINE1
def close(k: Kernel, fd: Fd) -> Long:
    """Close a descriptor; its number is free for the next open.

    The open file itself goes when no other descriptor shares it, and with it an end of a pipe, or the
    memory of a file that has no name any more.

    EBADF  fd is not open
    """
    return k.current.files.close(fd)


@SYSCALL_DEFINE1
def chdir(k: Kernel, filename: Path) -> Long:
    """Make a directory the one that relative paths start at.

    EFAULT        filename is not readable user memory
    ENOENT        it does not exist, or the path is empty
    ENOTDIR       it or a part of the path is not a directory
    EACCES        it or a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    name = getname(k, filename)
    found = name if isinstance(name, int) else filename_lookup(k, AT_FDCWD, name, directory=True)
    if isinstance(found, int):
        return found
    err = inode_permission(k.current.cred, found.inode, MAY_EXEC)
    if not err:
        k.current.cwd = found
    return err
