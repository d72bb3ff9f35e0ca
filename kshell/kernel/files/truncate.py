"""Another size for a file.

C counterpart: do_truncate() in fs/open.c, shmem_setattr() in mm/shmem.c.
"""

from __future__ import annotations

from kshell.kernel.fs.inode import Inode, file_remove_privs
from kshell.kernel.fs.shmem import RegularInode
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE


def do_truncate(k: Kernel, inode: Inode, length: int, always: bool) -> None:
    """Make a file `length` bytes long, and note the change: `always`, or only of the size.

    What /proc and /sys show has no size that could change."""
    if not isinstance(inode, RegularInode) or (length == inode.size and not always):
        return
    file_remove_privs(k.current.cred, inode)
    shrinks = length < inode.size
    inode.truncate(k.clock.realtime_ns(), length)
    if shrinks:
        _unmap_behind(k, inode, length)


def _unmap_behind(k: Kernel, inode: RegularInode, length: int) -> None:
    """No page table may lead to pages that the file has lost, nor to copies of them."""
    end = -(-length // PAGE_SIZE) * PAGE_SIZE
    for task in k.tasks.values():
        for vma in task.mm.vmas:
            start = vma.start + max(0, end - vma.offset)
            if vma.inode is inode and start < vma.end:
                task.mm.zap(start, vma.end)
