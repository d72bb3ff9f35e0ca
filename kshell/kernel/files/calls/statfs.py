"""What is known of a whole file system: statfs, fstatfs.

C counterpart: fs/statfs.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Fd, Long, Path, StatfsPtr
from kshell.abi.errno import EBADF, EFAULT
from kshell.abi.fcntl import AT_FDCWD
from kshell.kernel.core.declare import SYSCALL_DEFINE2
from kshell.kernel.files.statfs import pack_statfs, statfs_of
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user


@SYSCALL_DEFINE2
def statfs(k: Kernel, path: Path, buf: StatfsPtr) -> Long:
    """Store what is known of the file system that a file is in: its type, and how much of it is free.

    Of 15 numbers of 8 bytes, the first is the type (0x1021994 is tmpfs), then the size of a block, how many blocks
    there are, are free, and are free for everybody, and how many files there can be, and can be made.

    EFAULT        path is not readable, or buf not writable user memory
    ENOENT        the file or a directory of its path does not exist, or the path is empty
    ENOTDIR       a part of the path that has to be a directory is none
    EACCES        a directory of the path may not be searched (x bit)
    ELOOP         too many symbolic links
    ENAMETOOLONG  a name exceeds 255 bytes, or the path 4095
    """
    name = getname(k, path)
    found = name if isinstance(name, int) else filename_lookup(k, AT_FDCWD, name)
    if isinstance(found, int):
        return found
    return -EFAULT if copy_to_user(k, buf, pack_statfs(statfs_of(k, found.inode.sb))) else 0


@SYSCALL_DEFINE2
def fstatfs(k: Kernel, fd: Fd, buf: StatfsPtr) -> Long:
    """Store what is known of the file system that an open file is in.

    EBADF   fd is not open
    EFAULT  buf is not writable user memory
    """
    file = k.current.files.get_raw(fd)
    if file is None:
        return -EBADF
    return -EFAULT if copy_to_user(k, buf, pack_statfs(statfs_of(k, file.inode.sb))) else 0
