"""A new name for something: what every call checks that makes one.

C counterpart: filename_create() and may_create() in fs/namei.c.
"""

from __future__ import annotations

from kshell.abi.errno import EEXIST, ENOENT, EPERM
from kshell.kernel.fs.dcache import Dentry
from kshell.kernel.fs.inode import MAY_EXEC, MAY_WRITE, DirectoryInode, inode_permission
from kshell.kernel.fs.namei import LAST_NORM, Nameidata, user_path_parent
from kshell.kernel.kernel import Kernel


def filename_create(k: Kernel, dfd: int, pathname: int) -> Nameidata | int:
    """The place of a name that is not there yet, and of no directory: EEXIST, or ENOENT for one with slashes behind."""
    nd = user_path_parent(k, dfd, pathname)
    if isinstance(nd, int):
        return nd
    found = nd.lookup() if nd.last_type == LAST_NORM else -EEXIST
    if isinstance(found, int):
        return found
    if found is not None:
        return -EEXIST
    return -ENOENT if nd.trailing else nd


def may_create(k: Kernel, parent: Dentry) -> int:
    """0, or why the current task cannot give anything a name in this directory."""
    assert isinstance(parent.inode, DirectoryInode)
    if not parent.hashed:
        return -ENOENT
    return inode_permission(k.current.cred, parent.inode, MAY_WRITE | MAY_EXEC) or (-EPERM if parent.inode.fixed else 0)
