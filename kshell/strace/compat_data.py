"""The structures of 32-bit programs in user memory, as strace prints them.

C counterparts: arch/x86/include/asm/compat.h, arch/x86/include/uapi/asm/stat.h, include/linux/time32.h.
"""

from __future__ import annotations

import struct

from kshell.abi.sigaction import COMPAT_OLD_SIGACTION, SIGINFO_SIZE
from kshell.abi.structs import SYSINFO_FIELDS
from kshell.kernel.kernel import Kernel
from kshell.kernel.signal.siginfo import unpack_compat
from kshell.strace.signals import FAULTS, action_text, info_text
from kshell.strace.user_data import pointer, read_exactly, stat_text, sysinfo_text

IOVEC = struct.Struct("<II")
_PAIR = struct.Struct("<iI")
_SYSINFO = struct.Struct("<i9IH2x3I8x")
OLD_SIGSET_SIZE = 4
_U32 = 0xFFFF_FFFF
# Where mode, rdev and size are: of each the offset and the bytes.
COMPAT_STAT = ((8, 2), (16, 4), (20, 4))
STAT64 = ((16, 4), (32, 8), (44, 8))
Fields = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


def time_pair(k: Kernel, address: int, fraction: str) -> str:
    """``struct old_timespec32`` or old_timeval32: `fraction` names its second field."""
    data = read_exactly(k, address, _PAIR.size) if address else None
    return pointer(address) if data is None else _pair(data, fraction)


def _pair(data: bytes, fraction: str) -> str:
    seconds, parts = _PAIR.unpack_from(data)
    return f"{{tv_sec={seconds}, {fraction}={parts}}}"


def old_sigaction(k: Kernel, address: int) -> str:
    """``struct compat_old_sigaction``."""
    data = read_exactly(k, address, COMPAT_OLD_SIGACTION.size) if address else None
    if data is None:
        return pointer(address)
    handler, blocked, flags, restorer = COMPAT_OLD_SIGACTION.unpack(data)
    return action_text(handler, flags, restorer, blocked, OLD_SIGSET_SIZE)


def itimerval(k: Kernel, address: int) -> str:
    """``struct old_itimerval32``."""
    return _two_times(k, address, "{{it_interval={}, it_value={}}}")


def rusage(k: Kernel, address: int) -> str:
    """``struct compat_rusage``, abridged as strace does: the times."""
    return _two_times(k, address, "{{ru_utime={}, ru_stime={}, ...}}")


def _two_times(k: Kernel, address: int, form: str) -> str:
    data = read_exactly(k, address, 2 * _PAIR.size) if address else None
    if data is None:
        return pointer(address)
    return form.format(_pair(data, "tv_usec"), _pair(data[_PAIR.size :], "tv_usec"))


def sysinfo(k: Kernel, address: int) -> str:
    """``struct compat_sysinfo``."""
    data = read_exactly(k, address, _SYSINFO.size) if address else None
    if data is None:
        return pointer(address)
    return sysinfo_text(dict(zip(SYSINFO_FIELDS, _SYSINFO.unpack(data), strict=True)))


def siginfo(k: Kernel, address: int) -> str:
    """``struct compat_siginfo``."""
    data = read_exactly(k, address, SIGINFO_SIZE) if address else None
    if data is None:
        return pointer(address)
    info = unpack_compat(int.from_bytes(data[:4], "little", signed=True), data)
    info.value &= _U32
    if info.signo in FAULTS:
        info.address = info.sender[0]  # si_addr is where others have si_pid
    return info_text(info)


def stat(k: Kernel, address: int, fields: Fields) -> str:
    """``struct compat_stat`` or stat64, abridged as strace does."""
    data = read_exactly(k, address, 52)
    if data is None:
        return pointer(address)
    mode, rdev, size = (int.from_bytes(data[at : at + width], "little") for at, width in fields)
    return stat_text(mode, rdev, size)
