"""Files that stand for something else: named pipes, devices, sockets.

C counterpart: init_special_inode() in fs/inode.c, fifo_open() in fs/pipe.c.
"""

from __future__ import annotations

from kshell.abi.errno import EINVAL, ENXIO
from kshell.abi.fcntl import O_NONBLOCK
from kshell.abi.st_mode import S_IFCHR, S_IFIFO, S_IFMT
from kshell.abi.structs import makedev
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, File
from kshell.kernel.fs.filesystem import DEVICES
from kshell.kernel.fs.inode import Inode, SuperBlock
from kshell.kernel.fs.namei import MakeInode
from kshell.kernel.fs.pipe import PipeInode, wait_for_ever
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel

KINDS = {makedev(major, minor): (kind, major, minor) for _, kind, _, major, minor in DEVICES}


class FifoInode(PipeInode):
    """A pipe with a name.  What is in it is lost when nobody has it open."""

    __slots__ = ()

    def __init__(self, sb: SuperBlock, mode: int, now: int, uid: int, gid: int) -> None:
        super().__init__(sb, now, uid, gid)
        self.mode = mode

    def open(self, k: Kernel, file: File) -> int:
        """Wait until the other end is open too; who reads without waiting need not, who writes so gets ENXIO."""
        reads, writes = file.mode & FMODE_READ, file.mode & FMODE_WRITE
        if not reads and not writes:
            return -EINVAL
        if reads and (writes or self.writers or file.flags & O_NONBLOCK):
            return super().open(k, file)
        if writes and self.readers:
            return super().open(k, file)
        if file.flags & O_NONBLOCK:
            return -ENXIO
        return wait_for_ever(
            k, file, f"Nobody has the other end of the FIFO open for {'writing' if reads else 'reading'}"
        )

    def release(self, file: File) -> None:
        """One end fewer."""
        links = self.nlink
        super().release(file)
        self.nlink = links
        if not self.readers + self.writers:
            self.bufs.clear()


class NoDevice(Inode):
    """A device that this machine has no driver for, or a socket that nobody has bound: it cannot be opened."""

    __slots__ = ()

    def open(self, k: Kernel, file: File) -> int:
        """ENXIO."""
        return -ENXIO


def special_inode(dev: int) -> MakeInode:
    """What makes the inode of a file by its mode; `dev` is the number of a device, as user space has it."""

    def make(sb: SuperBlock, mode: int, now: int, uid: int, gid: int) -> Inode:
        kind = mode & S_IFMT
        if kind == S_IFCHR and dev in KINDS:
            device, *numbers = KINDS[dev]
            inode: Inode = device(sb, mode & ~S_IFMT, now, *numbers)
            inode.uid, inode.gid = uid, gid
            return inode
        if kind == S_IFIFO:
            return FifoInode(sb, mode, now, uid, gid)
        inode = NoDevice(sb, mode, now, uid, gid)
        inode.rdev = dev
        return inode

    return make


def regular_inode(sb: SuperBlock, mode: int, now: int, uid: int, gid: int) -> Inode:
    """A regular file, where the mode says so or says nothing."""
    return RegularInode(sb, mode & ~S_IFMT, now, uid, gid)
