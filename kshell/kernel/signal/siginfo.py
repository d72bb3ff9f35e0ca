"""struct siginfo, as user code sees it: 128 bytes, of which each kind of signal fills a part.

C counterpart: include/uapi/asm-generic/siginfo.h, copy_siginfo_to_user().
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import U64
from kshell.abi.sigaction import SIGINFO_SIZE
from kshell.kernel.core.signal import Siginfo

_HEAD = struct.Struct("<iii4x")  # si_signo, si_errno, si_code
_ADDRESS = struct.Struct("<Q")  # si_addr, where the kernel tells of a fault
_SENDER = struct.Struct("<IIQ")  # si_pid, si_uid, si_value
_COMPAT = struct.Struct("<iiiIIi")  # those of struct compat_siginfo


def pack(info: Siginfo) -> bytes:
    """As it stands in user memory."""
    fault = info.address is not None
    union = _ADDRESS.pack((info.address or 0) & U64) if fault else _SENDER.pack(*info.sender, info.value)
    return (_HEAD.pack(info.signo, 0, info.code) + union).ljust(SIGINFO_SIZE, b"\0")


def unpack_compat(signo: int, data: bytes) -> Siginfo:
    """The same of a struct compat_siginfo."""
    _, _, code, pid, uid, value = _COMPAT.unpack_from(data)
    return Siginfo(signo, code, sender=(pid, uid), value=value & U64)


def unpack(signo: int, data: bytes) -> Siginfo:
    """The same back, of what user code passes; that the signal is `signo` is the call's to say."""
    _, _, code = _HEAD.unpack_from(data)
    pid, uid, value = _SENDER.unpack_from(data, _HEAD.size)
    return Siginfo(signo, code, sender=(pid, uid), value=value)
