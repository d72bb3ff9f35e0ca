"""Another name for a file.

C counterpart: do_linkat(), may_linkat() and vfs_link() in fs/namei.c.
"""

from __future__ import annotations

from kshell.abi.errno import EINVAL, ENOENT, EPERM, EXDEV
from kshell.abi.fcntl import AT_EMPTY_PATH, AT_SYMLINK_FOLLOW
from kshell.abi.st_mode import S_ISGID, S_ISREG, S_ISUID, S_IXGRP
from kshell.kernel.files.create import filename_create, may_create
from kshell.kernel.fs.dcache import d_add
from kshell.kernel.fs.inode import MAY_READ, MAY_WRITE, DirectoryInode, Inode, SymlinkInode, inode_permission
from kshell.kernel.fs.namei import filename_lookup, getname
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

OPENER_MAY_SINCE = (6, 10)  # before that, an empty path took CAP_DAC_READ_SEARCH
SHORT_SYMLINK_LEN = 128


class ShmemSymlink(SymlinkInode):
    """A symbolic link whose target takes a page where it is long."""

    __slots__ = ()

    @property
    def blocks(self) -> int:
        """Those of the page."""
        return 0 if len(self.target) < SHORT_SYMLINK_LEN else PAGE_SIZE // 512


def do_linkat(k: Kernel, olddfd: int, oldname: int, newdfd: int, newname: int, flags: int) -> int:
    """Give what one path means the name of another; 0 or a negative errno."""
    if flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH):
        return -EINVAL
    if flags & AT_EMPTY_PATH and k.profile.version < OPENER_MAY_SINCE and k.current.cred.euid:
        return -ENOENT
    name = getname(k, oldname, empty_ok=bool(flags & AT_EMPTY_PATH))
    follow = bool(flags & AT_SYMLINK_FOLLOW)
    found = name if isinstance(name, int) else filename_lookup(k, olddfd, name, follow)
    if isinstance(found, int):
        return found
    nd = filename_create(k, newdfd, newname)
    if isinstance(nd, int):
        return nd
    inode = found.inode
    if inode.sb is not nd.dentry.inode.sb:
        return -EXDEV
    err = _may_linkat(k, inode) or may_create(k, nd.dentry) or _can_link(inode)
    if not err:
        now = k.clock.realtime_ns()
        d_add(nd.dentry, nd.last, inode)
        nd.dentry.inode.modified(now)
        inode.nlink, inode.ctime = inode.nlink + 1, now
    return err


def _may_linkat(k: Kernel, inode: Inode) -> int:
    """Somebody else's file can be linked to only if one could write to it (fs.protected_hardlinks)."""
    cred = k.current.cred
    if cred.euid in (0, inode.uid):
        return 0
    runs_as_group = inode.mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP
    is_safe = S_ISREG(inode.mode) and not inode.mode & S_ISUID and not runs_as_group
    return 0 if is_safe and not inode_permission(cred, inode, MAY_READ | MAY_WRITE) else -EPERM


def _can_link(inode: Inode) -> int:
    """0, EPERM for a directory, ENOENT for what has lost its last name."""
    if isinstance(inode, DirectoryInode):
        return -EPERM
    may_be_nameless = isinstance(inode, RegularInode) and inode.linkable
    return 0 if inode.nlink or may_be_nameless else -ENOENT
