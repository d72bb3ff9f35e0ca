"""What is behind the names of /proc and /sys: tables of entries, of which nothing exists before somebody looks.

C counterparts: fs/proc/generic.c, fs/kernfs/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kshell.abi.st_mode import S_IFDIR, S_IFLNK
from kshell.kernel.fs.dcache import Dentry
from kshell.kernel.fs.inode import MAX_NON_LFS, DirectoryInode, Inode, SuperBlock, SymlinkInode, generic_llseek

if TYPE_CHECKING:
    from kshell.kernel.fs.file import File
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.proc.seq_file import SeqInode
    from kshell.kernel.sched.cred import Cred

Show = Callable[["Kernel", "Cred"], bytes]
Store = Callable[["Kernel", bytes], int]
Entries = Callable[["Kernel"], Mapping[bytes, "ProcEntry"]]


class ProcEntry:
    """What is behind one name (C: struct proc_dir_entry, struct kernfs_node).

    A file is of some `kind` and has `show(k, cred)`, where `cred` is of who opened it, and perhaps `store(k, data)`,
    which answers how many bytes it took or a negative errno; a directory has `entries(k)`; a link a `target`.
    `subject` is the module or task that it tells of: once that is not `alive` any more, an open file has nothing to
    say.  `guard` is asked at open beside the mode.
    """

    __slots__ = (
        "alive",
        "entries",
        "gid",
        "guard",
        "is_own",
        "jump",
        "kind",
        "mode",
        "no_write",
        "show",
        "size",
        "store",
        "subject",
        "target",
        "uid",
    )

    def __init__(self, mode: int, size: int = 0) -> None:
        self.mode, self.size = mode, size
        self.kind: type[SeqInode] | None = None
        self.show: Show | None = None
        self.store: Store | None = None
        self.entries: Entries | None = None
        self.target = b""
        self.jump: Dentry | None = None
        self.is_own = False
        self.uid = self.gid = 0
        self.no_write = 0
        self.subject: object = None
        self.alive: Callable[[], bool] | None = None
        self.guard: Callable[[Cred], int] | None = None

    def about(self, subject: object, alive: Callable[[], bool]) -> ProcEntry:
        """The same entry, tied to a module or a task."""
        self.subject, self.alive = subject, alive
        return self

    def make_inode(self, parent: PseudoDirectory) -> Inode:
        """The inode of this name in `parent`, made at the first look."""
        k, sb = parent.k, parent.sb
        if self.entries is not None:
            made = PseudoDirectory(k, sb, self.mode & 0o7777, self.entries, parent.absent, self.alive)
            made.no_write, made.counts = self.no_write, bool(self.size)
            return made
        if self.kind is not None:
            return self.kind(k, sb, self)
        return PseudoLink(sb, k.clock.realtime_ns(), self)


def file(kind: type[SeqInode], mode: int, show: Show, store: Store | None = None, size: int = 0) -> ProcEntry:
    """A regular file; `kind` says how it reads and seeks, `size` what stat tells."""
    entry = ProcEntry(mode, size)
    entry.kind, entry.show, entry.store = kind, show, store
    return entry


def directory(entries: Entries, mode: int = 0o555, no_write: int = 0) -> ProcEntry:
    """A directory with what `entries` says at each look; `no_write` is what root hears, too, who would write to it."""
    entry = ProcEntry(S_IFDIR | mode)
    entry.entries, entry.no_write = entries, no_write
    return entry


def link(target: bytes, mode: int = 0o777, size: int = 0, jump: Dentry | None = None) -> ProcEntry:
    """A symbolic link; with `jump` its target is only to be read, and who follows it is there at once."""
    entry = ProcEntry(S_IFLNK | mode, size)
    entry.target, entry.jump = target, jump
    return entry


class PseudoLink(SymlinkInode):
    """A link whose target is made when it is looked up."""

    __slots__ = ("entry", "jump")

    def __init__(self, sb: SuperBlock, now: int, entry: ProcEntry) -> None:
        super().__init__(sb, entry.target, now)
        self.mode, self.entry, self.jump = entry.mode, entry, entry.jump

    @property
    def size(self) -> int:
        """0 for most, as on Linux."""
        return self.entry.size


class PseudoDirectory(DirectoryInode):
    """A directory whose names are made when they are looked up: it asks `entries` for those that there are now.

    A dentry stays as long as its name tells of the same subject (a task, a module), and the directory has names as
    long as its own is `alive`.  C counterparts: proc_lookup(), kernfs_iop_lookup(), d_revalidate().
    """

    __slots__ = ("_alive", "_entries", "_subjects", "counts", "dentry", "is_own", "k", "no_write")

    def __init__(
        self,
        k: Kernel,
        sb: SuperBlock,
        mode: int,
        entries: Callable[[Kernel], Mapping[bytes, ProcEntry]],
        absent: int,
        alive: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(sb, mode, k.clock.realtime_ns())
        self.k, self._entries, self._alive = k, entries, alive
        self.fixed, self.absent, self.no_write, self.counts = True, absent, 0, False
        self.is_own = False
        self.dentry: Dentry
        self._subjects: dict[bytes, object] = {}

    @property
    def size(self) -> int:
        """0, whatever is in it; where it `counts`, how many names."""
        return len(self._present()) if self.counts else 0

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

    def _present(self) -> Mapping[bytes, ProcEntry]:
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
        if isinstance(old.inode, PseudoLink):
            old.inode.target, old.inode.jump = entry.target, entry.jump
        elif isinstance(old.inode, PseudoDirectory):
            old.inode.is_own = entry.is_own
        old.inode.uid, old.inode.gid = entry.uid, entry.gid
        return old

    def _add(self, name: bytes, entry: ProcEntry) -> Dentry:
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
