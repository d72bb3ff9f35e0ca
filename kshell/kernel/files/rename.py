"""A name that moves, over another one or in exchange for it.

C counterpart: do_renameat2() and vfs_rename() in fs/namei.c, d_move() in fs/dcache.c.
"""

from __future__ import annotations

from kshell.abi.errno import EBUSY, EEXIST, EINVAL, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EXDEV
from kshell.abi.fcntl import RENAME_EXCHANGE, RENAME_NOREPLACE
from kshell.kernel.files.create import may_create
from kshell.kernel.files.readdir import OFFSETS_SINCE
from kshell.kernel.fs.dcache import Dentry, d_delete
from kshell.kernel.fs.inode import MAY_WRITE, DirectoryInode, inode_permission
from kshell.kernel.fs.namei import LAST_NORM, Nameidata, getname, may_delete, path_parent
from kshell.kernel.kernel import Kernel


def do_renameat2(k: Kernel, olddfd: int, oldname: int, newdfd: int, newname: int, flags: int) -> int:
    """Rename what one path means to another; 0 or a negative errno."""
    if flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) or flags == RENAME_NOREPLACE | RENAME_EXCHANGE:
        return -EINVAL
    ends: list[Nameidata] = []
    for dfd, filename in ((olddfd, oldname), (newdfd, newname)):
        name = getname(k, filename)
        nd = name if isinstance(name, int) else path_parent(k, dfd, name)
        if isinstance(nd, int):
            return nd
        ends.append(nd)
    old, new = ends
    if old.dentry.inode.sb is not new.dentry.inode.sb:
        return -EXDEV
    if old.last_type != LAST_NORM:
        return -EBUSY
    if new.last_type != LAST_NORM:
        return -EEXIST if flags & RENAME_NOREPLACE else -EBUSY
    return _lookup_and_rename(k, old, new, flags)


def _lookup_and_rename(k: Kernel, old: Nameidata, new: Nameidata, flags: int) -> int:
    source, target = old.step(), new.lookup()
    if isinstance(source, int):
        return source
    if isinstance(target, int):
        return target
    err = _check_names(old, new, source, target, flags)
    if err or (target is not None and source.inode is target.inode):
        return err
    err = _may_rename(k, source, new.dentry, target, flags)
    if err:
        return err
    now, keeps = k.clock.realtime_ns(), k.profile.version >= OFFSETS_SINCE  # a place keeps its position
    if target is None:
        _take_out(source, now)
        _put_in(source, new.dentry, new.last, 0, now)
    elif flags & RENAME_EXCHANGE:
        _exchange(source, target, keeps, now)
    else:
        d_delete(target, now)
        _take_out(source, now)
        _put_in(source, new.dentry, new.last, target.offset * keeps, now)
    return 0


def _check_names(old: Nameidata, new: Nameidata, source: Dentry, target: Dentry | None, flags: int) -> int:
    """What is wrong with two names, whoever asks."""
    exchange = flags & RENAME_EXCHANGE
    if flags & RENAME_NOREPLACE and target is not None:
        return -EEXIST
    if exchange and target is None:
        return -ENOENT
    if exchange and new.trailing and target is not None and not isinstance(target.inode, DirectoryInode):
        return -ENOTDIR
    if not isinstance(source.inode, DirectoryInode) and (old.trailing or (new.trailing and not exchange)):
        return -ENOTDIR
    if _is_above(source, new.dentry):
        return -EINVAL
    if target is not None and _is_above(target, old.dentry):
        return -EINVAL if exchange else -ENOTEMPTY
    return 0


def _is_above(dentry: Dentry, other: Dentry) -> bool:
    """Whether `other` is this directory, or somewhere in it."""
    while other is not dentry and other.parent is not other:
        other = other.parent
    return other is dentry


def _may_rename(k: Kernel, source: Dentry, parent: Dentry, target: Dentry | None, flags: int) -> int:
    """0, or why the current task may not: of both names, and of what `..` in a directory means."""
    exchange, is_dir = flags & RENAME_EXCHANGE, isinstance(source.inode, DirectoryInode)
    err = may_delete(k, source, is_dir)
    if not err and target is None:
        err = may_create(k, parent)
    elif not err and target is not None:
        err = may_delete(k, target, isinstance(target.inode, DirectoryInode) if exchange else is_dir)
    if err:
        return err
    directory = source.parent.inode
    if isinstance(directory, DirectoryInode) and directory.fixed:
        return -EPERM
    moved = [source, *([target] if exchange and target is not None else [])] if source.parent is not parent else []
    for each in moved:
        if isinstance(each.inode, DirectoryInode) and (err := inode_permission(k.current.cred, each.inode, MAY_WRITE)):
            return err
    if source.is_mountpoint or (target is not None and target.is_mountpoint):
        return -EBUSY
    is_full = target is not None and isinstance(target.inode, DirectoryInode) and target.inode.names()
    return -ENOTEMPTY if is_full and not exchange else 0


def _exchange(source: Dentry, target: Dentry, keeps: bool, now: int) -> None:
    """Let each stand where the other one stood."""
    here, there = ((each.parent, each.name, each.offset * keeps) for each in (source, target))
    _take_out(source, now)
    _take_out(target, now)
    _put_in(target, *here, now)
    _put_in(source, *there, now)


def _take_out(dentry: Dentry, now: int) -> None:
    directory = dentry.parent.inode
    assert isinstance(directory, DirectoryInode)
    del directory.children[dentry.name]
    directory.nlink -= isinstance(dentry.inode, DirectoryInode)
    directory.modified(now)


def _put_in(dentry: Dentry, parent: Dentry, name: bytes, offset: int, now: int) -> None:
    """Give it a name at this position, or at 0 at a new one; it is the newest in any case."""
    directory = parent.inode
    assert isinstance(directory, DirectoryInode)
    dentry.parent, dentry.name = parent, name
    directory.children[name] = dentry
    dentry.offset = offset or directory.next_offset
    directory.next_offset += not offset
    directory.nlink += isinstance(dentry.inode, DirectoryInode)
    directory.modified(now)
    dentry.inode.ctime = now
