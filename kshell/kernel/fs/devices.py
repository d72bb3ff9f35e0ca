"""Character devices: the small ones of memory, the random ones, and the shell's own screen.

C counterparts: drivers/char/mem.c, drivers/char/random.c, drivers/tty/tty_io.c.
"""

from __future__ import annotations

from kshell.abi.errno import EFAULT, ENOSPC, ERESTARTSYS
from kshell.abi.st_mode import S_IFCHR
from kshell.abi.structs import makedev
from kshell.kernel.core.signal import interrupt
from kshell.kernel.fs.file import File, Kiocb
from kshell.kernel.fs.inode import Inode, SuperBlock
from kshell.kernel.fs.uio import CHUNK, IovIter, fill
from kshell.kernel.kernel import Kernel

MEM_MAJOR, TTYAUX_MAJOR = 1, 5
TTY_CHUNK = 2048  # a terminal takes this much of a write at a time
N_TTY_LINE = 4095  # and hands out no longer line


class CharInode(Inode):
    """A character device; subclasses say which."""

    __slots__ = ()

    def __init__(self, sb: SuperBlock, mode: int, now: int, major: int, minor: int) -> None:
        super().__init__(sb, S_IFCHR | mode, now)
        self.rdev = makedev(major, minor)

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """There is only one position, 0.  C: null_lseek(), noop_llseek()."""
        return 0


class NullInode(CharInode):
    """/dev/null: empty to read, and whatever is written is gone without a look at it."""

    __slots__ = ()

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """End of file."""
        return 0

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """All taken, without touching the buffer."""
        return source.count


class StreamInode(CharInode):
    """A device that never runs dry: `produce` makes the next bytes."""

    __slots__ = ()

    def produce(self, k: Kernel, size: int) -> bytes:
        """The next `size` bytes: zeros here."""
        return bytes(size)

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """Fill the buffer as far as it can be reached."""
        return fill(k, to, lambda done, size: self.produce(k, size))


class ZeroInode(StreamInode, NullInode):
    """/dev/zero: zeros without end."""

    __slots__ = ()


class FullInode(StreamInode):
    """/dev/full: reads as zeros, and is full for every write."""

    __slots__ = ()

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """ENOSPC."""
        return -ENOSPC


class RandomInode(StreamInode):
    """/dev/random and /dev/urandom: the kernel's seeded randomness, the same at every boot."""

    __slots__ = ()
    can_signal = True

    def produce(self, k: Kernel, size: int) -> bytes:
        """The next random bytes."""
        return k.random.randbytes(size)

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """Taken and ignored: what is written must not change what the next run gives."""
        done = 0
        while source.count and not (done and k.signal_pending()):
            size = min(source.count, CHUNK)
            taken = len(source.copy_from_iter(size))
            done += taken
            if taken < size:
                return done or -EFAULT
        return done


class TtyInode(CharInode):
    """/dev/tty and /dev/console: the shell's own screen and keyboard."""

    __slots__ = ()
    can_seek = False
    can_signal = True

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """One line at most; 0 at the end of the input.  Ctrl-C, which is SIGINT, ends the wait for one."""
        if not to.count:
            return 0
        data = k.tty.read(min(to.count, N_TTY_LINE))
        if data is None:
            interrupt(k)
            return -ERESTARTSYS
        if not data:
            return 0
        return to.copy_to_iter(data) or -EFAULT

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """Onto the screen, a chunk at a time; a chunk that cannot be read whole is not shown at all."""
        done = 0
        while source.count and not (done and k.signal_pending()):
            size = min(source.count, TTY_CHUNK)
            data = source.copy_from_iter(size)
            if len(data) < size:
                return done or -EFAULT
            k.tty.write(data)
            done += size
        return done
