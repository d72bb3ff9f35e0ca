"""Reading a whole file into the kernel.

C counterpart: fs/kernel_read_file.c (fs/exec.c before 5.10).
"""

from __future__ import annotations

from kshell.abi.errno import EFBIG, EINVAL, EIO, ENOMEM, ETXTBSY
from kshell.abi.st_mode import S_ISREG
from kshell.kernel.fs.file import FMODE_WRITE, File, Kiocb
from kshell.kernel.fs.inode import Inode
from kshell.kernel.fs.uio import IovIter
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

INT_MAX = (1 << 31) - 1


class KernelIter(IovIter):
    """A buffer of `count` bytes in the kernel, which a file is read into."""

    def __init__(self, k: Kernel, count: int) -> None:
        super().__init__(k, (0, count))
        self.data = b""

    def copy_to_iter(self, data: bytes) -> int:
        """All of it arrives."""
        self.data += data
        self.count -= len(data)
        return len(data)


def kernel_read_file(k: Kernel, file: File) -> bytes | int:
    """All bytes of a regular file; EINVAL for another or an empty one, ETXTBSY for one that is open for writing, EFBIG,
    ENOMEM, EIO where it ends early, or what the file says."""
    inode = file.inode
    if not S_ISREG(inode.mode):
        return -EINVAL
    if _is_written(k, inode):
        return -ETXTBSY
    if not inode.size:
        return -EINVAL
    if inode.size > INT_MAX:
        return -EFBIG
    if not has_room(k, inode.size):
        return -ENOMEM
    to = KernelIter(k, inode.size)
    iocb = Kiocb(file, 0)
    while to.count:
        done = inode.read_iter(k, iocb, to)
        if done <= 0:
            return done or -EIO
    return to.data


def has_room(k: Kernel, size: int) -> bool:
    """Whether the machine has memory for so many bytes (C: vmalloc)."""
    return size <= (k.ram.frames_total - k.ram.frames_used) * PAGE_SIZE


def _is_written(k: Kernel, inode: Inode) -> bool:
    """Whether somebody has it open for writing (C: deny_write_access)."""
    files = (file for task in k.tasks.values() for _, file in task.files.items())
    return any(file.inode is inode and file.mode & FMODE_WRITE for file in files)
