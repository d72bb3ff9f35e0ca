"""The rest: uname, sysinfo, getrusage, getrandom, getcpu, sched_yield.

C counterpart: kernel/sys.c, drivers/char/random.c, kernel/sched/core.c.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.abi.c_types import (
    BufOut,
    GrndFlags,
    Long,
    RusagePtr,
    RusageWho,
    SizeT,
    SysinfoPtr,
    UIntOut,
    UtsnamePtr,
    VoidUser,
)
from kshell.abi.errno import EFAULT, EINVAL
from kshell.abi.getrandom import GRND_INSECURE, GRND_NONBLOCK, GRND_RANDOM
from kshell.abi.resource import RUSAGE_CHILDREN, RUSAGE_SELF, RUSAGE_THREAD
from kshell.abi.structs import pack_rusage, pack_sysinfo, pack_utsname
from kshell.kernel.core.declare import SYSCALL_DEFINE0, SYSCALL_DEFINE1, SYSCALL_DEFINE2, SYSCALL_DEFINE3
from kshell.kernel.fs.uio import MAX_RW_COUNT, IovIter, fill
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import access_ok, copy_to_user
from kshell.machine.ram import PAGE_SIZE

GETRANDOM_MAX_4_19 = 0x1FFFFFF  # bytes of one call; later kernels cut at MAX_RW_COUNT, as read() does


class Utsname(NamedTuple):
    """The names of a system (C: struct new_utsname)."""

    sysname: str
    nodename: str
    release: str
    version: str
    machine: str
    domainname: str


def utsname(k: Kernel) -> Utsname:
    """Those of this one."""
    return Utsname("Linux", "kshell", k.release, k.version, "x86_64", "(none)")


@SYSCALL_DEFINE1
def newuname(k: Kernel, name: UtsnamePtr) -> Long:
    """Store the names of this system: kernel, node, release, version, machine, domain.

    EFAULT  name is not writable user memory
    """
    data = pack_utsname(**utsname(k)._asdict())
    return -EFAULT if copy_to_user(k, name, data) else 0


@SYSCALL_DEFINE1
def sysinfo(k: Kernel, info: SysinfoPtr) -> Long:
    """Store uptime, memory and number of processes.

    EFAULT  info is not writable user memory
    """
    total, used = k.ram.frames_total, k.ram.frames_used
    data = pack_sysinfo(
        uptime=-(-k.clock.ns // 10**9),
        totalram=total * PAGE_SIZE,
        freeram=(total - used) * PAGE_SIZE,
        procs=len(k.tasks),
        mem_unit=1,
    )
    return -EFAULT if copy_to_user(k, info, data) else 0


@SYSCALL_DEFINE2
def getrusage(k: Kernel, who: RusageWho, ru: RusagePtr) -> Long:
    """Store what was used of the machine by the caller, or by its children that have ended (RUSAGE_CHILDREN).

    Of a structure of eighteen numbers these are kept here: the page faults, minor and major, the memory in RAM (the
    present one, no peak), and the time since boot.

    EINVAL  who is none of RUSAGE_SELF, RUSAGE_CHILDREN and RUSAGE_THREAD
    EFAULT  ru is not writable user memory
    """
    if who not in (RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD):
        return -EINVAL
    return -EFAULT if copy_to_user(k, ru, rusage_of(k, who)) else 0


def rusage_of(k: Kernel, who: int) -> bytes:
    """The struct rusage of the current task or of its children."""
    task = k.current
    if who == RUSAGE_CHILDREN:
        return pack_rusage(minflt=task.cmin_flt, majflt=task.cmaj_flt)
    resident = sum(PAGE_SIZE for _ in task.mm.resident()) >> 10
    return pack_rusage(utime=k.clock.ns // 1000, maxrss=resident, minflt=task.min_flt, majflt=task.maj_flt)


@SYSCALL_DEFINE3
def getrandom(k: Kernel, buf: BufOut, count: SizeT, flags: GrndFlags) -> Long:
    """Fill a buffer with random bytes: here from a generator with a fixed seed, the same ones after each boot.

    [before 5.18] One call gives at most 33554431 bytes.

    [since 5.18] One call gives at most 2147479552 bytes (0x7ffff000).

    EINVAL  flags has unknown bits
    EINVAL  [since 5.6] GRND_RANDOM and GRND_INSECURE together
    EFAULT  not one byte could be stored
    EFAULT  [since 5.19] buf and count reach outside user memory
    """
    insecure = GRND_INSECURE if k.profile.version >= (5, 6) else 0
    if flags & ~(GRND_NONBLOCK | GRND_RANDOM | insecure):
        return -EINVAL
    if flags & GRND_RANDOM and flags & GRND_INSECURE:
        return -EINVAL
    count = min(count, MAX_RW_COUNT if k.profile.version >= (5, 18) else GETRANDOM_MAX_4_19)
    if k.profile.version >= (5, 19) and not access_ok(k, buf, count, "import_ubuf"):
        return -EFAULT
    return fill(k, IovIter(k, (buf, count)), lambda done, size: k.random.randbytes(size))


@SYSCALL_DEFINE3
def getcpu(k: Kernel, cpup: UIntOut, nodep: UIntOut, unused: VoidUser) -> Long:
    """Store the number of the CPU that the caller runs on, and that of its NUMA node: here always 0.

    Either pointer may be NULL.

    EFAULT  cpup or nodep is not writable user memory
    """
    for pointer in (cpup, nodep):
        if pointer and copy_to_user(k, pointer, bytes(4)):
            return -EFAULT
    return 0


@SYSCALL_DEFINE0
def sched_yield(k: Kernel) -> Long:
    """Let another task run; here there is none that waits.  It cannot fail."""
    return 0
