"""Files whose bytes are made when they are read: all of /proc and /sys.

C counterpart: fs/seq_file.c.
"""

from __future__ import annotations

from kshell.abi.errno import EACCES, EFAULT, EIO, ENODEV, ESRCH
from kshell.abi.st_mode import S_IFREG
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, File, Kiocb
from kshell.kernel.fs.inode import MAX_NON_LFS, Inode, SuperBlock, generic_llseek
from kshell.kernel.fs.uio import IovIter
from kshell.kernel.kernel import Kernel
from kshell.kernel.proc.pseudo import ProcEntry
from kshell.kernel.sched.cred import Cred
from kshell.machine.ram import PAGE_SIZE


class SeqFile:
    """What an open file keeps from one read to the next (C: struct seq_file): who opened it, the bytes as they were
    made, and where the last read of them ended."""

    __slots__ = ("cred", "data", "read_pos")

    def __init__(self, cred: Cred) -> None:
        self.cred = cred
        self.data = b""
        self.read_pos = -1


class SeqInode(Inode):
    """A file that is shown.  What it shows is made at its start, and again wherever the reader has jumped to."""

    __slots__ = ("entry", "k")
    most = PAGE_SIZE  # bytes that one write stores
    can_pwrite = False  # C: seq_open() takes FMODE_PWRITE away
    no_mmap = EIO  # C: proc_reg_mmap()
    read_only = EIO  # what a write answers where there is nothing to store it
    gone = ESRCH  # what a read answers when its subject is no more
    strict = False  # whether the mode binds root too
    once = False  # whether a read that does not begin at 0 gives nothing
    whole = False  # whether a read gives all of its bytes or none

    def __init__(self, k: Kernel, sb: SuperBlock, entry: ProcEntry) -> None:
        super().__init__(sb, S_IFREG | entry.mode, k.clock.realtime_ns())
        self.k, self.entry = k, entry

    @property
    def size(self) -> int:
        """0 for most: nobody knows before it is shown."""
        return self.entry.size

    def open(self, k: Kernel, file: File) -> int:
        """Note who opens it.  C: single_open(), kernfs_fop_open()."""
        err = self.may_open(k.current.cred, file.mode)
        if not err:
            file.private_data = SeqFile(k.current.cred)
        return err

    def may_open(self, cred: Cred, mode: int) -> int:
        """0, or why `cred` may not have it in this mode."""
        if self.strict:
            needed = (0o444 if mode & FMODE_READ else 0) | (0o222 if mode & FMODE_WRITE else 0)
            for bits in (0o444, 0o222):
                if needed & bits and not self.mode & bits:
                    return -EACCES
        return self.entry.guard(cred) if self.entry.guard is not None else 0

    def is_gone(self) -> bool:
        """Whether what it tells of has ended."""
        return self.entry.alive is not None and not self.entry.alive()

    def produce(self, cred: Cred) -> bytes | int:
        """What it shows to `cred`, or a negative errno."""
        if self.is_gone():
            return -self.gone
        return self.entry.show(self.k, cred) if self.entry.show is not None else -EIO

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """C: seq_read_iter()."""
        seq: SeqFile = iocb.file.private_data
        if self.once and iocb.pos:
            return 0
        if not iocb.pos or iocb.pos != seq.read_pos:
            made = self.produce(seq.cred)
            if isinstance(made, int):
                return made
            seq.data = made
        data = seq.data[iocb.pos : iocb.pos + to.count]
        copied = to.copy_to_iter(data)
        if copied < len(data) and (self.whole or not copied):
            return -EFAULT
        iocb.pos += copied
        seq.read_pos = iocb.pos
        return copied

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """Hand `most` bytes at most to who stores them."""
        if self.entry.store is None:
            return -self.read_only
        if not source.count:
            return 0
        wanted = min(source.count, self.most)
        data = source.copy_from_iter(wanted)
        if len(data) < wanted:
            return -EFAULT
        if self.is_gone():
            return -self.gone
        done = self.store(k, data, iocb.pos)
        iocb.pos += max(done, 0)
        return done

    def store(self, k: Kernel, data: bytes, pos: int) -> int:
        """How much of `data` was taken, or a negative errno."""
        assert self.entry.store is not None
        return self.entry.store(k, data)


class SizedInode(SeqInode):
    """One that has an end to seek from, though it is not where the bytes end.  C: generic_file_llseek()."""

    __slots__ = ()
    can_pwrite = True
    no_mmap = ENODEV
    maximum = MAX_NON_LFS  # the largest offset

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """As in a file of the size that stat tells."""
        return generic_llseek(file, offset, whence, self.size, self.maximum)
