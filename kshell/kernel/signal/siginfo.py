"""struct siginfo, as user code sees it: 128 bytes, of which each kind of signal fills a part.

C counterpart: include/uapi/asm-generic/siginfo.h, copy_siginfo_to_user().
"""

from __future__ import annotations

import struct

from kshell.abi.c_types import U64
from kshell.abi.errno import E2BIG, EFAULT
from kshell.abi.sigaction import KERNEL_SIGINFO_SIZE, SIGINFO_SIZE
from kshell.abi.signal import SI_KERNEL, SI_USER, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS
from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.uaccess import copy_from_user

SI_DETHREAD, SI_ASYNCNL = -7, -60
NSIGPOLL = 6  # how many codes most signals have
NUMBER_OF_CODES = {SIGILL: 11, SIGFPE: 15, SIGSEGV: 10, SIGBUS: 5, SIGSYS: 2}
U32, SIGN = 0xFFFF_FFFF, 1 << 31
_HEAD = struct.Struct("<iii4x")  # si_signo, si_errno, si_code
_ADDRESS = struct.Struct("<Q")  # si_addr, where the kernel tells of a fault
_SENDER = struct.Struct("<IIQ")  # si_pid, si_uid, si_value
# The same in struct compat_siginfo, without a gap.
_COMPAT_HEAD, _COMPAT_ADDRESS, _COMPAT_SENDER = struct.Struct("<iii"), struct.Struct("<I"), struct.Struct("<IIi")


def pack(info: Siginfo) -> bytes:
    """As it stands in user memory."""
    if info.image:
        return (info.signo.to_bytes(4, "little") + info.image[4:]).ljust(SIGINFO_SIZE, b"\0")
    fault = info.address is not None
    union = _ADDRESS.pack((info.address or 0) & U64) if fault else _SENDER.pack(*info.sender, info.value)
    return (_HEAD.pack(info.signo, 0, info.code) + union).ljust(SIGINFO_SIZE, b"\0")


def pack_compat(info: Siginfo) -> bytes:
    """The same as a struct compat_siginfo."""
    if info.address is not None:
        union = _COMPAT_ADDRESS.pack(info.address & U32)
    else:
        union = _COMPAT_SENDER.pack(*info.sender, (info.value & U32 ^ SIGN) - SIGN)
    return (_COMPAT_HEAD.pack(info.signo, 0, info.code) + union).ljust(SIGINFO_SIZE, b"\0")


def unpack_compat(signo: int, data: bytes) -> Siginfo:
    """The same of a struct compat_siginfo."""
    _, _, code = _COMPAT_HEAD.unpack_from(data)
    pid, uid, value = _COMPAT_SENDER.unpack_from(data, _COMPAT_HEAD.size)
    return Siginfo(signo, code, sender=(pid, uid), value=value & U64)


def unpack(signo: int, data: bytes) -> Siginfo:
    """The same back, of what user code passes; that the signal is `signo` is the call's to say."""
    _, _, code = _HEAD.unpack_from(data)
    pid, uid, value = _SENDER.unpack_from(data, _HEAD.size)
    return Siginfo(signo, code, sender=(pid, uid), value=value, image=data)


def copy_siginfo_from_user(k: Kernel, signo: int, pointer: int) -> Siginfo | int:
    """What user code passes, or a negative errno.  A kernel since 4.20 keeps 48 bytes of it, which is all of each
    si_code that it knows; of another one nothing may stand behind them."""
    size = KERNEL_SIGINFO_SIZE if k.profile.version >= (4, 20) else SIGINFO_SIZE
    data = copy_from_user(k, pointer, size)
    if len(data) < size:
        return -EFAULT
    info = unpack(signo, data)
    if is_known(signo, info.code):
        return info
    rest = copy_from_user(k, pointer + size, SIGINFO_SIZE - size)
    if len(rest) < SIGINFO_SIZE - size:
        return -EFAULT
    return -E2BIG if any(rest) else info


def is_known(signo: int, code: int) -> bool:
    """Whether the kernel knows what a siginfo of this code holds (C: known_siginfo_layout)."""
    if code > SI_USER:
        return code == SI_KERNEL or code <= NUMBER_OF_CODES.get(signo, NSIGPOLL)
    return code >= SI_DETHREAD or code == SI_ASYNCNL
