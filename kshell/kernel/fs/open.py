"""Opening a file: which flags go together, finding or making it, and whether the task may.

C counterparts: fs/open.c, and path_openat() with its helpers in fs/namei.c.
"""

from __future__ import annotations

from kshell.abi.errno import EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENOTDIR, EOPNOTSUPP, EOVERFLOW, EPERM
from kshell.abi.fcntl import (
    __O_TMPFILE,
    O_ACCMODE,
    O_CLOEXEC,
    O_CREAT,
    O_DIRECT,
    O_DIRECTORY,
    O_DSYNC,
    O_EXCL,
    O_LARGEFILE,
    O_NOATIME,
    O_NOCTTY,
    O_NOFOLLOW,
    O_PATH,
    O_RDONLY,
    O_SYNC,
    O_TMPFILE,
    O_TRUNC,
    VALID_OPEN_FLAGS,
)
from kshell.kernel.fs.dcache import Dentry
from kshell.kernel.fs.file import File
from kshell.kernel.fs.inode import (
    MAX_NON_LFS,
    MAY_READ,
    MAY_WRITE,
    DirectoryInode,
    SymlinkInode,
    file_remove_privs,
    inode_permission,
)
from kshell.kernel.fs.namei import LAST_NORM, Nameidata, filename_lookup, new_inode, path_parent, vfs_create
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import unmap_mapping

O_PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC


def build_open_flags(flags: int) -> int:
    """The flags that count, or -EINVAL for some that contradict each other; unknown ones are dropped."""
    flags &= VALID_OPEN_FLAGS
    if flags & O_PATH:
        return flags & O_PATH_FLAGS
    if flags & O_DIRECTORY and flags & O_CREAT:
        return -EINVAL
    if flags & O_SYNC & ~O_DSYNC:
        flags |= O_DSYNC
    if flags & __O_TMPFILE and (flags & O_TMPFILE != O_TMPFILE or flags & O_ACCMODE == O_RDONLY):
        return -EINVAL
    return flags


def do_filp_open(k: Kernel, dfd: int, name: bytes, flags: int, mode: int) -> File | int:
    """Open, or make and open, what `name` says; `flags` are those of build_open_flags()."""
    if flags & __O_TMPFILE:
        made = _do_tmpfile(k, dfd, name, flags, mode)
    else:
        nd = path_parent(k, dfd, name)
        if isinstance(nd, int):
            return nd
        found = _lookup_open(nd, flags)
        if isinstance(found, int):
            return found
        if found is not None:
            return _check_kind(nd, found, flags) or may_open(k, found, flags) or vfs_open(k, found, flags)
        made = vfs_create(nd, RegularInode, mode & 0o7777, fixed=EACCES)
    return made if isinstance(made, int) else vfs_open(k, made, flags & ~O_TRUNC)


def _lookup_open(nd: Nameidata, flags: int) -> Dentry | int | None:
    """What the last name leads to, links followed; None where O_CREAT has to make it."""
    while True:
        if nd.last_type != LAST_NORM:
            return nd.step()
        if flags & O_CREAT and nd.trailing:
            return -EISDIR
        found = nd.lookup() if flags & O_CREAT else nd.step()
        if found is None or isinstance(found, int) or not isinstance(found.inode, SymlinkInode):
            return found
        if flags & O_CREAT and flags & O_EXCL:
            return -EEXIST
        if flags & O_NOFOLLOW and not nd.trailing:
            return found
        err = nd.last_link(found.inode)
        if err:
            return err


def _check_kind(nd: Nameidata, found: Dentry, flags: int) -> int:
    """What do_open() says to something that was already there, before permissions."""
    is_dir = isinstance(found.inode, DirectoryInode)
    if flags & O_CREAT:
        if flags & O_EXCL:
            return -EEXIST
        if is_dir:
            return -EISDIR
    return -ENOTDIR if (nd.trailing or flags & O_DIRECTORY) and not is_dir else 0


def may_open(k: Kernel, dentry: Dentry, flags: int) -> int:
    """0, or why this file may not be opened so.  Truncating is writing."""
    if flags & O_PATH:
        return 0
    inode, cred = dentry.inode, k.current.cred
    mask = (MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE)[flags & O_ACCMODE]
    if flags & O_TRUNC:
        mask |= MAY_WRITE
    if isinstance(inode, SymlinkInode):
        return -ELOOP
    if isinstance(inode, DirectoryInode) and mask & MAY_WRITE:
        return -EISDIR
    err = inode_permission(cred, inode, mask)
    if not err and flags & O_NOATIME and cred.euid not in (0, inode.uid):
        return -EPERM
    return err


def vfs_open(k: Kernel, dentry: Dentry, flags: int) -> File | int:
    """A new open file on `dentry`.  C: vfs_open(), do_open()."""
    file = File(dentry, flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC))
    if flags & O_PATH:
        file.flags = flags & ~O_CLOEXEC
        return file
    direct = file.flags & O_DIRECT and not isinstance(file.inode, RegularInode)
    err = file.inode.open(k, file) or _fits(file) or (-EINVAL if direct else 0)
    if err:
        file.inode.users -= 1
        return err
    if flags & O_TRUNC and isinstance(file.inode, RegularInode):
        file_remove_privs(k.current.cred, file.inode)
        file.inode.truncate(k.clock.realtime_ns())
        unmap_mapping(k, file.inode)
    return file


def _fits(file: File) -> int:
    """Whether its size is one that the caller can be told.  C: generic_file_open()."""
    is_large = isinstance(file.inode, RegularInode) and file.inode.size > MAX_NON_LFS
    return -EOVERFLOW if is_large and not file.flags & O_LARGEFILE else 0


def _do_tmpfile(k: Kernel, dfd: int, name: bytes, flags: int, mode: int) -> Dentry | int:
    """A file without a name in directory `name`: it goes when it is closed.  C: do_tmpfile()."""
    parent = filename_lookup(k, dfd, name, follow=not flags & O_NOFOLLOW, directory=True)
    if isinstance(parent, int):
        return parent
    assert isinstance(parent.inode, DirectoryInode)
    inode = new_inode(k, parent.inode, RegularInode, mode & 0o7777, fixed=EOPNOTSUPP)
    if isinstance(inode, int):
        return inode
    assert isinstance(inode, RegularInode)
    inode.nlink, inode.linkable = 0, not flags & O_EXCL
    dentry = Dentry(b"#%d" % inode.ino, parent, inode)
    dentry.hashed = False
    return dentry
