"""User and group ids of 16 bits, which the first calls for them have.

C counterpart: kernel/uid16.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Fd, Long, Path
from kshell.abi.fcntl import AT_FDCWD, AT_SYMLINK_NOFOLLOW
from kshell.kernel.files.attributes import NOBODY
from kshell.kernel.files.calls.attributes import do_fchownat, fchown
from kshell.kernel.ia32.compat import OldUidT, body_of, compat_call
from kshell.kernel.kernel import Kernel

OVERFLOW_ID = 65534  # C: DEFAULT_OVERFLOWUID


def high2low(number: int) -> int:
    """An id, or the one that stands for all that do not fit into 16 bits (C: high2lowuid)."""
    return number if number < 1 << 16 else OVERFLOW_ID


@compat_call("sys_getuid16")
def getuid16(k: Kernel) -> Long:
    """Return the real user id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.uid)


@compat_call("sys_geteuid16")
def geteuid16(k: Kernel) -> Long:
    """Return the effective user id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.euid)


@compat_call("sys_getgid16")
def getgid16(k: Kernel) -> Long:
    """Return the real group id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.gid)


@compat_call("sys_getegid16")
def getegid16(k: Kernel) -> Long:
    """Return the effective group id of the caller; 65534 for one above 65535.  It cannot fail."""
    return high2low(k.current.cred.egid)


def low2high(number: int) -> int:
    """An id of 16 bits as one of 32; -1 stays that (C: low2highuid)."""
    return NOBODY if number == (1 << 16) - 1 else number


@compat_call("sys_chown16")
def chown16(k: Kernel, filename: Path, user: OldUidT, group: OldUidT) -> Long:
    """Give a file to another user and group; -1 leaves the one or the other as it is.

    EPERM   the caller may not
    EFAULT  filename is not readable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return do_fchownat(k, AT_FDCWD, filename, low2high(user), low2high(group), 0)


@compat_call("sys_lchown16")
def lchown16(k: Kernel, filename: Path, user: OldUidT, group: OldUidT) -> Long:
    """Give a file, or a symbolic link itself, to another user and group.

    EPERM   the caller may not
    EFAULT  filename is not readable user memory
    ENOENT  the file or a directory of its path does not exist, or the path is empty
    """
    return do_fchownat(k, AT_FDCWD, filename, low2high(user), low2high(group), AT_SYMLINK_NOFOLLOW)


@compat_call("sys_fchown16")
def fchown16(k: Kernel, fd: Fd, user: OldUidT, group: OldUidT) -> Long:
    """Give an open file to another user and group.

    EBADF  fd is not open, or was opened with O_PATH
    EPERM  the caller may not
    """
    return body_of(fchown)(k, fd, low2high(user), low2high(group))
