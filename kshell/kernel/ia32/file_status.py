"""struct compat_stat, of which a large file does not fit, and struct stat64, which came for that.

C counterpart: fs/stat.c (cp_compat_stat), arch/x86/kernel/sys_ia32.c (cp_stat64).
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import AtFlags, DirFd, Fd, Long, Path
from kshell.abi.clock import NSEC_PER_SEC
from kshell.abi.errno import EFAULT, EOVERFLOW
from kshell.abi.fcntl import AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW
from kshell.kernel.fs.inode import MAX_NON_LFS, Inode
from kshell.kernel.fs.namei import getname
from kshell.kernel.ia32.compat import CompatStatPtr, Stat64Ptr, compat_call
from kshell.kernel.ia32.uid16 import high2low
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user
from kshell.kernel.syscalls.file_status import vfs_fstat, vfs_statx

U16, U32 = 0xFFFF, 0xFFFF_FFFF
# dev ino mode nlink uid gid rdev size blksize blocks, three times seconds and nanoseconds, two unused
COMPAT_STAT = struct.Struct("<IIHHHHIIIIIIIIII8x")
# dev (4 that stay) ino mode nlink uid gid rdev (4) size blksize blocks, the times, and the whole ino
STAT64 = (struct.Struct("<Q"), struct.Struct("<IIIIIQ"), struct.Struct("<QIQIIIIIIQ"))


def _times(inode: Inode) -> list[int]:
    pairs = (divmod(each, NSEC_PER_SEC) for each in (inode.atime, inode.mtime, inode.ctime))
    return [part & U32 for pair in pairs for part in pair]


def cp_compat_stat(k: Kernel, inode: Inode, statbuf: int) -> int:
    """Copy the struct compat_stat of `inode` out; -EOVERFLOW where a number of it has no room."""
    if inode.ino > U32 or inode.nlink > U16 or inode.size > MAX_NON_LFS:
        return -EOVERFLOW
    ids = (inode.mode, inode.nlink, high2low(inode.uid), high2low(inode.gid))
    sizes = (inode.rdev, inode.size, inode.sb.blocksize, inode.blocks & U32)
    data = COMPAT_STAT.pack(inode.sb.dev & U32, inode.ino, *ids, *sizes, *_times(inode))
    return -EFAULT if copy_to_user(k, statbuf, data) else 0


def cp_stat64(k: Kernel, inode: Inode, statbuf: int) -> int:
    """Copy the struct stat64 of `inode` out, 96 bytes, of which two times four are not written to."""
    ids = (inode.mode, inode.nlink, inode.uid, inode.gid)
    sizes = (inode.size, inode.sb.blocksize, inode.blocks)
    values = (
        (inode.sb.dev,),
        (inode.ino & U32, *ids, inode.rdev),
        (*sizes, *_times(inode), inode.ino),
    )
    at = statbuf
    for part, numbers in zip(STAT64, values, strict=True):
        if copy_to_user(k, at, part.pack(*numbers)):
            return -EFAULT
        at += part.size + 4
    return 0


@compat_call("compat_sys_newstat")
def newstat(k: Kernel, filename: Path, statbuf: CompatStatPtr) -> Long:
    """Store what is known of a file: kind, permissions, owner, size, times, each in at most 4 bytes.

    No permission on the file itself is needed, only on the directories of its path.  A symbolic link is
    followed.

    EFAULT        filename or statbuf is not usable user memory
    EOVERFLOW     the size does not fit into 31 bits, or another number not into its field
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    return vfs_statx(k, AT_FDCWD, getname(k, filename), 0, statbuf, cp_compat_stat)


@compat_call("compat_sys_newlstat")
def newlstat(k: Kernel, filename: Path, statbuf: CompatStatPtr) -> Long:
    """Store what is known of a file, or of a symbolic link itself: stat says what.

    EFAULT     filename or statbuf is not usable user memory
    ENOENT     the file or a directory of its path does not exist, or the path is empty
    EOVERFLOW  the size does not fit into 31 bits, or another number not into its field
    """
    return vfs_statx(k, AT_FDCWD, getname(k, filename), AT_SYMLINK_NOFOLLOW, statbuf, cp_compat_stat)


@compat_call("compat_sys_newfstat")
def newfstat(k: Kernel, fd: Fd, statbuf: CompatStatPtr) -> Long:
    """Store what is known of an open file: stat says what.

    EBADF      fd is not open
    EFAULT     statbuf is not writable user memory
    EOVERFLOW  the size does not fit into 31 bits, or another number not into its field
    """
    return vfs_fstat(k, fd, statbuf, cp_compat_stat)


@compat_call("compat_sys_x86_stat64", "compat_sys_ia32_stat64")
def stat64(k: Kernel, filename: Path, statbuf: Stat64Ptr) -> Long:
    """Store what is known of a file, with 8 bytes for its size.

    EFAULT  filename or statbuf is not usable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return vfs_statx(k, AT_FDCWD, getname(k, filename), 0, statbuf, cp_stat64)


@compat_call("compat_sys_x86_lstat64", "compat_sys_ia32_lstat64")
def lstat64(k: Kernel, filename: Path, statbuf: Stat64Ptr) -> Long:
    """Store what is known of a file, or of a symbolic link itself, with 8 bytes for its size.

    EFAULT  filename or statbuf is not usable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return vfs_statx(k, AT_FDCWD, getname(k, filename), AT_SYMLINK_NOFOLLOW, statbuf, cp_stat64)


@compat_call("compat_sys_x86_fstat64", "compat_sys_ia32_fstat64")
def fstat64(k: Kernel, fd: Fd, statbuf: Stat64Ptr) -> Long:
    """Store what is known of an open file, with 8 bytes for its size.

    EBADF   fd is not open
    EFAULT  statbuf is not writable user memory
    """
    return vfs_fstat(k, fd, statbuf, cp_stat64)


@compat_call("compat_sys_x86_fstatat", "compat_sys_ia32_fstatat64")
def fstatat64(k: Kernel, dfd: DirFd, filename: Path, statbuf: Stat64Ptr, flag: AtFlags) -> Long:
    """Store what is known of a file, with relative paths starting at the directory dfd.

    EINVAL  flag holds what it may not
    EBADF   the path is relative and dfd is neither open nor AT_FDCWD
    EFAULT  filename or statbuf is not usable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    name = getname(k, filename, empty_ok=bool(flag & AT_EMPTY_PATH))
    return vfs_statx(k, dfd, name, flag, statbuf, cp_stat64)
