"""Making a pipe: pipe, pipe2.

C counterpart: fs/pipe.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import Long, PipeFds, PipeFlags
from kshell.abi.errno import EFAULT, EINVAL, ENOPKG
from kshell.abi.fcntl import O_CLOEXEC, O_DIRECT, O_EXCL, O_NONBLOCK
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2
from kshell.kernel.fs.pipe import create_pipe_files
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user


def do_pipe2(k: Kernel, fildes: int, flags: int) -> int:
    """Make a pipe and store its two descriptors; nothing stays open if that fails."""
    notification = O_EXCL if k.profile.version >= (5, 8) else 0  # C: O_NOTIFICATION_PIPE
    if flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | notification):
        return -EINVAL
    if flags & O_EXCL:  # CONFIG_WATCH_QUEUE is not set
        return -ENOPKG
    files = k.current.files
    fds = [files.get_unused_fd()]
    fds.append(files.get_unused_fd(fds[0] + 1) if fds[0] >= 0 else fds[0])
    if fds[1] < 0:
        return fds[1]
    if copy_to_user(k, fildes, struct.pack("<ii", *fds)):
        return -EFAULT
    for fd, end in zip(fds, create_pipe_files(k, k.fs.pipefs, flags), strict=True):
        files.install(fd, end, cloexec=bool(flags & O_CLOEXEC))
    return 0


@SYSCALL_DEFINE1
def pipe(k: Kernel, fildes: PipeFds) -> Long:
    """Make a pipe, and store the descriptors of its two ends: what goes in at the second comes out at the first.

    A pipe holds 64 KiB.  Reading an empty one waits while somebody could still write, and gives 0 when
    nobody can.

    EMFILE  the task has no two free descriptors
    EFAULT  fildes is not writable user memory
    """
    return do_pipe2(k, fildes, 0)


@SYSCALL_DEFINE2
def pipe2(k: Kernel, fildes: PipeFds, flags: PipeFlags) -> Long:
    """Make a pipe as pipe does, with flags for both ends.

    O_CLOEXEC closes them at execve, O_NONBLOCK makes them answer EAGAIN where they would wait, O_DIRECT
    keeps every write (up to 4096 bytes) a packet of its own.

    EINVAL  flags holds anything else
    ENOPKG  [since 5.8] O_EXCL asks for a pipe of notifications, which this kernel is built without
    Otherwise as pipe.
    """
    return do_pipe2(k, fildes, flags)
