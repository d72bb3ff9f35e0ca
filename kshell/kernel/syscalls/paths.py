"""Names: mkdir, rmdir, unlink with their relatives, and getcwd.

C counterparts: fs/namei.c, fs/d_path.c.
"""

from __future__ import annotations

from kshell.abi.c_types import AtFlags, BufOut, DirFd, Long, ModeT, Path, ULong
from kshell.abi.errno import EFAULT, EINVAL, ENOENT, ERANGE
from kshell.abi.fcntl import AT_FDCWD, AT_REMOVEDIR
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2, SYSCALL_DEFINE3
from kshell.kernel.fs.dcache import d_path
from kshell.kernel.fs.namei import do_mkdirat, do_unlinkat
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user


@SYSCALL_DEFINE2
def mkdir(k: Kernel, pathname: Path, mode: ModeT) -> Long:
    """Make a directory, with the permissions of mode, less the umask.

    EFAULT        pathname is not readable user memory
    EEXIST        the name is taken, by whatever it may be
    ENOENT        a directory of the path does not exist, the path is empty, or the current directory was removed
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        the directory above may not be written, or one of the path not searched
    EPERM         nothing can be made in /sys
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    ENOSPC        the file system holds as many files as it can
    """
    return do_mkdirat(k, AT_FDCWD, pathname, mode)


@SYSCALL_DEFINE3
def mkdirat(k: Kernel, dfd: DirFd, pathname: Path, mode: ModeT) -> Long:
    """Make a directory, with relative paths starting at the directory dfd.

    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   pathname is not readable user memory
    EEXIST   the name is taken, by whatever it may be
    ENOENT   a directory of the path does not exist, the path is empty, or dfd or the current
             directory was removed
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as mkdir.
    """
    return do_mkdirat(k, dfd, pathname, mode)


@SYSCALL_DEFINE1
def rmdir(k: Kernel, pathname: Path) -> Long:
    """Remove an empty directory.

    EFAULT        pathname is not readable user memory
    ENOENT        it does not exist, or the path is empty
    ENOTDIR       it or a part of the path is not a directory
    ENOTEMPTY     there are names in it, or the path ends in `..`
    EINVAL        the path ends in `.`
    EBUSY         it is the root, or another file system begins there
    EACCES        the directory above may not be written, or one of the path not searched
    EPERM         the directory above is sticky and both belong to others, or nothing can be removed there
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_unlinkat(k, AT_FDCWD, pathname, is_dir=True)


@SYSCALL_DEFINE1
def unlink(k: Kernel, pathname: Path) -> Long:
    """Remove a name of a file.

    The file itself stays as long as a descriptor refers to it.

    EFAULT        pathname is not readable user memory
    ENOENT        it does not exist, or the path is empty
    EISDIR        it is a directory
    ENOTDIR       a part of the path, or what slashes follow, is not a directory
    EACCES        the directory above may not be written, or one of the path not searched
    EPERM         the directory above is sticky and both belong to others, or nothing can be removed there
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_unlinkat(k, AT_FDCWD, pathname)


@SYSCALL_DEFINE3
def unlinkat(k: Kernel, dfd: DirFd, pathname: Path, flag: AtFlags) -> Long:
    """Remove a name as unlink does, or with AT_REMOVEDIR a directory as rmdir does, starting at the directory dfd.

    EINVAL   flag holds more than AT_REMOVEDIR, or the path of a directory ends in `.`
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   pathname is not readable user memory
    ENOENT   it does not exist, or the path is empty
    EISDIR   it is a directory (without AT_REMOVEDIR)
    ENOTDIR  it (with AT_REMOVEDIR), dfd or a part of the path is not a directory
    Otherwise as rmdir.
    """
    if flag & ~AT_REMOVEDIR:
        return -EINVAL
    return do_unlinkat(k, dfd, pathname, is_dir=bool(flag & AT_REMOVEDIR))


@SYSCALL_DEFINE2
def getcwd(k: Kernel, buf: BufOut, size: ULong) -> Long:
    """Store the path of the current directory, and return its length with the NUL.

    The C library's getcwd returns the buffer instead; the kernel's result is the length.

    ENOENT  the directory has been removed
    ERANGE  the path and its NUL need more than size bytes
    EFAULT  buf is not writable user memory
    """
    path = d_path(k.current.cwd)
    if path is None:
        return -ENOENT
    path += b"\0"
    if len(path) > size:
        return -ERANGE
    return -EFAULT if copy_to_user(k, buf, path) else len(path)
