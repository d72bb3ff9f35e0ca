"""Inodes: what a file is, apart from its names; and the superblock that they are counted in.

Each kind of file is a subclass that says what reading, writing and seeking mean for it.  A file whose
bytes are made when it is read needs no more than its own `read_iter`.

C counterparts: fs/inode.c, include/linux/fs.h (struct inode, struct file_operations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.errno import EACCES, EINVAL, EISDIR, ENODEV, ENXIO
from kshell.abi.fcntl import SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET
from kshell.abi.st_mode import S_IFDIR, S_IFLNK, S_IFMT, S_ISGID, S_ISUID, S_IXGRP
from kshell.machine.ram import PAGE_SIZE

if TYPE_CHECKING:
    from kshell.kernel.fs.dcache import Dentry
    from kshell.kernel.fs.file import File, Kiocb
    from kshell.kernel.fs.uio import IovIter
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.sched.cred import Cred

MAX_NON_LFS = (1 << 31) - 1  # of a file opened without O_LARGEFILE, or of /proc and /sys, which never asked for more
MAX_LFS_FILESIZE = (1 << 63) - 1  # the largest offset that an off_t can say
BOGO_DIRENT_SIZE = 20  # what tmpfs says that one name in a directory weighs
DAY_NS = 86_400 * 10**9

MAY_EXEC, MAY_WRITE, MAY_READ = 1, 2, 4  # what inode_permission() is asked for


class SuperBlock:
    """One file system: its device number, the size of its blocks, how many pages and inodes it may hold (ENOSPC
    beyond), and whether nothing in it can be executed."""

    __slots__ = (
        "_last_ino",
        "blocksize",
        "dev",
        "free_inodes",
        "free_pages",
        "max_inodes",
        "max_pages",
        "name",
        "noexec",
    )

    def __init__(self, name: str, minor: int, max_bytes: int = 64 << 20, max_inodes: int = 1 << 15) -> None:
        self.name, self.dev, self.blocksize, self.noexec = name, minor, PAGE_SIZE, False
        self.max_pages = self.free_pages = max_bytes // PAGE_SIZE
        self.max_inodes = self.free_inodes = max_inodes
        self._last_ino = 0

    def new_ino(self) -> int:
        """The next inode number; the root's is 1."""
        self._last_ino += 1
        return self._last_ino


class Inode:
    """A file.  Times are nanoseconds since 1970; `users` counts the open files that keep it when its names are gone."""

    __slots__ = ("atime", "ctime", "gid", "ino", "mode", "mtime", "nlink", "rdev", "sb", "uid", "users")
    can_seek = can_pwrite = True  # whether it has a position (lseek, pread), and can be written at any other
    can_write = True  # whether writing means anything for it (C: FMODE_CAN_WRITE)
    can_signal = False  # whether it would send SIGIO (C: f_op->fasync)
    no_write = 0  # the errno for whoever would write to it, root too
    is_own = False  # whether it is the caller's own, and its mode is for others (C: proc_fd_permission())
    no_mmap = ENODEV  # what mmap answers, where the file has no pages to show

    def __init__(self, sb: SuperBlock, mode: int, now: int, uid: int = 0, gid: int = 0) -> None:
        self.sb, self.mode, self.uid, self.gid = sb, mode, uid, gid
        self.ino = sb.new_ino()
        self.nlink, self.rdev, self.users = 1, 0, 0
        self.atime = self.mtime = self.ctime = now
        sb.free_inodes -= 1

    @property
    def size(self) -> int:
        """st_size."""
        return 0

    @property
    def blocks(self) -> int:
        """st_blocks: how many 512-byte blocks it holds."""
        return 0

    def open(self, k: Kernel, file: File) -> int:
        """A file was opened on it: 0, or a negative errno to refuse.  C: f_op->open."""
        return 0

    def release(self, file: File) -> None:
        """The last descriptor of `file` is gone.  C: f_op->release."""

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """Bytes read into `to`, 0 at the end, or a negative errno.  C: f_op->read_iter."""
        return -EINVAL

    def write_iter(self, k: Kernel, iocb: Kiocb, source: IovIter) -> int:
        """Bytes written from `source`, or a negative errno.  C: f_op->write_iter."""
        return -EINVAL

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """Move the position; the new one or a negative errno.  C: f_op->llseek.

        Without more, it moves from the start or the present position only (C: dcache_dir_lseek(), seq_lseek()).
        """
        if whence == SEEK_CUR:
            offset += file.pos
        elif whence != SEEK_SET:
            return -EINVAL
        return vfs_setpos(file, offset, MAX_LFS_FILESIZE)

    def accessed(self, now: int) -> None:
        """Note a read as a relatime mount does: only if it tells more than the last note, or that is a day old."""
        if self.atime <= self.mtime or self.atime <= self.ctime or now - self.atime >= DAY_NS:
            self.atime = now

    def modified(self, now: int) -> None:
        """Note a change of the contents."""
        self.mtime = self.ctime = now

    def put(self) -> None:
        """Give its memory back once it has neither a name nor an open file.  C: iput()."""
        if self.nlink == 0 and self.users == 0:
            self.evict()
            self.sb.free_inodes += 1

    def evict(self) -> None:
        """Give pages back; only regular files have any."""


class DirectoryInode(Inode):
    """A directory: names, each leading to a dentry.

    In a `fixed` one nobody can make or remove anything, as in /sys.  `absent` is the errno that a file system
    like /proc answers to every unknown name, even where one is about to be made; 0 elsewhere.
    """

    __slots__ = ("absent", "children", "fixed", "next_offset")

    def __init__(self, sb: SuperBlock, mode: int, now: int, uid: int = 0, gid: int = 0) -> None:
        super().__init__(sb, S_IFDIR | mode, now, uid, gid)
        self.children: dict[bytes, Dentry] = {}
        self.fixed, self.absent, self.next_offset = False, 0, 3  # C: DIR_OFFSET_MIN
        self.nlink = 2

    @property
    def size(self) -> int:
        """As tmpfs counts: 20 for each name, `.` and `..` among them."""
        return (2 + len(self.children)) * BOGO_DIRENT_SIZE

    def lookup(self, name: bytes) -> Dentry | None:
        """The dentry of `name`, None if there is none.  C: i_op->lookup."""
        return self.children.get(name)

    def names(self) -> list[bytes]:
        """Every name in it but `.` and `..`.  C: f_op->iterate_shared."""
        return list(self.children)

    def read_iter(self, k: Kernel, iocb: Kiocb, to: IovIter) -> int:
        """EISDIR: getdents() is the call for this.  C: generic_read_dir()."""
        return -EISDIR


class SymlinkInode(Inode):
    """A symbolic link: a path to go on with, or the very place that one of /proc jumps to."""

    __slots__ = ("target",)
    jump: Dentry | None = None  # C: nd_jump_link()

    def __init__(self, sb: SuperBlock, target: bytes, now: int, uid: int = 0, gid: int = 0) -> None:
        super().__init__(sb, S_IFLNK | 0o777, now, uid, gid)
        self.target = target

    @property
    def size(self) -> int:
        """The length of its target."""
        return len(self.target)


def vfs_setpos(file: File, offset: int, maximum: int) -> int:
    """Set the position; EINVAL before the start or past `maximum`.  C: vfs_setpos()."""
    if not 0 <= offset <= maximum:
        return -EINVAL
    file.pos = offset
    return offset


def generic_llseek(file: File, offset: int, whence: int, size: int, maximum: int = MAX_LFS_FILESIZE) -> int:
    """Every whence for a file of `size` bytes, all of them data.  C: generic_file_llseek_size()."""
    if whence == SEEK_CUR:
        offset += file.pos
    elif whence == SEEK_END:
        offset += size
    elif whence in (SEEK_DATA, SEEK_HOLE):
        if not 0 <= offset < size:
            return -ENXIO
        offset = offset if whence == SEEK_DATA else size
    return vfs_setpos(file, offset, maximum)


def inode_permission(cred: Cred, inode: Inode, mask: int) -> int:
    """0, -EACCES or -EPERM: may `cred` do `mask` (MAY_READ and so on) with this inode?  C: inode_permission().

    The owner's bits count for the owner, even where the others' would allow more.  Root passes, except
    that a file without a single x bit is not executable for anybody.
    """
    if mask & MAY_WRITE and inode.no_write:
        return -inode.no_write
    if cred.euid == inode.uid:
        bits = inode.mode >> 6
    elif cred.egid == inode.gid:
        bits = inode.mode >> 3
    else:
        bits = inode.mode
    if mask & ~bits & 7 == 0 or inode.is_own:
        return 0
    if cred.euid == 0:
        executable = isinstance(inode, DirectoryInode) or inode.mode & 0o111
        if executable or not mask & MAY_EXEC:
            return 0
    return -EACCES


def file_remove_privs(cred: Cred, inode: Inode) -> None:
    """A write that is not root's takes set-user-id away, and set-group-id from what the group may execute."""
    if cred.euid:
        inode.mode &= ~(S_ISUID | (S_ISGID if inode.mode & S_IXGRP else 0))


def inode_init_owner(cred: Cred, directory: Inode, mode: int) -> tuple[int, int, int]:
    """Mode, uid and gid of something new in `directory`: a set-group-id one hands its group on."""
    if not directory.mode & S_ISGID:
        return mode, cred.euid, cred.egid
    if mode & S_IFMT == S_IFDIR:
        mode |= S_ISGID
    elif mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP and cred.euid and cred.egid != directory.gid:
        mode &= ~S_ISGID
    return mode, cred.euid, directory.gid
