"""/proc and /sys, put into the tree when the kernel boots.

Most machines end without a look into them, so what they show is imported at the first.
"""

from __future__ import annotations

from collections.abc import Mapping

from kshell.abi.errno import ENOENT
from kshell.kernel.fs.dcache import d_add
from kshell.kernel.fs.inode import SuperBlock
from kshell.kernel.kernel import Kernel
from kshell.kernel.proc.pseudo import ProcEntry, PseudoDirectory
from kshell.machine.ram import PAGE_SIZE


def mount(k: Kernel) -> None:
    """Put both in their places.  C counterparts: proc_root_init(), sysfs_init()."""
    for name, minor, blocksize, entries, absent in (
        ("proc", 0x14, 1024, _procfs, -ENOENT),
        ("sysfs", 0x15, PAGE_SIZE, _sysfs, 0),
    ):
        sb = SuperBlock(name, minor)
        sb.noexec, sb.blocksize = True, blocksize
        top = PseudoDirectory(k, sb, 0o555, entries, absent)
        top.dentry = d_add(k.fs.root, name.removesuffix("fs").encode(), top)


def _procfs(k: Kernel) -> Mapping[bytes, ProcEntry]:
    from kshell.kernel.proc.procfs import root_entries

    return root_entries(k)


def _sysfs(k: Kernel) -> Mapping[bytes, ProcEntry]:
    from kshell.kernel.proc.sysfs import root_entries

    return root_entries(k)
