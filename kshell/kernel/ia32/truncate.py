"""The size of a file, in 32 bits or in two registers.

C counterpart: fs/open.c, arch/x86/kernel/sys_ia32.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Fd, Long, Path, UInt, ULong
from kshell.kernel.files.calls.truncate import do_sys_ftruncate, do_sys_truncate
from kshell.kernel.ia32.compat import CompatOff, compat_call
from kshell.kernel.ia32.transfer import loff
from kshell.kernel.kernel import Kernel


@compat_call("compat_sys_truncate")
def truncate(k: Kernel, path: Path, length: CompatOff) -> Long:
    """Make a file length bytes long.

    EINVAL  length is negative, or it is no regular file
    EISDIR  it is a directory
    EFAULT  path is not readable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    EACCES  permission bits forbid it, on the file or on a directory of its path
    """
    return do_sys_truncate(k, path, length)


@compat_call("compat_sys_ftruncate")
def ftruncate(k: Kernel, fd: Fd, length: ULong) -> Long:
    """Make an open file length bytes long.

    EINVAL  length exceeds 2147483647 and the file was opened without O_LARGEFILE, fd is not open for writing, or it is
            no regular file
    EBADF   fd is not open, or was opened with O_PATH
    """
    return do_sys_ftruncate(k, fd, length)


@compat_call("compat_sys_x86_truncate64", "sys_ia32_truncate64")
def truncate64(k: Kernel, filename: Path, offset_low: ULong, offset_high: ULong) -> Long:
    """Make a file as long as two registers say.

    EINVAL  that is negative, or it is no regular file
    EISDIR  it is a directory
    EFAULT  filename is not readable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    EACCES  permission bits forbid it, on the file or on a directory of its path
    """
    return do_sys_truncate(k, filename, loff(offset_low, offset_high))


@compat_call("compat_sys_x86_ftruncate64", "sys_ia32_ftruncate64")
def ftruncate64(k: Kernel, fd: UInt, offset_low: ULong, offset_high: ULong) -> Long:
    """Make an open file as long as two registers say.

    EINVAL  that is negative, fd is not open for writing, or it is no regular file
    EBADF   fd is not open, or was opened with O_PATH
    """
    return do_sys_ftruncate(k, fd, loff(offset_low, offset_high), small=False)
