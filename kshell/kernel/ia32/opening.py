"""open, openat and fcntl: a 32-bit caller who does not say O_LARGEFILE cannot open a large file.

C counterpart: fs/open.c, fs/fcntl.c.
"""

from __future__ import annotations

from kshell.abi.c_types import DirFd, FcntlCmd, Fd, Long, ModeT, OpenFlags, Path, ULong
from kshell.abi.fcntl import AT_FDCWD
from kshell.kernel.ia32.compat import body_of, compat_call
from kshell.kernel.kernel import Kernel
from kshell.kernel.syscalls import descriptors
from kshell.kernel.syscalls.opening import do_sys_open


@compat_call("compat_sys_open")
def open(k: Kernel, filename: Path, flags: OpenFlags, mode: ModeT) -> Long:
    """Open a file, and return the lowest free descriptor for it.

    EOVERFLOW     the file is larger than 2147483647 bytes, and flags has no O_LARGEFILE
    EFAULT        filename is not readable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EISDIR        a directory cannot be written or made by O_CREAT
    EEXIST        O_CREAT and O_EXCL, and the name is taken
    EACCES        permission bits forbid it, on the file or on a directory of its path
    EINVAL        flags contradict each other
    EMFILE        the task has 1024 descriptors already
    """
    return do_sys_open(k, AT_FDCWD, filename, flags, mode)


@compat_call("compat_sys_openat")
def openat(k: Kernel, dfd: DirFd, filename: Path, flags: OpenFlags, mode: ModeT) -> Long:
    """Open a file as open does, with relative paths starting at the directory dfd.

    EOVERFLOW  the file is larger than 2147483647 bytes, and flags has no O_LARGEFILE
    EBADF      the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT     filename is not readable user memory
    ENOENT     the file or a directory of its path does not exist, or the path is empty
    ENOTDIR    dfd or a part of the path that has to be a directory is none
    """
    return do_sys_open(k, dfd, filename, flags, mode)


@compat_call("compat_sys_fcntl64")
def fcntl64(k: Kernel, fd: Fd, cmd: FcntlCmd, arg: ULong) -> Long:
    """Look at a descriptor or its open file, or change it: `man fcntl` says how.

    EBADF   fd is not open, or was opened with O_PATH and cmd needs more than that
    EINVAL  cmd is none of these, arg of F_DUPFD is 1024 or more, or the file cannot do O_DIRECT
    EMFILE  no descriptor from arg on is free
    EPERM   O_NOATIME on somebody else's file
    """
    return body_of(descriptors.fcntl)(k, fd, cmd, arg)
