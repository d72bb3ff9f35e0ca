"""When a file was read and changed, as its owner wants it: utime, utimes, futimesat, utimensat.

C counterpart: fs/utimes.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import AtFlags, DirFd, Long, Path, TimespecsIn, TimevalsIn, UtimbufIn
from kshell.abi.errno import EBADF, EFAULT, EINVAL
from kshell.abi.fcntl import AT_EMPTY_PATH, AT_FDCWD
from kshell.abi.utime import UTIME_OMIT
from kshell.kernel.core.declare import SYSCALL_DEFINE2, SYSCALL_DEFINE3, SYSCALL_DEFINE4
from kshell.kernel.files.attributes import Times, are_valid, lookup, vfs_utimes
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user

TIMES, UTIMBUF = struct.Struct("<4q"), struct.Struct("<2q")
PATH_FIRST_SINCE = (5, 8)  # which brought AT_EMPTY_PATH, too
USEC_PER_SEC, NSEC_PER_USEC = 1_000_000, 1000


def do_utimes(k: Kernel, dfd: int, filename: int, times: Times | None, flags: int) -> int:
    """Set the times of what a path means; without a path, of the open file dfd."""
    if k.profile.version < PATH_FIRST_SINCE and (flags & AT_EMPTY_PATH or not are_valid(times)):
        return -EINVAL
    if not filename and dfd != AT_FDCWD:
        file = k.current.files.get(dfd)
        if flags:
            return -EINVAL
        return -EBADF if file is None else vfs_utimes(k, file.inode, times)
    found = lookup(k, dfd, filename, flags)
    return found if isinstance(found, int) else vfs_utimes(k, found.inode, times)


def get_times(k: Kernel, address: int, layout: struct.Struct = TIMES) -> Times | int | None:
    """The two times at a user address, None at NULL; or -EFAULT."""
    if not address:
        return None
    data = copy_from_user(k, address, layout.size)
    if len(data) < layout.size:
        return -EFAULT
    first, first_part, second, second_part = layout.unpack(data)
    return (first, first_part), (second, second_part)


def do_futimesat(k: Kernel, dfd: int, filename: int, times: Times | int | None) -> int:
    """The same with microseconds, which must be some."""
    if isinstance(times, int):
        return times
    if times is None:
        return do_utimes(k, dfd, filename, None, 0)
    if not all(0 <= part < USEC_PER_SEC for _, part in times):
        return -EINVAL
    first, second = ((seconds, part * NSEC_PER_USEC) for seconds, part in times)
    return do_utimes(k, dfd, filename, (first, second), 0)


def do_utimensat(k: Kernel, dfd: int, filename: int, times: Times | int | None, flags: int) -> int:
    """The same with nanoseconds; where both times are left as they are, nobody looks at the path."""
    if isinstance(times, int):
        return times
    if times is not None and times[0][1] == times[1][1] == UTIME_OMIT:
        return 0
    return do_utimes(k, dfd, filename, times, flags)


def do_utime(k: Kernel, filename: int, times: int, layout: struct.Struct = UTIMBUF) -> int:
    """The same with seconds alone."""
    if not times:
        return do_utimes(k, AT_FDCWD, filename, None, 0)
    data = copy_from_user(k, times, layout.size)
    if len(data) < layout.size:
        return -EFAULT
    actime, modtime = layout.unpack(data)
    return do_utimes(k, AT_FDCWD, filename, ((actime, 0), (modtime, 0)), 0)


@SYSCALL_DEFINE2
def utime(k: Kernel, filename: Path, times: UtimbufIn) -> Long:
    """Set when a file was last read and last changed; a NULL times is now.

    times points to two times in seconds. Who may write to the file may set it to now.

    EFAULT        filename or times is not readable user memory
    EPERM         times is not NULL, and the caller is neither the owner nor root
    EACCES        times is NULL, and the caller may not write, or a directory of the path may not be searched (x bit)
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return do_utime(k, filename, times)


@SYSCALL_DEFINE2
def utimes(k: Kernel, filename: Path, utimes: TimevalsIn) -> Long:
    """Set when a file was last read and last changed, in seconds and microseconds each; a NULL utimes is now.

    EINVAL  the microseconds are not in 0 to 999999
    Otherwise as utime.
    """
    return do_futimesat(k, AT_FDCWD, filename, get_times(k, utimes))


@SYSCALL_DEFINE3
def futimesat(k: Kernel, dfd: DirFd, filename: Path, utimes: TimevalsIn) -> Long:
    """Set the times of a file as utimes does, with relative paths starting at the directory dfd; a NULL path is dfd.

    EINVAL   the microseconds are not in 0 to 999999
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as utime.
    """
    return do_futimesat(k, dfd, filename, get_times(k, utimes))


@SYSCALL_DEFINE4
def utimensat(k: Kernel, dfd: DirFd, filename: Path, utimes: TimespecsIn, flags: AtFlags) -> Long:
    """Set the times of a file, in seconds and nanoseconds each, with relative paths starting at the directory dfd.

    In the place of nanoseconds UTIME_NOW (0x3fffffff) is now and UTIME_OMIT (0x3ffffffe) leaves that time as it is. A
    NULL path is dfd. flags may hold AT_SYMLINK_NOFOLLOW (a link itself).

    [since 5.8] It may hold AT_EMPTY_PATH (an empty path means dfd).

    EINVAL   flags holds anything else, or any with a NULL path, or the nanoseconds are not in 0 to 999999999
    EBADF    the path is relative and dfd is neither open nor AT_FDCWD
    ENOTDIR  dfd or a part of the path that has to be a directory is none
    Otherwise as utime.
    """
    return do_utimensat(k, dfd, filename, get_times(k, utimes), flags)
