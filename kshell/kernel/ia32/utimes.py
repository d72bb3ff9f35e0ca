"""The times of files in numbers of 32 bits.

C counterpart: fs/utimes.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import AtFlags, DirFd, Long, Path
from kshell.abi.fcntl import AT_FDCWD
from kshell.kernel.files.calls.utimes import do_futimesat, do_utime, do_utimensat, get_times
from kshell.kernel.ia32.compat import OldTimespecsIn, OldTimevalsIn, OldUtimbufIn, compat_call
from kshell.kernel.kernel import Kernel

TIMES32, OLD_UTIMBUF32 = struct.Struct("<4i"), struct.Struct("<2i")


@compat_call("compat_sys_utime", "sys_utime32")
def utime(k: Kernel, filename: Path, t: OldUtimbufIn) -> Long:
    """Set when a file was last read and last changed, in seconds; a NULL pointer is now.

    EFAULT  filename or t is not readable user memory
    EPERM   t is not NULL, and the caller is neither the owner nor root
    EACCES  t is NULL, and the caller may not write
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return do_utime(k, filename, t, OLD_UTIMBUF32)


@compat_call("compat_sys_utimes", "sys_utimes_time32")
def utimes(k: Kernel, filename: Path, t: OldTimevalsIn) -> Long:
    """Set when a file was last read and last changed, in seconds and microseconds; a NULL pointer is now.

    EINVAL  the microseconds are not in 0 to 999999
    EFAULT  filename or t is not readable user memory
    EPERM   t is not NULL, and the caller is neither the owner nor root
    EACCES  t is NULL, and the caller may not write
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return do_futimesat(k, AT_FDCWD, filename, get_times(k, t, TIMES32))


@compat_call("compat_sys_futimesat", "sys_futimesat_time32")
def futimesat(k: Kernel, dfd: DirFd, filename: Path, t: OldTimevalsIn) -> Long:
    """Set the times of a file as utimes does, with relative paths starting at the directory dfd; a NULL path is dfd.

    EINVAL   the microseconds are not in 0 to 999999
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   filename or t is not readable user memory
    ENOENT   the file or a directory of its path does not exist, or the path is empty
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    """
    return do_futimesat(k, dfd, filename, get_times(k, t, TIMES32))


@compat_call("compat_sys_utimensat", "sys_utimensat_time32")
def utimensat(k: Kernel, dfd: DirFd, filename: Path, t: OldTimespecsIn, flags: AtFlags) -> Long:
    """Set the times of a file in seconds and nanoseconds: `man utimensat` says how.

    EINVAL   flags holds what it may not, or the nanoseconds are not in 0 to 999999999
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT   filename or t is not readable user memory
    ENOENT   the file or a directory of its path does not exist, or the path is empty
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    """
    return do_utimensat(k, dfd, filename, get_times(k, t, TIMES32), flags)
