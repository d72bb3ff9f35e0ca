"""The tree that a kernel boots with.

C counterpart: none; on Linux an initramfs and a few mounts do this.
"""

from __future__ import annotations

from kshell.abi.fcntl import O_LARGEFILE, O_RDWR
from kshell.kernel.fs.dcache import Dentry, d_add
from kshell.kernel.fs.devices import (
    MEM_MAJOR,
    TTYAUX_MAJOR,
    FullInode,
    NullInode,
    RandomInode,
    TtyInode,
    ZeroInode,
)
from kshell.kernel.fs.file import File, FilesStruct
from kshell.kernel.fs.inode import DirectoryInode, Inode, SuperBlock, SymlinkInode
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel

DEVICES = (
    (b"null", NullInode, 0o666, MEM_MAJOR, 3),
    (b"zero", ZeroInode, 0o666, MEM_MAJOR, 5),
    (b"full", FullInode, 0o666, MEM_MAJOR, 7),
    (b"random", RandomInode, 0o666, MEM_MAJOR, 8),
    (b"urandom", RandomInode, 0o666, MEM_MAJOR, 9),
    (b"tty", TtyInode, 0o666, TTYAUX_MAJOR, 0),
    (b"console", TtyInode, 0o600, TTYAUX_MAJOR, 1),
)

DIRECTORIES = (
    (b"etc", 0o755, 0),
    (b"home", 0o755, 0),
    (b"home/student", 0o755, 1000),
    (b"root", 0o700, 0),
    (b"tmp", 0o1777, 0),
    (b"var", 0o755, 0),
    (b"var/mail", 0o1777, 0),
)

FILES = (
    (b"etc/hostname", 0o644, b"kshell\n"),
    (b"etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\nstudent:x:1000:1000:student:/home/student:/bin/sh\n"),
    (b"etc/os-release", 0o644, b'NAME="kshell"\nID=kshell\nPRETTY_NAME="kshell, a simulated kernel"\n'),
    (b"etc/shadow", 0o600, b"root:*:20454:0:99999:7:::\nstudent:*:20454:0:99999:7:::\n"),
    (b"var/mail/root", 0o600, b""),
)

# The mounts, where programs used to look for them; and a link that leads nowhere but to itself.
LINKS = ((b"etc/mtab", b"/proc/self/mounts"), (b"home/student/loop", b"loop"))


class FileSystem:
    """Everything that has a path.  `root` is where every walk ends up; `pipefs` counts the pipes, `shm_mnt` the shared
    mappings of no file."""

    __slots__ = ("_console", "pipefs", "root", "shm_mnt")

    def __init__(self, k: Kernel) -> None:
        now = k.clock.realtime_ns()
        rootfs = SuperBlock("tmpfs", 0x12)
        self.root = Dentry(b"", None, DirectoryInode(rootfs, 0o755, now))
        for path, mode, owner in DIRECTORIES:
            self._add(path, DirectoryInode(rootfs, mode, now, owner, owner))
        for path, mode, text in FILES:
            inode = RegularInode(rootfs, mode, now)
            if text:
                inode.pwrite(0, text)
            self._add(path, inode)
        for path, target in LINKS:
            self._add(path, SymlinkInode(rootfs, target, now))
        devtmpfs = SuperBlock("devtmpfs", 0x6)
        dev = d_add(self.root, b"dev", DirectoryInode(devtmpfs, 0o755, now))
        for name, kind, mode, major, minor in DEVICES:
            dentry = d_add(dev, name, kind(devtmpfs, mode, now, major, minor))
            if name == b"tty":
                self._console = dentry
        self.pipefs = SuperBlock("pipefs", 0xD)
        self.pipefs.noexec = k.profile.version >= (6, 17)
        self.shm_mnt = SuperBlock("tmpfs", 0x1)

    def _add(self, path: bytes, inode: Inode) -> None:
        """Put something into the tree, in a directory that is there already."""
        *directories, name = path.split(b"/")
        at = self.root
        for directory in directories:
            assert isinstance(at.inode, DirectoryInode)
            at = at.inode.children[directory]
        d_add(at, name, inode)

    def standard_files(self) -> FilesStruct:
        """The descriptors of a fresh task: 0, 1 and 2, one open file on /dev/tty.

        It is opened as init's console is, by the kernel itself: no task needs to be there yet, and it is there even
        when somebody has unlinked its name.
        """
        tty = File(self._console, O_RDWR | O_LARGEFILE)
        files = FilesStruct()
        for fd in range(3):
            files.install(fd, tty)
        return files
