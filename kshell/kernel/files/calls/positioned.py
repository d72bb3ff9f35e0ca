"""Several buffers at an offset: preadv, pwritev.

C counterpart: fs/read_write.c.
"""

from __future__ import annotations

from kshell.abi.c_types import IovecIn, IovecOut, Long, ULong, ULongFd, to_signed64
from kshell.abi.errno import EBADF, EINVAL, ESPIPE
from kshell.kernel.core.declare import SYSCALL_DEFINE5
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, Kiocb
from kshell.kernel.kernel import Kernel
from kshell.kernel.syscalls.transfer import U32, vfs_vectored


def do_vectored(k: Kernel, mode: int, fd: int, vec: int, vlen: int, pos: int) -> int:
    """Read or write (FMODE_READ, FMODE_WRITE) at `pos`; the bytes moved, or a negative errno."""
    if pos < 0:
        return -EINVAL
    file = k.current.files.get(fd & U32)
    if file is None:
        return -EBADF
    can = file.inode.can_seek and (mode == FMODE_READ or file.inode.can_pwrite)
    return vfs_vectored(k, Kiocb(file, pos), mode, vec, vlen & U32) if can else -ESPIPE


@SYSCALL_DEFINE5
def preadv(k: Kernel, fd: ULongFd, vec: IovecOut, vlen: ULong, pos_l: ULong, pos_h: ULong) -> Long:
    """Read into several buffers at offset pos_l, and leave the file's own position alone; pos_h is for 32 bits.

    EINVAL  pos_l is negative as a signed number, vlen exceeds 1024, a length is negative, or offset and lengths
            together exceed the largest offset
    EBADF   fd is not open for reading
    ESPIPE  fd is a pipe or a terminal
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be stored
    EISDIR  fd is a directory
    """
    return do_vectored(k, FMODE_READ, fd, vec, vlen, to_signed64(pos_l))


@SYSCALL_DEFINE5
def pwritev(k: Kernel, fd: ULongFd, vec: IovecIn, vlen: ULong, pos_l: ULong, pos_h: ULong) -> Long:
    """Write from several buffers at offset pos_l, and leave the file's own position alone; pos_h is for 32 bits.

    EINVAL  pos_l is negative as a signed number, vlen exceeds 1024, a length is negative, or offset and lengths
            together exceed the largest offset
    EBADF   fd is not open for writing
    ESPIPE  fd is a pipe, a terminal, or a file of /proc that is made when it is read
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be fetched
    EFBIG   O_APPEND, and the file ends at the largest offset already
    ENOSPC  the file system is full (64 MiB), or the file is /dev/full
    """
    return do_vectored(k, FMODE_WRITE, fd, vec, vlen, to_signed64(pos_l))
