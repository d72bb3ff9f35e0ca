"""Offsets in 32 bits, or in two registers; and struct compat_iovec, which import_iovec() looks at itself.

C counterpart: fs/read_write.c, arch/x86/kernel/sys_ia32.c.
"""

from __future__ import annotations

from kshell.abi.c_types import BufIn, BufOut, Fd, Long, SizeT, UInt, ULong, ULongFd, Whence, to_signed64
from kshell.abi.errno import EFAULT
from kshell.kernel.files.calls.positioned import do_vectored
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE
from kshell.kernel.ia32.compat import CompatIovecIn, CompatIovecOut, CompatOff, LoffPtr, body_of, compat_call
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user
from kshell.kernel.syscalls import transfer


def loff(low: int, high: int) -> int:
    """An offset that came in two registers."""
    return to_signed64(high << 32 | low)


@compat_call("compat_sys_lseek")
def lseek(k: Kernel, fd: Fd, offset: CompatOff, whence: Whence) -> Long:
    """Move the position of an open file by an offset of 32 bits, and return the new one.

    EBADF   fd is not open, or was opened with O_PATH
    EINVAL  whence is none of SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA and SEEK_HOLE, or the new position would be
            negative or too large
    ESPIPE  fd is a pipe or a terminal
    ENXIO   with SEEK_DATA or SEEK_HOLE, offset lies outside the file, or no data follows
    """
    return body_of(transfer.lseek)(k, fd, offset, whence)


@compat_call("sys_llseek")
def llseek(k: Kernel, fd: UInt, offset_high: ULong, offset_low: ULong, result: LoffPtr, whence: Whence) -> Long:
    """Move the position of an open file by an offset in two registers, and store the new one, 8 bytes, at result.

    EBADF   fd is not open, or was opened with O_PATH
    EINVAL  whence is none of these, or the new position would be negative or too large
    EFAULT  result is not writable user memory; the position has moved all the same
    ESPIPE  fd is a pipe or a terminal
    ENXIO   with SEEK_DATA or SEEK_HOLE, offset lies outside the file, or no data follows
    """
    found = body_of(transfer.lseek)(k, fd, loff(offset_low, offset_high), whence)
    if found < 0:
        return found
    return -EFAULT if copy_to_user(k, result, found.to_bytes(8, "little")) else 0


@compat_call("compat_sys_x86_pread", "sys_ia32_pread64")
def pread64(k: Kernel, fd: Fd, ubuf: BufOut, count: SizeT, poslo: UInt, poshi: UInt) -> Long:
    """Read up to count bytes at an offset that comes in two registers, and leave the file's own position alone.

    EINVAL  the offset is negative, or offset and count together exceed the largest offset
    EBADF   fd is not open for reading
    ESPIPE  fd is a pipe or a terminal
    EFAULT  ubuf and count reach outside user memory, or not one byte could be stored
    EISDIR  fd is a directory
    """
    return body_of(transfer.pread64)(k, fd, ubuf, count, loff(poslo, poshi))


@compat_call("compat_sys_x86_pwrite", "sys_ia32_pwrite64")
def pwrite64(k: Kernel, fd: Fd, ubuf: BufIn, count: SizeT, poslo: UInt, poshi: UInt) -> Long:
    """Write count bytes at an offset that comes in two registers, and leave the file's own position alone.

    EINVAL  the offset is negative, or offset and count together exceed the largest offset
    EBADF   fd is not open for writing
    ESPIPE  fd is a pipe, a terminal, or a file of /proc that is made when it is read
    EFAULT  ubuf and count reach outside user memory, or not one byte could be fetched
    EFBIG   offset is 2147483647 or more, and the file was opened without O_LARGEFILE
    EFBIG   O_APPEND, and the file ends at the largest offset already
    ENOSPC  the file system is full (64 MiB), or the file is /dev/full
    """
    return body_of(transfer.pwrite64)(k, fd, ubuf, count, loff(poslo, poshi))


@compat_call("compat_sys_readv", "sys_readv")
def readv(k: Kernel, fd: ULongFd, vec: CompatIovecOut, vlen: ULong) -> Long:
    """Read into several buffers, one after the other: vec is an array of vlen pairs of 32-bit numbers.

    EBADF   fd is not open for reading
    EINVAL  vlen exceeds 1024, a length is negative as a signed number, or position and lengths together exceed the
            largest offset
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be stored
    """
    return body_of(transfer.readv)(k, fd, vec, vlen)


@compat_call("compat_sys_writev", "sys_writev")
def writev(k: Kernel, fd: ULongFd, vec: CompatIovecIn, vlen: ULong) -> Long:
    """Write from several buffers, one after the other: vec is an array of vlen pairs of 32-bit numbers.

    EBADF   fd is not open for writing
    EINVAL  vlen exceeds 1024, a length is negative as a signed number, or position and lengths together exceed the
            largest offset
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be fetched
    """
    return body_of(transfer.writev)(k, fd, vec, vlen)


@compat_call("compat_sys_preadv")
def preadv(k: Kernel, fd: ULongFd, vec: CompatIovecIn, vlen: ULong, pos_low: UInt, pos_high: UInt) -> Long:
    """Read into several buffers at an offset in two registers, and leave the file's own position alone.

    EINVAL  the offset is negative, vlen exceeds 1024, a length is negative, or offset and lengths together exceed the
            largest offset
    EBADF   fd is not open for reading
    ESPIPE  fd is a pipe or a terminal
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be stored
    """
    return do_vectored(k, FMODE_READ, fd, vec, vlen, loff(pos_low, pos_high))


@compat_call("compat_sys_pwritev")
def pwritev(k: Kernel, fd: ULongFd, vec: CompatIovecIn, vlen: ULong, pos_low: UInt, pos_high: UInt) -> Long:
    """Write from several buffers at an offset in two registers, and leave the file's own position alone.

    EINVAL  the offset is negative, vlen exceeds 1024, a length is negative, or offset and lengths together exceed the
            largest offset
    EBADF   fd is not open for writing
    ESPIPE  fd is a pipe, a terminal, or a file of /proc that is made when it is read
    EFAULT  vec or a buffer reaches outside user memory, or not one byte could be fetched
    """
    return do_vectored(k, FMODE_WRITE, fd, vec, vlen, loff(pos_low, pos_high))
