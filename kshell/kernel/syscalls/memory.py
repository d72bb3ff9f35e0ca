"""User memory: mmap, munmap, mprotect, brk.

C counterpart: mm/mmap.c, mm/mprotect.c, arch/x86/kernel/sys_x86_64.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Addr, Fd, Long, MapFlags, Prot, SizeT, ULong
from kshell.abi.errno import EACCES, EBADF, EINVAL, ENODEV
from kshell.abi.fcntl import O_ACCMODE, O_APPEND, O_RDONLY, O_RDWR
from kshell.abi.mman import (
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MAP_TYPE,
    PROT_WRITE,
)
from kshell.abi.stat import S_IFMT, S_IFREG
from kshell.kernel.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2, SYSCALL_DEFINE3, SYSCALL_DEFINE6
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE


@SYSCALL_DEFINE6
def mmap(k: Kernel, addr: Addr, len: SizeT, prot: Prot, flags: MapFlags, fd: Fd, off: ULong) -> Long:
    """Map memory, fresh (MAP_ANONYMOUS) or a file's, and return its address.

    No page is there at first: each is filled in when it is touched.  A file can be mapped MAP_PRIVATE, or
    MAP_SHARED for reading; a shared mapping that writes to its file is not built here.

    EINVAL  len is 0, off or a fixed addr is not a multiple of 4096, or flags name neither MAP_SHARED nor MAP_PRIVATE
    EBADF   no MAP_ANONYMOUS, and fd is not open
    EACCES  the file is not open for reading, or a shared mapping wants to write to a file open read-only
    ENODEV  the file is none that can be mapped
    ENOMEM  the range is larger than the address space, or does not fit into it
    EEXIST  MAP_FIXED_NOREPLACE, and something is mapped there
    EPERM   a fixed addr lies below the lowest address that may be mapped
    """
    if off & (PAGE_SIZE - 1):
        return -EINVAL
    inode = None
    if not flags & MAP_ANONYMOUS:
        file = k.current.files.get(fd)
        if file is None:
            return -EBADF
        inode = file.dentry.inode
    kind = flags & MAP_TYPE
    if len and kind not in (MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE):
        return -EINVAL
    if inode is not None and len:
        mode = file.flags & O_ACCMODE
        if kind != MAP_PRIVATE and prot & PROT_WRITE:
            if mode != O_RDWR:
                return -EACCES
            return -EACCES if file.flags & O_APPEND and mode == O_RDONLY else -ENODEV
        if mode not in (O_RDONLY, O_RDWR):
            return -EACCES
        if inode.mode & S_IFMT != S_IFREG:
            return -ENODEV
    return k.current.mm.map(addr, len, prot & 7, flags, inode=inode, offset=off)


@SYSCALL_DEFINE2
def munmap(k: Kernel, addr: Addr, len: SizeT) -> Long:
    """Unmap every page of a range; nothing mapped there is no error.

    EINVAL  addr is not a multiple of 4096, len is 0, or the range leaves user space
    """
    return k.current.mm.unmap(addr, len)


@SYSCALL_DEFINE3
def mprotect(k: Kernel, start: Addr, len: SizeT, prot: Prot) -> Long:
    """Change what may be done with the pages of a range.

    EINVAL  start is not a multiple of 4096, or prot has unknown bits
    ENOMEM  part of the range is not mapped; the part before it is changed all the same
    """
    return k.current.mm.protect(start, len, prot)


@SYSCALL_DEFINE1
def brk(k: Kernel, brk: Addr) -> Long:
    """Move the end of the heap to brk and return where it is then.

    It never answers an errno: where the move is refused, the old end comes back, and brk(0) asks for it.
    """
    return k.current.mm.set_brk(brk)
