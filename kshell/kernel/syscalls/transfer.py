"""Moving bytes: read, write and their relatives, and lseek.

C counterpart: fs/read_write.c.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.c_types import (
    BufIn,
    BufOut,
    Fd,
    IovecIn,
    IovecOut,
    LoffT,
    Long,
    OffT,
    SizeT,
    ULong,
    ULongFd,
    Whence,
)
from kshell.abi.errno import EBADF, EFAULT, EINVAL, ESPIPE
from kshell.abi.fcntl import SEEK_MAX
from kshell.kernel.core.declare import SYSCALL_DEFINE3, SYSCALL_DEFINE4
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, File, Kiocb
from kshell.kernel.fs.inode import MAX_LFS_FILESIZE
from kshell.kernel.fs.uio import IovIter, Segment, import_iovec
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok

U32 = 0xFFFF_FFFF
Transfer = Callable[[Kernel, Kiocb, int, int, int], int]  # vfs_transfer or vfs_vectored


def _may(file: File, mode: int) -> int:
    """0, EBADF where the file is not open for that, EINVAL where it never could be."""
    if not file.mode & mode:
        return -EBADF
    return 0 if mode == FMODE_READ or file.inode.can_write else -EINVAL


def vfs_transfer(k: Kernel, iocb: Kiocb, mode: int, address: int, count: int) -> int:
    """Read into user memory, or write from there, as `mode` says (FMODE_READ, FMODE_WRITE); the bytes moved, or a
    negative errno.  C: vfs_read(), vfs_write()."""
    err = _may(iocb.file, mode)
    if err or not access_ok(k, address, count, "vfs_read" if mode == FMODE_READ else "vfs_write"):
        return err or -EFAULT
    return _ask_file(k, iocb, mode, (address, count))


def vfs_vectored(k: Kernel, iocb: Kiocb, mode: int, vec: int, vlen: int) -> int:
    """The same with the segments at `vec`; for no bytes at all the file is not asked.  C: vfs_readv(), vfs_writev()."""
    err = _may(iocb.file, mode)
    segments = err if err and k.profile.version >= (6, 8) else import_iovec(k, vec, vlen)
    if isinstance(segments, int):
        return segments
    if err or not any(length for _, length in segments):
        return err
    return _ask_file(k, iocb, mode, *segments)


def _ask_file(k: Kernel, iocb: Kiocb, mode: int, *segments: Segment) -> int:
    """EINVAL past the largest offset (C: rw_verify_area), and then what the file says."""
    inode, buffers = iocb.file.inode, IovIter(k, *segments)
    if inode.can_seek and iocb.pos + sum(length for _, length in segments) > MAX_LFS_FILESIZE:
        return -EINVAL
    return (inode.read_iter if mode == FMODE_READ else inode.write_iter)(k, iocb, buffers)


def _at_position(k: Kernel, transfer: Transfer, mode: int, fd: int, what: int, count: int) -> int:
    """Transfer at the file's own position, and move that on.  EBADF where there is no file.  C: ksys_read()."""
    file = k.current.files.get(fd)
    if file is None:
        return -EBADF
    iocb = Kiocb(file, file.pos)
    result = transfer(k, iocb, mode, what, count)
    if result >= 0:
        file.pos = iocb.pos
    return result


@SYSCALL_DEFINE3
def read(k: Kernel, fd: Fd, buf: BufOut, count: SizeT) -> Long:
    """Read up to count bytes from a file into a buffer.

    The result is how many bytes arrived: fewer than count near the end of a file, from a pipe that holds
    less, from a terminal (a line), or when the buffer runs into memory that is not mapped.  0 is the end
    of the file.  The position moves on by the result.

    EBADF   fd is not open, not open for reading, or was opened with O_PATH
    EFAULT  buf and count reach outside user memory, or not one byte could be stored
    EISDIR  fd is a directory
    EINVAL  position and count together exceed the largest offset
    EAGAIN  the pipe is empty and the descriptor is non-blocking
    EINTR   the pipe is empty, and waiting for its writers would never end
    """
    return _at_position(k, vfs_transfer, FMODE_READ, fd, buf, count)


@SYSCALL_DEFINE3
def write(k: Kernel, fd: Fd, buf: BufIn, count: SizeT) -> Long:
    """Write count bytes from a buffer to a file.

    The result is how many bytes were taken, which may be fewer: the file system may be full, or the
    buffer may run into memory that is not mapped.  The position moves on by the result; a file opened
    with O_APPEND is written at its end.

    EBADF   fd is not open, not open for writing, or was opened with O_PATH
    EFAULT  buf and count reach outside user memory, or not one byte could be fetched
    EINVAL  position and count together exceed the largest offset
    EFBIG   O_APPEND, and the file ends at the largest offset already
    ENOSPC  the file system is full (64 MiB), or the file is /dev/full
    EPIPE   nobody can read this pipe any more; SIGPIPE is sent too
    EAGAIN  the pipe is full and the descriptor is non-blocking
    EINTR   the pipe is full, and waiting for its readers would never end
    """
    return _at_position(k, vfs_transfer, FMODE_WRITE, fd, buf, count)


@SYSCALL_DEFINE3
def lseek(k: Kernel, fd: Fd, offset: OffT, whence: Whence) -> Long:
    """Move the position of an open file, and return the new one.

    whence says what offset counts from: SEEK_SET the start, SEEK_CUR the present position, SEEK_END the
    end; SEEK_DATA and SEEK_HOLE look for the next data or hole from offset on.  A position past the end
    is allowed: what is written there leaves a hole behind it.

    EBADF   fd is not open, or was opened with O_PATH
    EINVAL  whence is none of these, or the new position would be negative or too large
    ESPIPE  fd is a pipe or a terminal
    ENXIO   with SEEK_DATA or SEEK_HOLE, offset lies outside the file, or no data follows
    """
    file = k.current.files.get(fd)
    if file is None:
        return -EBADF
    if whence > SEEK_MAX:
        return -EINVAL
    return file.inode.llseek(file, offset, whence) if file.inode.can_seek else -ESPIPE


def _positioned(k: Kernel, mode: int, fd: int, buf: int, count: int, pos: int) -> int:
    """Transfer at `pos`, after the checks that come before those of any read or write.  C: ksys_pread64()."""
    if pos < 0:
        return -EINVAL
    file = k.current.files.get(fd)
    if file is None:
        return -EBADF
    can = file.inode.can_seek and (mode == FMODE_READ or file.inode.can_pwrite)
    return vfs_transfer(k, Kiocb(file, pos), mode, buf, count) if can else -ESPIPE


@SYSCALL_DEFINE4
def pread64(k: Kernel, fd: Fd, buf: BufOut, count: SizeT, pos: LoffT) -> Long:
    """Read up to count bytes at offset pos, and leave the file's own position alone.

    EINVAL  pos is negative, or pos and count together exceed the largest offset
    EBADF   fd is not open for reading
    ESPIPE  fd is a pipe or a terminal
    EFAULT  buf and count reach outside user memory, or not one byte could be stored
    EISDIR  fd is a directory
    """
    return _positioned(k, FMODE_READ, fd, buf, count, pos)


@SYSCALL_DEFINE4
def pwrite64(k: Kernel, fd: Fd, buf: BufIn, count: SizeT, pos: LoffT) -> Long:
    """Write count bytes at offset pos, and leave the file's own position alone.

    On a file opened with O_APPEND the bytes go to its end all the same, as on Linux.

    EINVAL  pos is negative, or pos and count together exceed the largest offset
    EBADF   fd is not open for writing
    ESPIPE  fd is a pipe, a terminal, or a file of /proc that is made when it is read
    EFAULT  buf and count reach outside user memory, or not one byte could be fetched
    EFBIG   O_APPEND, and the file ends at the largest offset already
    ENOSPC  the file system is full (64 MiB), or the file is /dev/full
    """
    return _positioned(k, FMODE_WRITE, fd, buf, count, pos)


@SYSCALL_DEFINE3
def readv(k: Kernel, fd: ULongFd, vec: IovecOut, vlen: ULong) -> Long:
    """Read into several buffers, one after the other.

    vec is an array of vlen pairs of 64-bit numbers, an address and a length each.  Only the lower 32 bits of
    fd and of vlen count.  For no bytes at all the file is not asked.

    EBADF   fd is not open for reading
    EINVAL  vlen exceeds 1024, a length is negative as a signed number, or position and lengths together exceed the
            largest offset
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be stored
    Otherwise as read.
    """
    return _at_position(k, vfs_vectored, FMODE_READ, fd & U32, vec, vlen & U32)


@SYSCALL_DEFINE3
def writev(k: Kernel, fd: ULongFd, vec: IovecIn, vlen: ULong) -> Long:
    """Write from several buffers, one after the other.

    vec is an array of vlen pairs of 64-bit numbers, an address and a length each.  Only the lower 32 bits of
    fd and of vlen count.  For no bytes at all the file is not asked.

    EBADF   fd is not open for writing
    EINVAL  vlen exceeds 1024, a length is negative as a signed number, or position and lengths together exceed the
            largest offset
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be fetched
    Otherwise as write.
    """
    return _at_position(k, vfs_vectored, FMODE_WRITE, fd & U32, vec, vlen & U32)
