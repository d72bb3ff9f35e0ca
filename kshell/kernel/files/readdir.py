"""What a directory lists, in which order, and from which position on.

A file system in memory lists the newest name first.  A position is what lseek takes and what d_off says; which numbers
these are differs: 4.19 counts the names, and an open directory remembers where it stands when names come and go; today
each name keeps a number of its own.  /proc and /sys count on every release.

C counterpart: dcache_readdir() and offset_readdir() in fs/libfs.c.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kernel.fs.dcache import Dentry
from kshell.kernel.fs.file import File
from kshell.kernel.fs.inode import DirectoryInode, Inode
from kshell.kernel.kernel import Kernel

OFFSETS_SINCE = (6, 14)
DIR_OFFSET_EOD = 0x7FFF_FFFF  # behind the last name
DOTS = 2  # `.` stands at 0 and `..` at 1


class DirEntry(NamedTuple):
    """A name in a directory: the position that it stands at, its inode's number and kind (DT_REG and so on), and the
    number that it was given when it was made."""

    pos: int
    name: bytes
    ino: int
    kind: int
    offset: int


def _entry(pos: int, name: bytes, inode: Inode, offset: int = 0) -> DirEntry:
    return DirEntry(pos, name, inode.ino, inode.mode >> 12 & 15, offset)


def iterate_dir(k: Kernel, file: File) -> tuple[list[DirEntry], int]:
    """The names of an open directory from its position on, and the position behind them."""
    directory, pos = file.inode, file.pos
    assert isinstance(directory, DirectoryInode)
    dots = [_entry(0, b".", directory), _entry(1, b"..", file.dentry.parent.inode)][pos:]
    if directory.fixed:
        found = [(name, directory.lookup(name)) for name in directory.names()]
        names = [_entry(at, name, made.inode) for at, (name, made) in enumerate(found, DOTS) if made is not None]
        return dots + names[max(0, pos - DOTS) :], DOTS + len(found)
    newest_first = list(reversed(directory.children.values()))
    if k.profile.version >= OFFSETS_SINCE:
        found_at = _from_offset(newest_first, pos) if pos != DIR_OFFSET_EOD else []
        return dots + [_entry(each.offset, each.name, each.inode) for each in found_at], DIR_OFFSET_EOD
    start = max(pos, DOTS)
    rest = _from_cursor(newest_first, file)
    names = [_entry(at, each.name, each.inode, each.offset) for at, each in enumerate(rest, start)]
    return dots + names, start + len(names)


def _from_offset(dentries: list[Dentry], pos: int) -> list[Dentry]:
    """From the name that stands at `pos`, or else at the next smaller number."""
    if pos <= DOTS:
        return dentries
    start = max((each.offset for each in dentries if each.offset <= pos), default=0)
    return next((dentries[at:] for at, each in enumerate(dentries) if each.offset == start), [])


def _from_cursor(dentries: list[Dentry], file: File) -> list[Dentry]:
    """What follows the name that was told last; after an lseek, what follows so many names."""
    pos, last = file.private_data or (0, 0)
    if pos > DOTS and pos == file.pos:
        return [each for each in dentries if each.offset < last]
    return dentries[max(0, file.pos - DOTS) :]


def told(file: File, last: DirEntry, pos: int) -> None:
    """Note that `last` is the last name that was told, and that the next stands at `pos`."""
    file.pos, file.private_data = pos, (pos, last.offset)
