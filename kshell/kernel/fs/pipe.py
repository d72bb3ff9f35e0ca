"""Pipes: up to 16 buffers of at most a page each, in at one end and out at the other.

C counterpart: fs/pipe.c.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from kshell.abi.errno import EAGAIN, EFAULT, EINTR, EINVAL, EPIPE, ERESTARTSYS
from kshell.abi.fcntl import O_DIRECT, O_NONBLOCK, O_RDONLY, O_WRONLY
from kshell.abi.signal import SIGPIPE
from kshell.abi.st_mode import S_IFIFO
from kshell.kernel.core.signal import send_sig
from kshell.kernel.fs.dcache import Dentry
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, File, Kiocb
from kshell.kernel.fs.inode import Inode, SuperBlock
from kshell.kernel.fs.uio import IovIter
from kshell.kernel.kernel import Kernel
from kshell.kernel.sched.wait import Waiting, resumed, wait_on, wake_up
from kshell.machine.ram import PAGE_SIZE

PIPE_DEF_BUFFERS = 16


class PipeBuffer:
    """Bytes of one page that are still unread from `offset` on; a `packet` is read by itself (O_DIRECT)."""

    __slots__ = ("data", "offset", "packet")

    def __init__(self, data: bytes, packet: bool) -> None:
        self.data, self.offset, self.packet = data, 0, packet


class PipeInode(Inode):
    """Both ends of a pipe.  An end is gone when no descriptor anywhere refers to it."""

    __slots__ = ("bufs", "on_release", "readers", "writers")
    can_seek = False
    can_signal = True

    def __init__(self, sb: SuperBlock, now: int, uid: int, gid: int) -> None:
        super().__init__(sb, S_IFIFO | 0o600, now, uid, gid)
        self.bufs: deque[PipeBuffer] = deque()
        self.readers = self.writers = 0
        self.on_release: Callable[[], None] = lambda: None

    def open(self, k: Kernel, file: File) -> int:
        """Count the end; the fourth access mode is none."""
        if not file.mode & (FMODE_READ | FMODE_WRITE):
            return -EINVAL
        self.readers += bool(file.mode & FMODE_READ)
        self.writers += bool(file.mode & FMODE_WRITE)
        return 0

    def release(self, file: File) -> None:
        """One end fewer."""
        self.readers -= bool(file.mode & FMODE_READ)
        self.writers -= bool(file.mode & FMODE_WRITE)
        self.nlink = int(self.readers + self.writers > 0)
        self.on_release()

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """What there is, up to the count; 0 when it is empty and nobody can write any more."""
        last, done = resumed(k), 0
        if not to.count:
            return 0
        while self.bufs and to.count:
            buf = self.bufs[0]
            data = buf.data[buf.offset : buf.offset + to.count]
            if to.copy_to_iter(data) < len(data):
                return done or -EFAULT  # the buffer stays as it was, for a better reader
            done += len(data)
            buf.offset += len(data)
            if buf.packet or buf.offset == len(buf.data):
                self.bufs.popleft()
            if buf.packet:
                break
        if done:
            self.accessed(k.clock.realtime_ns())
            wake_up(k, self)
        elif self.writers:
            return self._wait(k, iocb.file, last, 0, "The pipe is empty and its write end is still open")
        return done

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """Put bytes in, the last few first into the room that the newest buffer has left."""
        last = resumed(k)
        before = last.done if last is not None else 0
        source.skip(before)
        if not source.count:
            return before
        if not self.readers:
            send_sig(k, SIGPIPE, "it wrote to a pipe that nobody has open for reading")
            return before or -EPIPE
        done = self._fill(k, iocb.file, source, last, before)
        if done > 0:
            self.modified(k.clock.realtime_ns())
            wake_up(k, self)
        return done

    def _fill(self, k: Kernel, file: File, source: IovIter, last: Waiting | None, before: int) -> int:
        done = before or self._merge(source)
        while done >= 0 and source.count:
            if len(self.bufs) >= PIPE_DEF_BUFFERS:
                err = self._wait(k, file, last, done, "The pipe is full and its read end is still open")
                return done or err
            wanted = min(PAGE_SIZE, source.count)
            data = source.copy_from_iter(wanted)
            if len(data) < wanted:
                done = done or -EFAULT
                break
            self.bufs.append(PipeBuffer(data, bool(file.flags & O_DIRECT)))
            done += len(data)
        return done

    def _wait(self, k: Kernel, file: File, last: Waiting | None, done: int, why: str) -> int:
        """Let the task wait for the other end; what the call answers where it must not, or in vain."""
        if not file.flags & O_NONBLOCK:
            wake_up(k, self)
            wait_on(k, self, last, done)
        return wait_for_ever(k, file, why)

    def _merge(self, source: IovIter) -> int:
        """Append the part of a write that is not whole pages to the newest buffer, if it fits there."""
        odd = source.count % PAGE_SIZE
        if not odd or not self.bufs or self.bufs[-1].packet or len(self.bufs[-1].data) + odd > PAGE_SIZE:
            return 0
        data = source.copy_from_iter(odd)
        if len(data) < odd:
            return -EFAULT
        self.bufs[-1].data += data
        return odd


def create_pipe_files(k: Kernel, sb: SuperBlock, flags: int) -> tuple[File, File]:
    """A new pipe: its read end and its write end.  C: create_pipe_files()."""
    inode = PipeInode(sb, k.clock.realtime_ns(), k.current.cred.euid, k.current.cred.egid)
    dentry = Dentry(b"pipe:[%d]" % inode.ino, None, inode)
    ends = File(dentry, O_RDONLY | flags & O_NONBLOCK), File(dentry, O_WRONLY | flags & (O_NONBLOCK | O_DIRECT))
    inode.on_release = partial(wake_up, k, inode)
    for end in ends:
        inode.open(k, end)
    return ends


def wait_for_ever(k: Kernel, file: File, why: str) -> int:
    """What a call answers that could only be woken by a task that does not exist: -ERESTARTSYS if a timer's signal
    does it, else -EINTR, as if by a person's Ctrl-C; and -EAGAIN where it must not wait."""
    if file.flags & O_NONBLOCK:
        return -EAGAIN
    if k.timer_ends_wait():
        return -ERESTARTSYS
    k.note(f"{why}: on Linux this call waits until somebody wakes it. Nobody can here, so kshell interrupts it.")
    return -EINTR
