"""Descriptors themselves: dup, dup2, dup3, fcntl.

C counterparts: fs/file.c, fs/fcntl.c.
"""

from __future__ import annotations

from kshell.abi.c_types import FcntlCmd, Fd, Long, OpenFlags, ULong
from kshell.abi.errno import EBADF, EINVAL, EPERM
from kshell.abi.fcntl import (
    F_DUPFD,
    F_DUPFD_CLOEXEC,
    F_GETFD,
    F_GETFL,
    F_SETFD,
    F_SETFL,
    FASYNC,
    FD_CLOEXEC,
    O_APPEND,
    O_CLOEXEC,
    O_DIRECT,
    O_NOATIME,
    O_NONBLOCK,
)
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2, SYSCALL_DEFINE3
from kshell.kernel.fs.file import FMODE_PATH, RLIMIT_NOFILE, File
from kshell.kernel.fs.pipe import PipeInode
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel

SETFL_MASK = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME  # what F_SETFL can change


@SYSCALL_DEFINE1
def dup(k: Kernel, fildes: Fd) -> Long:
    """Give an open file another descriptor, the lowest free one.

    Both share position and flags: it is one open file under two numbers.

    EBADF   fildes is not open
    EMFILE  the task has 1024 descriptors already
    """
    return f_dupfd(k, fildes, 0, cloexec=False)


def f_dupfd(k: Kernel, fd: int, start: int, cloexec: bool) -> int:
    """The lowest free descriptor from `start` on for the same open file."""
    files = k.current.files
    file = files.get_raw(fd)
    if file is None:
        return -EBADF
    if start >= RLIMIT_NOFILE:
        return -EINVAL
    new = files.get_unused_fd(start)
    if new >= 0:
        files.install(new, file, cloexec)
    return new


def ksys_dup3(k: Kernel, oldfd: int, newfd: int, flags: int) -> int:
    """Let newfd mean the open file of oldfd."""
    if flags & ~O_CLOEXEC or oldfd == newfd:
        return -EINVAL
    file = k.current.files.get_raw(oldfd)
    if file is None or newfd >= RLIMIT_NOFILE:
        return -EBADF
    k.current.files.install(newfd, file, cloexec=bool(flags & O_CLOEXEC))
    return newfd


@SYSCALL_DEFINE2
def dup2(k: Kernel, oldfd: Fd, newfd: Fd) -> Long:
    """Let the descriptor newfd mean the same open file as oldfd.

    What newfd meant before is closed without a word.  If both are the same number, nothing happens but
    the check that it is open.

    EBADF  oldfd is not open, or newfd is 1024 or more
    """
    if oldfd == newfd:
        return -EBADF if k.current.files.get_raw(oldfd) is None else newfd
    return ksys_dup3(k, oldfd, newfd, 0)


@SYSCALL_DEFINE3
def dup3(k: Kernel, oldfd: Fd, newfd: Fd, flags: OpenFlags) -> Long:
    """Let newfd mean the same open file as oldfd, closed at execve if flags is O_CLOEXEC.

    EINVAL  oldfd and newfd are the same, or flags holds more than O_CLOEXEC
    EBADF   oldfd is not open, or newfd is 1024 or more
    """
    return ksys_dup3(k, oldfd, newfd, flags)


def setfl(k: Kernel, file: File, arg: int) -> int:
    """F_SETFL: change the flags that can be changed, leave the others."""
    cred, inode = k.current.cred, file.inode
    if arg & O_NOATIME and not file.flags & O_NOATIME and cred.euid not in (0, inode.uid):
        return -EPERM
    if arg & O_DIRECT and not isinstance(inode, RegularInode | PipeInode):
        return -EINVAL
    if inode.can_signal:
        file.flags = arg & FASYNC | file.flags & ~FASYNC
    file.flags = arg & SETFL_MASK | file.flags & ~SETFL_MASK
    return 0


@SYSCALL_DEFINE3
def fcntl(k: Kernel, fd: Fd, cmd: FcntlCmd, arg: ULong) -> Long:
    """Look at a descriptor or its open file, or change it.

    F_DUPFD and F_DUPFD_CLOEXEC duplicate it to the lowest free number from arg on; F_GETFD and F_SETFD
    read and set FD_CLOEXEC, which belongs to the number; F_GETFL and F_SETFL read and set the flags of
    the open file, of which O_APPEND, O_NONBLOCK, O_DIRECT and O_NOATIME can be changed, and O_ASYNC where
    the file knows it.

    EBADF   fd is not open, or was opened with O_PATH and cmd needs more than that
    EINVAL  cmd is none of these, arg of F_DUPFD is 1024 or more, or the file cannot do O_DIRECT
    EMFILE  no descriptor from arg on is free
    EPERM   O_NOATIME on somebody else's file
    """
    files = k.current.files
    file = files.get_raw(fd)
    if file is None:
        return -EBADF
    if cmd in (F_DUPFD, F_DUPFD_CLOEXEC):
        return f_dupfd(k, fd, arg & 0xFFFFFFFF, cloexec=cmd == F_DUPFD_CLOEXEC)
    if cmd == F_GETFD:
        return FD_CLOEXEC if files.close_on_exec(fd) else 0
    if cmd == F_SETFD:
        files.set_close_on_exec(fd, bool(arg & FD_CLOEXEC))
        return 0
    if cmd == F_GETFL:
        return file.flags
    if file.mode & FMODE_PATH:
        return -EBADF
    return setfl(k, file, arg) if cmd == F_SETFL else -EINVAL
