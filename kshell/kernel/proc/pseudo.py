"""What is behind the names of /proc and /sys: tables of entries, of which nothing exists before somebody looks.

C counterparts: fs/proc/generic.c, fs/kernfs/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kshell.abi.stat import S_IFDIR, S_IFLNK
from kshell.kernel.fs.dcache import PseudoDirectory
from kshell.kernel.fs.inode import Inode, SuperBlock, SymlinkInode

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.proc.seq_file import SeqInode
    from kshell.kernel.task.task import Cred

Show = Callable[["Kernel", "Cred"], bytes]
Store = Callable[["Kernel", bytes], int]
Entries = Callable[["Kernel"], Mapping[bytes, "Entry"]]


class Entry:
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
        "kind",
        "mode",
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
        self.uid = self.gid = 0
        self.subject: object = None
        self.alive: Callable[[], bool] | None = None
        self.guard: Callable[[Cred], int] | None = None

    def about(self, subject: object, alive: Callable[[], bool]) -> Entry:
        """The same entry, tied to a module or a task."""
        self.subject, self.alive = subject, alive
        return self

    def make_inode(self, parent: PseudoDirectory) -> Inode:
        """The inode of this name in `parent`, made at the first look."""
        k, sb = parent.k, parent.sb
        if self.entries is not None:
            return PseudoDirectory(k, sb, self.mode & 0o7777, self.entries, parent.absent, self.alive)
        if self.kind is not None:
            return self.kind(k, sb, self)
        return PseudoLink(sb, k.clock.realtime_ns(), self)


def file(kind: type[SeqInode], mode: int, show: Show, store: Store | None = None, size: int = 0) -> Entry:
    """A regular file; `kind` says how it reads and seeks, `size` what stat tells."""
    entry = Entry(mode, size)
    entry.kind, entry.show, entry.store = kind, show, store
    return entry


def directory(entries: Entries, mode: int = 0o555) -> Entry:
    """A directory with what `entries` says at each look."""
    entry = Entry(S_IFDIR | mode)
    entry.entries = entries
    return entry


def link(target: bytes, mode: int = 0o777, size: int = 0) -> Entry:
    """A symbolic link."""
    entry = Entry(S_IFLNK | mode, size)
    entry.target = target
    return entry


class PseudoLink(SymlinkInode):
    """A link whose target is made when it is looked up."""

    __slots__ = ("entry",)

    def __init__(self, sb: SuperBlock, now: int, entry: Entry) -> None:
        super().__init__(sb, entry.target, now)
        self.mode, self.entry = entry.mode, entry

    @property
    def size(self) -> int:
        """0 for most, as on Linux."""
        return self.entry.size
