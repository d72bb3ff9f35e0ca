"""May I?  access, faccessat: what the real user could do with a file.

C counterpart: fs/open.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kshell.abi.c_types import AccessMode, DirFd, Long, Path
from kshell.abi.cred import cred
from kshell.abi.errno import EACCES, EINVAL
from kshell.abi.fcntl import AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW
from kshell.abi.st_mode import S_ISREG
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE3
from kshell.kernel.fs.inode import MAY_EXEC, MAY_READ, MAY_WRITE, inode_permission
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.kernel import Kernel


def do_faccessat(k: Kernel, dfd: int, filename: int, mode: int, flags: int) -> int:
    """Ask the permissions of a file, and of the directories of its path, for the real user and group."""
    if mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC) or flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH):
        return -EINVAL
    if flags & AT_EACCESS:
        return _may(k, dfd, filename, mode, flags)
    with _as_real_user(k.current.struct.cred):
        return _may(k, dfd, filename, mode, flags)


@contextmanager
def _as_real_user(own: cred) -> Iterator[None]:
    """Let the effective ids be the real ones for a while.  C: override_creds()."""
    euid, egid = own.euid.val, own.egid.val
    own.euid.val, own.egid.val = own.uid.val, own.gid.val
    try:
        yield
    finally:
        own.euid.val, own.egid.val = euid, egid


def _may(k: Kernel, dfd: int, filename: int, mode: int, flags: int) -> int:
    name = getname(k, filename, empty_ok=bool(flags & AT_EMPTY_PATH))
    if isinstance(name, int):
        return name
    found = filename_lookup(k, dfd, name, follow=not flags & AT_SYMLINK_NOFOLLOW)
    if isinstance(found, int):
        return found
    if mode & MAY_EXEC and S_ISREG(found.inode.mode) and found.inode.sb.noexec:
        return -EACCES
    return inode_permission(k.current.cred, found.inode, mode)


@SYSCALL_DEFINE2
def access(k: Kernel, filename: Path, mode: AccessMode) -> Long:
    """Say whether the real user may use a file so; 0 is yes.

    mode is F_OK (is it there?) or some of R_OK, W_OK and X_OK. A set-user-id program asks so for who has started it:
    the real user and group count, and not the effective ones by which open decides.

    EINVAL        mode holds anything else
    EFAULT        filename is not readable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        permission bits forbid it, on the file or on a directory of its path
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_faccessat(k, AT_FDCWD, filename, mode, 0)


@SYSCALL_DEFINE3
def faccessat(k: Kernel, dfd: DirFd, filename: Path, mode: AccessMode) -> Long:
    """Say whether the real user may use a file so, with relative paths starting at the directory dfd.

    EINVAL   mode holds more than R_OK, W_OK and X_OK
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   filename is not readable user memory
    ENOENT   the file or a directory of its path does not exist, or the path is empty
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as access.
    """
    return do_faccessat(k, dfd, filename, mode, 0)
