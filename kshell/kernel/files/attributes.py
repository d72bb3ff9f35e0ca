"""Who may change the mode, the owner and the times of a file, and what goes with it.

C counterpart: notify_change() and setattr_prepare() in fs/attr.c, chown_common() in fs/open.c, vfs_utimes() in
fs/utimes.c.
"""

from __future__ import annotations

from kshell.abi.errno import EINVAL, EOPNOTSUPP, EPERM
from kshell.abi.fcntl import AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
from kshell.abi.st_mode import S_ISGID, S_ISUID, S_IXGRP
from kshell.abi.utime import UTIME_NOW, UTIME_OMIT
from kshell.kernel.fs.dcache import Dentry
from kshell.kernel.fs.inode import MAY_WRITE, DirectoryInode, Inode, SymlinkInode, inode_permission
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.kernel import Kernel

S_IALLUGO = 0o7777
NOBODY = 0xFFFF_FFFF  # an id that leaves things as they are
SECOND = 10**9
Times = tuple[tuple[int, int], tuple[int, int]]  # of the last access and the last change: seconds and nanoseconds


def lookup(k: Kernel, dfd: int, filename: int, flags: int) -> Dentry | int:
    """What a path means, with AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH; EINVAL for other flags."""
    if flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH):
        return -EINVAL
    name = getname(k, filename, empty_ok=bool(flags & AT_EMPTY_PATH))
    return name if isinstance(name, int) else filename_lookup(k, dfd, name, not flags & AT_SYMLINK_NOFOLLOW)


def _is_owner(k: Kernel, inode: Inode) -> bool:
    """C: inode_owner_or_capable()."""
    return k.current.cred.euid in (0, inode.uid)


def chmod_common(k: Kernel, inode: Inode, mode: int) -> int:
    """Give a file other permissions; 0 or a negative errno."""
    if isinstance(inode, SymlinkInode):
        return -EOPNOTSUPP
    if not _is_owner(k, inode) or inode.sb.name == "proc":
        return -EPERM
    cred = k.current.cred
    if cred.euid and cred.egid != inode.gid:
        mode &= ~S_ISGID
    inode.mode = mode & S_IALLUGO | inode.mode & ~S_IALLUGO
    inode.ctime = k.clock.realtime_ns()
    return 0


def chown_common(k: Kernel, inode: Inode, user: int, group: int) -> int:
    """Give a file to another user and group, each unless it is NOBODY; 0 or a negative errno."""
    cred, lost = k.current.cred, _privileges(k, inode)
    may_user = user == NOBODY or cred.euid == 0 or cred.euid == inode.uid == user
    may_group = group == NOBODY or cred.euid == 0 or (cred.euid == inode.uid and group in (cred.egid, inode.gid))
    if not may_user or not may_group or (lost and not _is_owner(k, inode)):
        return -EPERM
    inode.mode &= ~lost
    inode.uid = inode.uid if user == NOBODY else user
    inode.gid = inode.gid if group == NOBODY else group
    inode.ctime = k.clock.realtime_ns()
    return 0


def _privileges(k: Kernel, inode: Inode) -> int:
    """The bits that a change of owner takes from what is no directory (C: ATTR_KILL_SUID, ATTR_KILL_SGID)."""
    if isinstance(inode, DirectoryInode):
        return 0
    cred = k.current.cred
    is_stranger = k.profile.version >= (6, 2) and cred.euid and cred.egid != inode.gid
    drops_group = inode.mode & S_IXGRP or is_stranger
    return inode.mode & (S_ISUID | (S_ISGID if drops_group else 0))


def vfs_utimes(k: Kernel, inode: Inode, times: Times | None) -> int:
    """Set both times, each unless it is UTIME_OMIT; None is now. 0 or a negative errno."""
    if not are_valid(times):
        return -EINVAL
    now = k.clock.realtime_ns()
    if times is None or all(nanoseconds == UTIME_NOW for _, nanoseconds in times):
        if not _is_owner(k, inode) and (err := inode_permission(k.current.cred, inode, MAY_WRITE)):
            return err
        inode.atime = inode.mtime = inode.ctime = now
        return 0
    if not _is_owner(k, inode):
        return -EPERM
    inode.atime, inode.mtime = (
        _moment(time, old, now) for time, old in zip(times, (inode.atime, inode.mtime), strict=True)
    )
    inode.ctime = now
    return 0


def are_valid(times: Times | None) -> bool:
    """Whether the nanoseconds are such, or mean something else."""
    return all(0 <= part < SECOND or part in (UTIME_NOW, UTIME_OMIT) for _, part in times or ())


def _moment(time: tuple[int, int], old: int, now: int) -> int:
    seconds, nanoseconds = time
    return {UTIME_OMIT: old, UTIME_NOW: now}.get(nanoseconds, seconds * SECOND + nanoseconds)
