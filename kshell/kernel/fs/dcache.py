"""Dentries: the names of the tree, each tied to the directory it stands in.

C counterparts: fs/dcache.c, fs/d_path.c.
"""

from __future__ import annotations

from kshell.kernel.fs.inode import DirectoryInode, Inode


class Dentry:
    """A name in a directory.  The root is its own parent; `hashed` turns False when the name is removed; of names
    in one directory the one with the larger `offset` came later."""

    __slots__ = ("hashed", "inode", "name", "offset", "parent")

    def __init__(self, name: bytes, parent: Dentry | None, inode: Inode) -> None:
        self.name, self.inode = name, inode
        self.parent: Dentry = parent or self
        self.hashed, self.offset = True, 0

    @property
    def is_mountpoint(self) -> bool:
        """Whether another file system begins here (EBUSY for those who would remove it)."""
        return self.parent is self or self.inode.sb is not self.parent.inode.sb


def d_path(dentry: Dentry) -> bytes | None:
    """The absolute path; None if the name has been removed.  C: d_path()."""
    if not dentry.hashed:
        return None
    parts: list[bytes] = []
    while dentry.parent is not dentry:
        parts.append(dentry.name)
        dentry = dentry.parent
    return b"/" + b"/".join(reversed(parts))


def d_add(parent: Dentry, name: bytes, inode: Inode) -> Dentry:
    """Give `inode` a name in directory `parent`, and return it."""
    directory = parent.inode
    assert isinstance(directory, DirectoryInode)
    dentry = directory.children[name] = Dentry(name, parent, inode)
    dentry.offset, directory.next_offset = directory.next_offset, directory.next_offset + 1
    if isinstance(inode, DirectoryInode):
        directory.nlink += 1
    return dentry


def d_delete(dentry: Dentry, now: int) -> None:
    """Take the name away, and the inode with it if that was its last.  C: vfs_unlink() and vfs_rmdir(), below."""
    directory, inode = dentry.parent.inode, dentry.inode
    assert isinstance(directory, DirectoryInode)
    del directory.children[dentry.name]
    dentry.hashed = False
    directory.modified(now)
    inode.ctime = now
    inode.nlink -= 1
    if isinstance(inode, DirectoryInode):
        inode.nlink = 0
        directory.nlink -= 1
    inode.put()
