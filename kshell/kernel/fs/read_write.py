"""What every read, write and seek checks before the file itself is asked.

C counterpart: fs/read_write.c.
"""

from __future__ import annotations

from kshell.abi.errno import EBADF, EFAULT, EINVAL, ESPIPE
from kshell.abi.fcntl import SEEK_MAX
from kshell.kernel.fs.file import FMODE_READ, File, Kiocb
from kshell.kernel.fs.inode import MAX_LFS_FILESIZE
from kshell.kernel.fs.uio import Segment, UserIter, import_iovec
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok


def _may(file: File, mode: int) -> int:
    """0, EBADF where the file is not open for that, EINVAL where it never could be."""
    if not file.mode & mode:
        return -EBADF
    return 0 if mode == FMODE_READ or file.inode.can_write else -EINVAL


def vfs_transfer(k: Kernel, iocb: Kiocb, mode: int, address: int, count: int) -> int:
    """Read into user memory, or write from there, as `mode` says (FMODE_READ, FMODE_WRITE); the bytes moved, or a
    negative errno.  C: vfs_read(), vfs_write()."""
    err = _may(iocb.file, mode)
    if err or not access_ok(address, count):
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
    inode = iocb.file.inode
    if inode.can_seek and iocb.pos + sum(length for _, length in segments) > MAX_LFS_FILESIZE:
        return -EINVAL
    return (inode.read_iter if mode == FMODE_READ else inode.write_iter)(k, iocb, UserIter(k, *segments))


def vfs_llseek(file: File, offset: int, whence: int) -> int:
    """Move the position; EINVAL for an unknown `whence` comes before ESPIPE, and both before what the file says."""
    if whence > SEEK_MAX:
        return -EINVAL
    return file.inode.llseek(file, offset, whence) if file.inode.can_seek else -ESPIPE
