"""Dentries: the names of the tree, each tied to the directory it stands in.

C counterparts: fs/dcache.c, fs/d_path.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.kernel.fs.inode import MAX_NON_LFS, DirectoryInode, Inode, SuperBlock, SymlinkInode, generic_llseek

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kshell.kernel.fs.file import File
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.proc.pseudo import Entry


class Dentry:
    """A name in a directory.  The root is its own parent; `hashed` turns False when the name is removed."""

    __slots__ = ("hashed", "inode", "name", "parent")

    def __init__(self, name: bytes, parent: Dentry | None, inode: Inode) -> None:
        self.name, self.inode = name, inode
        self.parent: Dentry = parent or self
        self.hashed = True

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


class PseudoDirectory(DirectoryInode):
    """A directory whose names are made when they are looked up: it asks `entries` for those that there are now.

    A dentry stays as long as its name tells of the same subject (a task, a module), and the directory has names as
    long as its own is `alive`.  C counterparts: proc_lookup(), kernfs_iop_lookup(), d_revalidate().
    """

    __slots__ = ("_alive", "_entries", "_subjects", "dentry", "k")

    def __init__(
        self,
        k: Kernel,
        sb: SuperBlock,
        mode: int,
        entries: Callable[[Kernel], Mapping[bytes, Entry]],
        absent: int,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(sb, mode, k.clock.realtime_ns())
        self.k, self._entries, self._alive = k, entries, alive
        self.fixed, self.absent = True, absent
        self.dentry: Dentry
        self._subjects: dict[bytes, object] = {}

    @property
    def size(self) -> int:
        """0, whatever is in it."""
        return 0

    @property
    def nlink(self) -> int:
        """2, and 1 for each directory in it."""
        return 2 + sum(entry.entries is not None for entry in self._present().values())

    @nlink.setter
    def nlink(self, value: int) -> None:
        """It is never counted, only told."""

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """As in an empty file.  C: generic_file_llseek()."""
        return generic_llseek(file, offset, whence, 0, MAX_NON_LFS)

    def _present(self) -> Mapping[bytes, Entry]:
        return self._entries(self.k) if self._alive is None or self._alive() else {}

    def names(self) -> list[bytes]:
        """The names that there are now."""
        return list(self._present())

    def lookup(self, name: bytes) -> Dentry | None:
        """The dentry of `name`, made if need be; one whose subject is gone is forgotten."""
        entry, old = self._present().get(name), self.children.get(name)
        if old is not None and (entry is None or self._subjects[name] is not entry.subject):
            self._forget(old)
            old = None
        if entry is None:
            return None
        if old is None:
            old = self._add(name, entry)
        if isinstance(old.inode, SymlinkInode):
            old.inode.target = entry.target
        old.inode.uid, old.inode.gid = entry.uid, entry.gid
        return old

    def _add(self, name: bytes, entry: Entry) -> Dentry:
        inode = entry.make_inode(self)
        dentry = self.children[name] = Dentry(name, self.dentry, inode)
        self._subjects[name] = entry.subject
        if isinstance(inode, PseudoDirectory):
            inode.dentry = dentry
        return dentry

    def _forget(self, old: Dentry) -> None:
        """The name is gone; whoever still has it open keeps what he has."""
        del self.children[old.name], self._subjects[old.name]
        old.hashed = False
        self.sb.free_inodes += 1
