"""getdents with struct compat_linux_dirent, whose first two numbers are of 4 bytes.

C counterpart: fs/readdir.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Fd, Long, UInt
from kshell.kernel.files.calls.readdir import Dirent, do_getdents
from kshell.kernel.ia32.compat import CompatDirentOut, compat_call
from kshell.kernel.kernel import Kernel

COMPAT_LINUX_DIRENT = Dirent(4, 10, -1)


@compat_call("compat_sys_getdents")
def getdents(k: Kernel, fd: Fd, dirent: CompatDirentOut, count: UInt) -> Long:
    """Store names of an open directory, as many as fit into count bytes, and return how many bytes they take.

    EBADF    fd is not open, or was opened with O_PATH
    ENOTDIR  fd is not a directory
    ENOENT   the directory has been removed
    EINVAL   count is too small for the next record
    EFAULT   dirent is not writable user memory
    """
    return do_getdents(k, fd, dirent, count, COMPAT_LINUX_DIRENT)
