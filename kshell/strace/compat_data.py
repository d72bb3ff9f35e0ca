"""The structures of 32-bit programs in user memory, as strace prints them.

C counterparts: arch/x86/include/asm/compat.h, arch/x86/include/uapi/asm/stat.h, include/linux/time32.h.
"""

from __future__ import annotations

import struct

from kshell.kernel.kernel import Kernel
from kshell.strace.user_data import pointer, read_exactly, stat_text

_PAIR = struct.Struct("<iI")
# Where mode, rdev and size are: of each the offset and the bytes.
COMPAT_STAT = ((8, 2), (16, 4), (20, 4))
STAT64 = ((16, 4), (32, 8), (44, 8))
Fields = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


def time_pair(k: Kernel, address: int, fraction: str) -> str:
    """``struct old_timespec32`` or old_timeval32: `fraction` names its second field."""
    data = read_exactly(k, address, _PAIR.size) if address else None
    if data is None:
        return pointer(address)
    seconds, parts = _PAIR.unpack(data)
    return f"{{tv_sec={seconds}, {fraction}={parts}}}"


def stat(k: Kernel, address: int, fields: Fields) -> str:
    """``struct compat_stat`` or stat64, abridged as strace does."""
    data = read_exactly(k, address, 52)
    if data is None:
        return pointer(address)
    mode, rdev, size = (int.from_bytes(data[at : at + width], "little") for at, width in fields)
    return stat_text(mode, rdev, size)
