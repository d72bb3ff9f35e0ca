"""struct compat_statfs, and struct compat_statfs64, whose size the caller says.

C counterpart: fs/statfs.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import Fd, Long, Path, SizeT
from kshell.abi.errno import EBADF, EFAULT, EINVAL
from kshell.abi.fcntl import AT_FDCWD
from kshell.kernel.files.statfs import statfs_of
from kshell.kernel.fs.inode import SuperBlock
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.ia32.compat import CompatStatfs64Ptr, CompatStatfsPtr, compat_call
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user

COMPAT_STATFS, COMPAT_STATFS64 = struct.Struct("<7I2I3I16x"), struct.Struct("<2I5Q2I3I16x")


def _store(k: Kernel, sb: SuperBlock, buf: int, layout: struct.Struct) -> int:
    found = statfs_of(k, sb)
    return -EFAULT if copy_to_user(k, buf, layout.pack(*found[:7], found.fsid, 0, *found[8:])) else 0


def _of_path(k: Kernel, pathname: int, buf: int, layout: struct.Struct) -> int:
    name = getname(k, pathname)
    found = name if isinstance(name, int) else filename_lookup(k, AT_FDCWD, name)
    return found if isinstance(found, int) else _store(k, found.inode.sb, buf, layout)


def _of_file(k: Kernel, fd: int, buf: int, layout: struct.Struct) -> int:
    file = k.current.files.get_raw(fd)
    return -EBADF if file is None else _store(k, file.inode.sb, buf, layout)


@compat_call("compat_sys_statfs")
def statfs(k: Kernel, pathname: Path, buf: CompatStatfsPtr) -> Long:
    """Store what is known of the file system that a file is in, in numbers of 4 bytes.

    EFAULT  pathname or buf is not usable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return _of_path(k, pathname, buf, COMPAT_STATFS)


@compat_call("compat_sys_fstatfs")
def fstatfs(k: Kernel, fd: Fd, buf: CompatStatfsPtr) -> Long:
    """Store what is known of the file system that an open file is in, in numbers of 4 bytes.

    EBADF   fd is not open
    EFAULT  buf is not writable user memory
    """
    return _of_file(k, fd, buf, COMPAT_STATFS)


@compat_call("compat_sys_statfs64")
def statfs64(k: Kernel, pathname: Path, sz: SizeT, buf: CompatStatfs64Ptr) -> Long:
    """Store what is known of the file system that a file is in, with 8 bytes for what is counted.

    EINVAL  sz is not 84
    EFAULT  pathname or buf is not usable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return -EINVAL if sz != COMPAT_STATFS64.size else _of_path(k, pathname, buf, COMPAT_STATFS64)


@compat_call("compat_sys_fstatfs64")
def fstatfs64(k: Kernel, fd: Fd, sz: SizeT, buf: CompatStatfs64Ptr) -> Long:
    """Store what is known of the file system that an open file is in, with 8 bytes for what is counted.

    EINVAL  sz is not 84
    EBADF   fd is not open
    EFAULT  buf is not writable user memory
    """
    return -EINVAL if sz != COMPAT_STATFS64.size else _of_file(k, fd, buf, COMPAT_STATFS64)
