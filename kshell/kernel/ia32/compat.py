"""Declarations of calls that are another thing for 32-bit callers, and the types that only those have.

C counterpart: COMPAT_SYSCALL_DEFINEn in include/linux/compat.h, arch/x86/include/asm/syscall_wrapper.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

from kshell.abi import ptregs
from kshell.abi.c_types import CType
from kshell.kernel.core.calling import from_registers
from kshell.kernel.core.declare import Parameter, SyscallDefinition, parameters_of
from kshell.kernel.kernel import Kernel

SLOTS = (ptregs.BX, ptregs.CX, ptregs.DX, ptregs.SI, ptregs.DI, ptregs.BP)
"""The slots of the arguments at an `int 0x80`, first to sixth."""

CompatLong = Annotated[int, CType("compat_long_t", 4, True)]
CompatOff = Annotated[int, CType("compat_off_t", 4, True)]
CompatIovecIn = Annotated[int, CType("const struct compat_iovec __user *", 8, False, "iov32_in")]
CompatIovecOut = Annotated[int, CType("const struct compat_iovec __user *", 8, False, "iov32_out")]
CompatStatPtr = Annotated[int, CType("struct compat_stat __user *", 8, False, "compat_stat")]
CompatDirentOut = Annotated[int, CType("struct compat_linux_dirent __user *", 8, False, "compat_dirents")]
OldUidT = Annotated[int, CType("old_uid_t", 2, False, "uid16")]
OldUtimbufIn = Annotated[int, CType("struct old_utimbuf32 __user *", 8, False, "utimbuf32_in")]
OldTimevalsIn = Annotated[int, CType("struct old_timeval32 __user *", 8, False, "timevals32_in")]
OldTimespecsIn = Annotated[int, CType("struct old_timespec32 __user *", 8, False, "timespecs32_in")]
CompatStatfsPtr = Annotated[int, CType("struct compat_statfs __user *", 8, False, "compat_statfs")]
CompatStatfs64Ptr = Annotated[int, CType("struct compat_statfs64 __user *", 8, False, "compat_statfs64")]
Stat64Ptr = Annotated[int, CType("struct stat64 __user *", 8, False, "stat64")]
CompatSysinfoPtr = Annotated[int, CType("struct compat_sysinfo __user *", 8, False, "sysinfo32")]
OldTimespecIn = Annotated[int, CType("struct old_timespec32 __user *", 8, False, "timespec32_in")]
OldTimespecOut = Annotated[int, CType("struct old_timespec32 __user *", 8, False, "timespec32_out")]
OldTimevalPtr = Annotated[int, CType("struct old_timeval32 __user *", 8, False, "timeval32_out")]
OldTimePtr = Annotated[int, CType("old_time32_t __user *", 8, False, "time32_out")]
OldUtsnamePtr = Annotated[int, CType("struct old_utsname __user *", 8, False, "address")]
OldoldUtsnamePtr = Annotated[int, CType("struct oldold_utsname __user *", 8, False, "address")]
MmapArgPtr = Annotated[int, CType("struct mmap_arg_struct32 __user *", 8, False, "address")]
CompatSigactionIn = Annotated[int, CType("const struct compat_sigaction __user *", 8, False, "sigaction32_in")]
CompatSigactionOut = Annotated[int, CType("struct compat_sigaction __user *", 8, False, "sigaction32_out")]
CompatStackIn = Annotated[int, CType("const compat_stack_t __user *", 8, False, "stack32_in")]
CompatStackOut = Annotated[int, CType("compat_stack_t __user *", 8, False, "stack32_out")]
CompatSiginfoIn = Annotated[int, CType("struct compat_siginfo __user *", 8, False, "siginfo32_in")]
CompatSiginfoOut = Annotated[int, CType("struct compat_siginfo __user *", 8, False, "siginfo32_out")]
OldItimervalIn = Annotated[int, CType("const struct old_itimerval32 __user *", 8, False, "itimer32_in")]
OldItimervalOut = Annotated[int, CType("struct old_itimerval32 __user *", 8, False, "itimer32_out")]
CompatRusagePtr = Annotated[int, CType("struct compat_rusage __user *", 8, False, "rusage32")]
CompatOldSigactionIn = Annotated[int, CType("const struct compat_old_sigaction __user *", 8, False, "old_sigaction_in")]
CompatOldSigactionOut = Annotated[int, CType("struct compat_old_sigaction __user *", 8, False, "old_sigaction_out")]
OldSigsetIn = Annotated[int, CType("compat_old_sigset_t __user *", 8, False, "old_sigset_in")]
OldSigsetOut = Annotated[int, CType("compat_old_sigset_t __user *", 8, False, "old_sigset_out")]
OldSigset = Annotated[int, CType("old_sigset_t", 8, False, "old_sigset")]
SigHandler = Annotated[int, CType("__sighandler_t", 8, False, "sighandler")]
Unused = Annotated[int, CType("int", 4, True, "unused")]
LoffPtr = Annotated[int, CType("loff_t __user *", 8, False, "address")]


class CompatDefinition(SyscallDefinition):
    """What ``COMPAT_SYSCALL_DEFINEn(name, ...)`` declares."""

    __slots__ = ()

    @property
    def macro(self) -> str:
        """The macro line of the C source."""
        return f"COMPAT_{super().macro}"


class CompatCall(NamedTuple):
    """A body with what it takes, and the `entries` that releases have it under: compat_sys_nanosleep before 5.1,
    sys_nanosleep_time32 since."""

    entries: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: Callable[..., int]
    doc: str

    def definition(self, entry: str) -> SyscallDefinition:
        """The declaration, as the release has it that calls it `entry`."""
        kind = CompatDefinition if entry.startswith("compat_") else SyscallDefinition
        return kind(entry.removeprefix("compat_").removeprefix("sys_"), self.parameters, self.body, self.doc)


def compat_call(*entries: str) -> Callable[[Callable[..., int]], CompatCall]:
    """Declare the body (of `k` and the arguments) that 32-bit callers reach by these entries."""

    def declare(body: Callable[..., int]) -> CompatCall:
        return CompatCall(entries, parameters_of(body), body, body.__doc__ or "")

    return declare


def same_as(native: SyscallDefinition, *entries: str) -> CompatCall:
    """What is named otherwise for 32-bit callers, and is the same."""
    return CompatCall(entries, native.parameters, body_of(native), native.doc)


def ia32_wrapper(definition: SyscallDefinition) -> Callable[[Kernel, memoryview], int]:
    """``__ia32_sys_x(regs)``: 32 bits of each register, and then as the C type would have it.

    So a long or a pointer has zeros above, and only an int is negative.
    """
    assert definition.body is not None
    types = [p.ctype if p.ctype.size < 8 else CType(p.ctype.c, 4, False) for p in definition.parameters]
    return from_registers(definition.body, types, SLOTS)


def body_of(call: SyscallDefinition) -> Callable[..., int]:
    """What a system call and its entry for 32-bit callers share (C: ksys_pread64(), and so on)."""
    assert call.body is not None
    return call.body
