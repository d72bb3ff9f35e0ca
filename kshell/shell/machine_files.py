"""The files inside the machine, as a person at the shell sees them: no descriptor is opened and no time noted.

The current task's directory and credentials count, as they would for a program.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.errno import EFAULT, EFBIG, EINVAL, EISDIR, ENOENT
from kshell.abi.fcntl import AT_FDCWD
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.fs.devices import NullInode
from kshell.kernel.fs.file import FMODE_READ
from kshell.kernel.fs.inode import MAY_READ, DirectoryInode, Inode, SymlinkInode, inode_permission
from kshell.kernel.fs.namei import filename_lookup
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel
from kshell.kernel.proc.seq_file import SeqInode

MOST_BYTES = 64 << 20  # of a file that is shown: a longer one is mostly a hole, and would not fit anywhere


class MachineFile(NamedTuple):
    """One line of a listing: a name and the inode behind it."""

    name: str
    inode: Inode

    @property
    def target(self) -> str | None:
        """Where a symbolic link leads, None for anything else."""
        return self.inode.target.decode(errors="replace") if isinstance(self.inode, SymlinkInode) else None


def listing(k: Kernel, path: str) -> list[MachineFile] | int:
    """The entries of a directory by name, or the one entry of anything else; a negative errno."""
    inode = _find(k, path)
    if isinstance(inode, int):
        return inode
    if not isinstance(inode, DirectoryInode):
        return [MachineFile(path, inode)]
    err = inode_permission(k.current.cred, inode, MAY_READ)
    found = ((name, inode.lookup(name)) for name in ([] if err else sorted(inode.names())))
    return err or [MachineFile(name.decode(errors="replace"), each.inode) for name, each in found if each is not None]


def contents(k: Kernel, path: str) -> bytes | int:
    """All bytes of a file, or a negative errno (EISDIR; EINVAL for a device: it has no end)."""
    inode = _find(k, path)
    if isinstance(inode, int):
        return inode
    return inode_permission(k.current.cred, inode, MAY_READ) or _bytes_of(k, inode)


def _find(k: Kernel, path: str) -> Inode | int:
    found = filename_lookup(k, AT_FDCWD, path.encode("utf-8", "surrogateescape")) if path else -ENOENT
    return found if isinstance(found, int) else found.inode


def _bytes_of(k: Kernel, inode: Inode) -> bytes | int:
    if isinstance(inode, RegularInode):
        return -EFBIG if inode.size > MOST_BYTES else inode.pread(0, inode.size)
    if isinstance(inode, SeqInode):
        try:
            return inode.may_open(k.current.cred, FMODE_READ) or inode.produce(k.current.cred)
        except KernelFault:  # a module spoiled the pointer behind it: a task that reads it oopses, a look must not
            return -EFAULT
    if isinstance(inode, DirectoryInode):
        return -EISDIR
    return b"" if type(inode) is NullInode else -EINVAL
