"""User memory: mmap, munmap, mprotect, brk.

C counterpart: mm/mmap.c, mm/mprotect.c, arch/x86/kernel/sys_x86_64.c.
"""

from __future__ import annotations

import builtins

from kshell.abi.c_types import U64, Addr, Long, MapFlags, Prot, SizeT, ULong, ULongFd
from kshell.abi.errno import EACCES, EBADF, EEXIST, EINVAL, ENODEV, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM
from kshell.abi.mman import (
    LEGACY_MAP_MASK,
    MAP_ABOVE4G,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_HUGETLB,
    MAP_LOCKED,
    MAP_NONBLOCK,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MAP_TYPE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
)
from kshell.abi.st_mode import S_ISREG
from kshell.kernel.core.declare import SYSCALL_DEFINE1, SYSCALL_DEFINE2, SYSCALL_DEFINE3, SYSCALL_DEFINE6
from kshell.kernel.fs.devices import ZeroInode
from kshell.kernel.fs.file import FMODE_READ, FMODE_WRITE, File
from kshell.kernel.fs.inode import MAX_LFS_FILESIZE
from kshell.kernel.fs.shmem import RegularInode, SharedMemory
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import MAX_MAP_COUNT, page_align
from kshell.kernel.mm.fault import populate
from kshell.machine.ram import PAGE_SIZE


@SYSCALL_DEFINE6
def mmap(k: Kernel, addr: Addr, len: ULong, prot: Prot, flags: MapFlags, fd: ULongFd, off: ULong) -> Long:
    """Map memory, fresh (MAP_ANONYMOUS) or a file's, and return its address.

    No page is there at first: each is filled in when it is touched.  A file can be mapped MAP_PRIVATE, or
    MAP_SHARED for reading; a shared mapping that writes to its file is not built here.

    EINVAL      len is 0, off or a fixed addr is no multiple of 4096, or flags name neither MAP_SHARED nor MAP_PRIVATE
    EBADF       no MAP_ANONYMOUS, and fd is not open
    EACCES      the file is not open for reading, or a shared mapping wants to write to a file open read-only
    ENODEV      the file is none that can be mapped, or a shared mapping would write to it
    ENOMEM      the range does not fit into the address space, or is larger than all of RAM
    EEXIST      MAP_FIXED_NOREPLACE, and something is mapped there
    EPERM       a fixed addr lies below 65536, and the caller is not root; or PROT_EXEC on a file of /proc or /sys
    EPERM       [since 6.17] PROT_EXEC on a pipe
    EIO         the file is one that /proc makes when it is read
    EOVERFLOW   the range ends beyond the largest offset that the file can have
    EOPNOTSUPP  MAP_SHARED_VALIDATE, and an unknown flag
    """
    if off & (PAGE_SIZE - 1):
        return -EINVAL
    file = None
    if not flags & MAP_ANONYMOUS:
        file = k.current.files.get(fd & 0xFFFF_FFFF)  # fget() takes an unsigned int
        if file is None:
            return -EBADF
    if flags & MAP_HUGETLB:  # no such pages were set aside
        return -EINVAL if file is not None else -ENOMEM
    return do_mmap(k, file, addr, len, prot, flags, off)


def do_mmap(k: Kernel, file: File | None, addr: int, len: int, prot: int, flags: int, off: int) -> int:
    """C: do_mmap; the order of its checks is the order of the errors."""
    mm = k.current.mm
    if not len:
        return -EINVAL
    if flags & MAP_FIXED_NOREPLACE:
        flags |= MAP_FIXED
    size = page_align(len)
    if not size or builtins.len(mm.vmas) > MAX_MAP_COUNT:
        return -ENOMEM
    addr = mm.get_unmapped_area(addr, size, flags)
    if addr < 0:
        return addr
    if flags & MAP_FIXED_NOREPLACE and mm.vmas.overlaps(addr, size):
        return -EEXIST
    if file is not None and not file_mmap_ok(file, off, size):
        return -EOVERFLOW
    known = LEGACY_MAP_MASK | (MAP_ABOVE4G if k.profile.version >= (6, 6) else 0)
    inode, error = _backing(file, prot, flags, known)
    if error:
        return error
    if inode is None and flags & MAP_SHARED:
        inode = SharedMemory(k.fs.shm_mnt, size, k.clock.realtime_ns())
    offset = 0 if file is None else off
    prot &= PROT_READ | PROT_WRITE | PROT_EXEC
    begin = mm.map(addr, size, prot, flags, inode=inode, offset=offset)
    if begin > 0 and (flags & MAP_LOCKED or flags & (MAP_POPULATE | MAP_NONBLOCK) == MAP_POPULATE):
        _mm_populate(k, begin, size)
    return begin


def _mm_populate(k: Kernel, begin: int, size: int) -> None:
    """Bring the pages of a new mapping in; where that fails, they come when they are touched."""
    vma = k.current.mm.vmas.find(begin)
    assert vma is not None
    write = vma.prot & PROT_WRITE and not vma.flags & MAP_SHARED
    populate(k, k.current.mm, vma, begin, begin + size, bool(write))


def file_mmap_ok(file: File, off: int, size: int) -> bool:
    """Whether the file can have bytes so far out: a regular one up to MAX_LFS_FILESIZE.  C: file_mmap_ok()."""
    largest = MAX_LFS_FILESIZE if S_ISREG(file.inode.mode) else U64
    return size <= largest and off >> 12 <= largest - size >> 12


def _backing(file: File | None, prot: int, flags: int, known: int) -> tuple[RegularInode | None, int]:
    """(what the mapping shows: a file or fresh memory, a negative errno or 0)"""
    kind = flags & MAP_TYPE
    if file is None:
        if kind == MAP_PRIVATE or (kind == MAP_SHARED and not flags & MAP_GROWSDOWN):
            return None, 0
        return None, -EINVAL
    if kind not in (MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE):
        return None, -EINVAL
    if kind == MAP_SHARED_VALIDATE and flags & ~known:
        return None, -EOPNOTSUPP
    shared_write = kind != MAP_PRIVATE and prot & PROT_WRITE
    if (shared_write and not file.mode & FMODE_WRITE) or not file.mode & FMODE_READ:
        return None, -EACCES
    inode = file.inode
    if prot & PROT_EXEC and inode.sb.noexec:
        return None, -EPERM
    if not isinstance(inode, (ZeroInode, RegularInode)) and inode.no_mmap == ENODEV:
        return None, -ENODEV
    if flags & MAP_GROWSDOWN:
        return None, -EINVAL
    if isinstance(inode, ZeroInode):
        return None, 0
    return (inode, 0) if isinstance(inode, RegularInode) and not shared_write else (None, -inode.no_mmap)


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
    EACCES  PROT_WRITE on a shared mapping of a file; Linux refuses that only if the file was opened read-only
    ENOMEM  part of the range is not mapped; the part before it is changed all the same
    """
    return k.current.mm.protect(start, len, prot)


@SYSCALL_DEFINE1
def brk(k: Kernel, brk: Addr) -> Long:
    """Move the end of the heap to brk and return where it is then.

    It never answers an errno: where the move is refused, the old end comes back, and brk(0) asks for it.
    """
    return k.current.mm.set_brk(brk)
