"""mmap in its two 32-bit forms: six numbers in memory, or six registers and an offset in pages.

C counterpart: arch/x86/kernel/sys_ia32.c, mm/mmap.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import Addr, Long, MapFlags, Prot, ULong, ULongFd
from kshell.abi.errno import EFAULT, EINVAL
from kshell.kernel.ia32.compat import MmapArgPtr, body_of, compat_call
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user
from kshell.kernel.syscalls import mapping
from kshell.machine.ram import PAGE_SIZE

ARGUMENTS = struct.Struct("<6I")


@compat_call("compat_sys_x86_mmap", "compat_sys_ia32_mmap")
def mmap(k: Kernel, arg: MmapArgPtr) -> Long:
    """Map memory as mmap2 does; its six arguments stand in memory, 4 bytes each, and the offset counts bytes.

    EFAULT  arg is not readable user memory
    EINVAL  the offset is no multiple of 4096, the length is 0, or the flags name no kind of mapping
    EBADF   no MAP_ANONYMOUS, and the descriptor is not open
    ENOMEM  the range does not fit into the address space, or is larger than all of RAM
    """
    data = copy_from_user(k, arg, ARGUMENTS.size)
    if len(data) < ARGUMENTS.size:
        return -EFAULT
    arguments = ARGUMENTS.unpack(data)
    return -EINVAL if arguments[-1] % PAGE_SIZE else body_of(mapping.mmap)(k, *arguments)


@compat_call("sys_mmap_pgoff")
def mmap_pgoff(k: Kernel, addr: Addr, len: ULong, prot: Prot, flags: MapFlags, fd: ULongFd, pgoff: ULong) -> Long:
    """Map memory, fresh or a file's, below 4 GiB, and return its address; pgoff counts pages of 4096 bytes.

    EINVAL  len is 0, a fixed addr is no multiple of 4096, or flags name no kind of mapping
    EBADF   no MAP_ANONYMOUS, and fd is not open
    ENOMEM  the range does not fit into the address space, or is larger than all of RAM
    """
    return body_of(mapping.mmap)(k, addr, len, prot, flags, fd, pgoff * PAGE_SIZE)
