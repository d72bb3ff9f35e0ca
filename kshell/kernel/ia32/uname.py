"""The names of the system in the structures of long ago, struct compat_sysinfo, and struct compat_rusage.

C counterpart: kernel/sys.c.
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import Long, RusageWho
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.resource import RUSAGE_CHILDREN, RUSAGE_SELF, RUSAGE_THREAD
from kshell.kernel.ia32.compat import CompatRusagePtr, CompatSysinfoPtr, OldoldUtsnamePtr, OldUtsnamePtr, compat_call
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_to_user
from kshell.kernel.syscalls.misc import rusage_of, utsname
from kshell.machine.ram import PAGE_SIZE

U32 = 0xFFFF_FFFF
OLD_UTS_LEN = 8
FIELDS = 5  # the last, domainname, came later
# uptime, loads[3], six amounts of memory in mem_unit, procs, two more amounts, mem_unit
COMPAT_SYSINFO = struct.Struct("<I3I6IH2x3I8x")


@compat_call("sys_olduname")
def olduname(k: Kernel, name: OldoldUtsnamePtr) -> Long:
    """Store five names of this system, at most 8 bytes of each.

    EFAULT  name is not writable user memory
    """
    data = b"".join(each.encode()[:OLD_UTS_LEN].ljust(OLD_UTS_LEN + 1, b"\0") for each in utsname(k)[:FIELDS])
    return -EFAULT if not name or copy_to_user(k, name, data) else 0


@compat_call("sys_uname")
def uname(k: Kernel, name: OldUtsnamePtr) -> Long:
    """Store five names of this system, 65 bytes for each.

    EFAULT  name is not writable user memory
    """
    data = b"".join(each.encode()[:64].ljust(65, b"\0") for each in utsname(k)[:FIELDS])
    return -EFAULT if not name or copy_to_user(k, name, data) else 0


@compat_call("compat_sys_sysinfo")
def sysinfo(k: Kernel, info: CompatSysinfoPtr) -> Long:
    """Store uptime, memory and number of processes.

    EFAULT  info is not writable user memory
    """
    total, used = k.ram.frames_total, k.ram.frames_used
    memory = (total * PAGE_SIZE, (total - used) * PAGE_SIZE, 0, 0, 0, 0)
    data = COMPAT_SYSINFO.pack(-(-k.clock.ns // 10**9) & U32, 0, 0, 0, *memory, len(k.tasks), 0, 0, 1)
    return -EFAULT if copy_to_user(k, info, data) else 0


@compat_call("compat_sys_getrusage")
def getrusage(k: Kernel, who: RusageWho, ru: CompatRusagePtr) -> Long:
    """Store what was used of the machine, as `man getrusage` says, in eighteen numbers of 4 bytes.

    EINVAL  who is none of RUSAGE_SELF, RUSAGE_CHILDREN and RUSAGE_THREAD
    EFAULT  ru is not writable user memory
    """
    if who not in (RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD):
        return -EINVAL
    return -EFAULT if copy_to_user(k, ru, compat_rusage(rusage_of(k, who))) else 0


def compat_rusage(used: bytes) -> bytes:
    """A struct rusage as a struct compat_rusage, which has 4 bytes for each number."""
    numbers = [number & U32 for (number,) in struct.iter_unpack("<Q", used)]
    return struct.pack(f"<{len(numbers)}I", *numbers)
