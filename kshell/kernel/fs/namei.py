"""From a path to a dentry: the walk, and the making and removing of names.

A function that can fail gives a negative errno in the place of its result, as an ERR_PTR does.
C counterpart: fs/namei.c.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi.errno import (
    EBADF,
    EBUSY,
    EEXIST,
    EINVAL,
    EISDIR,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOSPC,
    ENOTDIR,
    ENOTEMPTY,
    EPERM,
)
from kshell.abi.fcntl import AT_FDCWD
from kshell.abi.st_mode import S_IFDIR, S_ISVTX
from kshell.kernel.fs.dcache import Dentry, d_add, d_delete
from kshell.kernel.fs.inode import (
    MAY_EXEC,
    MAY_WRITE,
    DirectoryInode,
    Inode,
    SuperBlock,
    SymlinkInode,
    inode_init_owner,
    inode_permission,
)
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import strncpy_from_user

PATH_MAX = 4096  # bytes of a path, its NUL included
NAME_MAX = 255  # bytes of one name
MAXSYMLINKS = 40  # links followed in one walk

MakeInode = Callable[[SuperBlock, int, int, int, int], Inode]  # a kind of file, by mode, time, uid and gid
LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT = range(4)  # what the last part of a path is


def getname(k: Kernel, filename: int, empty_ok: bool = False) -> bytes | int:
    """The path at a user address: EFAULT, ENAMETOOLONG, or ENOENT for an empty one.  C: getname_flags()."""
    name = strncpy_from_user(k, filename, PATH_MAX)
    if isinstance(name, int):
        return name
    if len(name) >= PATH_MAX:
        return -ENAMETOOLONG
    return name if name or empty_ok else -ENOENT


class Nameidata:
    """How far a walk has come: the directory it stands in, and the last name, not yet looked up."""

    __slots__ = ("dentry", "k", "last", "last_type", "links", "trailing")

    def __init__(self, k: Kernel, start: Dentry) -> None:
        self.k, self.dentry = k, start
        self.last, self.last_type = b"", LAST_ROOT
        self.trailing = False  # whether slashes follow the last name
        self.links = 0

    def walk(self, name: bytes) -> int:
        """Resolve all of `name` but its last part; 0 or a negative errno.  C: link_path_walk()."""
        cred = self.k.current.cred
        if name.startswith(b"/"):
            self.dentry = self.k.fs.root
        name = name.lstrip(b"/")
        self.last, self.last_type, self.trailing = b"", LAST_ROOT, False
        while name:
            err = inode_permission(cred, self.dentry.inode, MAY_EXEC)
            if err:
                return err
            self.last, slash, name = name.partition(b"/")
            name = name.lstrip(b"/")
            self.last_type = {b".": LAST_DOT, b"..": LAST_DOTDOT}.get(self.last, LAST_NORM)
            if not name:
                self.trailing = bool(slash)
                break
            found = self.step()
            if isinstance(found, int):
                return found
            if isinstance(found.inode, SymlinkInode):
                err = self.follow(found.inode)
                if err:
                    return err
                if found.inode.jump is None:
                    name = (found.inode.target + b"/" + name).lstrip(b"/")
                    continue
                found = found.inode.jump
            if not isinstance(found.inode, DirectoryInode):
                return -ENOTDIR
            self.dentry = found
        return 0

    def step(self) -> Dentry | int:
        """The dentry of the last part, where it stands now.  C: walk_component()."""
        if self.last_type == LAST_DOTDOT:
            return self.dentry.parent
        if self.last_type != LAST_NORM:
            return self.dentry
        found = self.lookup()
        return -ENOENT if found is None else found

    def lookup(self) -> Dentry | int | None:
        """The dentry of the last name; None where there is none yet."""
        directory = self.dentry.inode
        assert isinstance(directory, DirectoryInode)
        found = directory.lookup(self.last)
        if found is None and directory.absent:
            return directory.absent
        if found is None and len(self.last) > NAME_MAX and self.dentry.hashed:  # a removed one is not looked into
            return -ENAMETOOLONG
        return found

    def follow(self, link: SymlinkInode) -> int:
        """Count a link, and start at the root if it says so; ELOOP past the fortieth, ENOENT for an empty one."""
        self.links += 1
        if self.links > MAXSYMLINKS:
            return -ELOOP
        if link.target.startswith(b"/"):
            self.dentry = self.k.fs.root
        return 0 if link.target else -ENOENT

    def last_link(self, link: SymlinkInode) -> int:
        """Go on with the target of a link that was the last part; slashes after the link stay after its target."""
        trailing = self.trailing
        err = self.follow(link)
        if not err and link.jump is not None:
            self.dentry, self.last_type = link.jump, LAST_ROOT
        elif not err:
            err = self.walk(link.target)
        self.trailing |= trailing
        return err


def path_parent(k: Kernel, dfd: int, name: bytes) -> Nameidata | int:
    """Walk as far as the directory that holds the last name; the start is the root, the current directory, or an open
    one (EBADF, ENOTDIR).  C: path_init(), filename_parentat()."""
    start = k.current.cwd  # from which an absolute path goes to the root at once
    if dfd != AT_FDCWD and not name.startswith(b"/"):
        file = k.current.files.get_raw(dfd)
        if file is None:
            return -EBADF
        if name and not isinstance(file.inode, DirectoryInode):
            return -ENOTDIR
        start = file.dentry
    nd = Nameidata(k, start)
    return nd.walk(name) or nd


def filename_lookup(k: Kernel, dfd: int, name: bytes, follow: bool = True, directory: bool = False) -> Dentry | int:
    """What a path means.  With `follow` a last link is followed; with `directory` anything else is ENOTDIR."""
    nd = path_parent(k, dfd, name)
    if isinstance(nd, int):
        return nd
    while True:
        found = nd.step()
        if isinstance(found, int):
            return found
        if isinstance(found.inode, SymlinkInode) and (follow or nd.trailing):
            err = nd.last_link(found.inode)
            if err:
                return err
            continue
        if (directory or nd.trailing) and not isinstance(found.inode, DirectoryInode):
            return -ENOTDIR
        return found


def user_path_parent(k: Kernel, dfd: int, filename: int) -> Nameidata | int:
    """The directory that holds the last name of the path at a user address.  C: user_path_parent()."""
    name = getname(k, filename)
    return name if isinstance(name, int) else path_parent(k, dfd, name)


def new_inode(k: Kernel, directory: DirectoryInode, kind: MakeInode, mode: int, fixed: int) -> Inode | int:
    """Something new to live in `directory`, the current task's; or why not: -`fixed` where nothing can be made."""
    err = inode_permission(k.current.cred, directory, MAY_WRITE | MAY_EXEC)
    if err:
        return err
    if directory.fixed:
        return -fixed
    if directory.sb.free_inodes <= 0:
        return -ENOSPC
    mode, uid, gid = inode_init_owner(k.current.cred, directory, mode & ~k.current.umask)
    return kind(directory.sb, mode, k.clock.realtime_ns(), uid, gid)


def vfs_create(nd: Nameidata, kind: MakeInode, mode: int, fixed: int) -> Dentry | int:
    """Make what the last name of a walk shall be; ENOENT in a directory that is removed, and as new_inode()."""
    directory = nd.dentry.inode
    assert isinstance(directory, DirectoryInode)
    inode = new_inode(nd.k, directory, kind, mode, fixed) if nd.dentry.hashed else -ENOENT
    if isinstance(inode, int):
        return inode
    directory.modified(inode.ctime)
    return d_add(nd.dentry, nd.last, inode)


def may_delete(k: Kernel, victim: Dentry, is_dir: bool) -> int:
    """0, or why this name cannot be removed.  C: may_delete()."""
    cred, directory = k.current.cred, victim.parent.inode
    assert isinstance(directory, DirectoryInode)
    err = inode_permission(cred, directory, MAY_WRITE | MAY_EXEC)
    if err:
        return err
    if directory.mode & S_ISVTX and cred.euid not in (0, victim.inode.uid, directory.uid):
        return -EPERM
    if is_dir and not isinstance(victim.inode, DirectoryInode):
        return -ENOTDIR
    if not is_dir and isinstance(victim.inode, DirectoryInode):
        return -EISDIR
    return 0


def _can_delete(victim: Dentry) -> int:
    """0, or why nobody could.  C: vfs_unlink(), vfs_rmdir()."""
    assert isinstance(victim.parent.inode, DirectoryInode)
    if victim.parent.inode.fixed:
        return -EPERM
    if victim.is_mountpoint:
        return -EBUSY
    return -ENOTEMPTY if isinstance(victim.inode, DirectoryInode) and victim.inode.names() else 0


def do_mkdirat(k: Kernel, dfd: int, pathname: int, mode: int) -> int:
    """Make a directory; 0 or a negative errno."""
    nd = user_path_parent(k, dfd, pathname)
    if isinstance(nd, int):
        return nd
    found = nd.lookup() if nd.last_type == LAST_NORM else -EEXIST
    if isinstance(found, int):
        return found
    if found is not None:
        return -EEXIST
    made = vfs_create(nd, DirectoryInode, S_IFDIR | mode & (0o777 | S_ISVTX), fixed=EPERM)
    return made if isinstance(made, int) else 0


def do_unlinkat(k: Kernel, dfd: int, pathname: int, is_dir: bool = False) -> int:
    """Remove a name, with `is_dir` that of an empty directory; 0 or a negative errno.  C: do_unlinkat(), do_rmdir()."""
    nd = user_path_parent(k, dfd, pathname)
    if isinstance(nd, int):
        return nd
    if nd.last_type != LAST_NORM:
        return {LAST_DOTDOT: -ENOTEMPTY, LAST_DOT: -EINVAL, LAST_ROOT: -EBUSY}[nd.last_type] if is_dir else -EISDIR
    found = nd.step()
    if isinstance(found, int):
        return found
    if nd.trailing and not is_dir:
        return -EISDIR if isinstance(found.inode, DirectoryInode) else -ENOTDIR
    err = may_delete(k, found, is_dir) or _can_delete(found)
    if not err:
        d_delete(found, k.clock.realtime_ns())
    return err
