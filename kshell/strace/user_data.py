"""User memory as strace shows it: strings, structures, and, where there is nothing to read, the address.

Each function takes an address as user code passed it and returns text.  None of them fails: what cannot be read is
printed as a pointer.
"""

from __future__ import annotations

import struct
import time

from kshell.abi.c_types import U64
from kshell.abi.st_mode import S_IFBLK, S_IFCHR, S_IFMT
from kshell.abi.structs import (
    RUSAGE_SIZE,
    STAT_SIZE,
    SYSINFO_SIZE,
    TIMESPEC_SIZE,
    UTSNAME_SIZE,
    unpack_stat,
    unpack_sysinfo,
    unpack_timespec,
)
from kshell.abi.symbolic import flags_text
from kshell.kernel.debug.peek import peek
from kshell.kernel.kernel import Kernel

MAX_STRLEN = 32  # strace -s: of longer strings, and of longer arrays, that many are shown
PATH_MAX = 4096
IOVEC = struct.Struct("<QQ")
UTSNAME_STRING = 65
_U32 = 0xFFFF_FFFF

_ESCAPES = {0x22: '\\"', 0x5C: "\\\\", 0x0C: "\\f", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x0B: "\\v"}
_LOCK_TYPES = {0: "F_RDLCK", 1: "F_WRLCK", 2: "F_UNLCK"}
_FLOCK = struct.Struct("<HH4xqqi")  # l_type l_whence l_start l_len l_pid


def pointer(address: int) -> str:
    """A pointer that is not followed."""
    return hex(address & U64) if address & U64 else "NULL"


def unsigned_hex(value: int) -> str:
    """C's ``%#lx``: zero has no prefix."""
    return hex(value & U64) if value & U64 else "0"


def read_exactly(k: Kernel, address: int, size: int) -> bytes | None:
    """`size` bytes of user memory, None if not all of them can be read.

    strace is no part of the kernel: that it looks changes nothing, and what it cannot read is no oops.
    """
    data = peek(k, k.current.mm, address & U64, size)
    return data if len(data) == size else None


# Strings.


def quote(data: bytes) -> str:
    """A C string literal: an octal escape is as short as the next character allows."""
    found = []
    for i, byte in enumerate(data):
        if byte in _ESCAPES:
            found.append(_ESCAPES[byte])
        elif 0x20 <= byte < 0x7F:
            found.append(chr(byte))
        else:
            digit_follows = data[i + 1 : i + 2] in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7")
            found.append(f"\\{byte:03o}" if digit_follows else f"\\{byte:o}")
    return f'"{"".join(found)}"'


def quote_hex(data: bytes) -> str:
    """Bytes that are no text."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def path(k: Kernel, address: int, limit: int = PATH_MAX - 1) -> str:
    """A string up to its NUL, and at most `limit` characters of it; file names are not cut at 32."""
    if not address:
        return "NULL"
    found, end, _ = (data := peek(k, k.current.mm, address & U64, limit + 1)).partition(b"\0")
    if not end and len(data) <= limit:
        return pointer(address)
    return quote(found[:limit]) + ("..." if len(found) > limit else "")


def buffer(k: Kernel, address: int, size: int, *, as_hex: bool = False) -> str:
    """`size` bytes, of which the first 32 are shown; strace reads one more, so that one must be readable too."""
    if not address:
        return "NULL"
    size &= U64
    data = read_exactly(k, address, min(size, MAX_STRLEN + 1))
    if data is None:
        return pointer(address)
    return (quote_hex if as_hex else quote)(data[:MAX_STRLEN]) + ("..." if size > MAX_STRLEN else "")


def iovec(k: Kernel, address: int, count: int, available: int | None, form: struct.Struct = IOVEC) -> str:
    """`count` elements of a ``struct iovec`` array with their data, of which there are `available` bytes in all;
    None: the data means nothing, show where it is."""
    count &= U64
    if not address or (count and (count * form.size > U64 or (address & U64) + count * form.size > U64)):
        return pointer(address)
    elements = []
    for i in range(count):
        at = address + i * form.size
        if i == MAX_STRLEN:
            elements.append("...")
            break
        data = read_exactly(k, at, form.size)
        if data is None:
            if i == 0:
                return pointer(address)
            elements.append(f"... /* {at & U64:#x} */")
            break
        base, length = form.unpack(data)
        if available is None:
            shown = pointer(base)
        else:
            shown = buffer(k, base, min(length, available))
            available -= min(length, available)
        elements.append(f"{{iov_base={shown}, iov_len={length}}}")
    return f"[{', '.join(elements)}]"


# Structures.


def stat(k: Kernel, address: int) -> str:
    """``struct stat``, abridged as strace does: the mode, and the size or the device."""
    data = read_exactly(k, address, STAT_SIZE)
    if data is None:
        return pointer(address)
    fields = unpack_stat(data)
    return stat_text(fields["st_mode"], fields["st_rdev"], fields["st_size"])


def stat_text(mode: int, device: int, size: int) -> str:
    """What is shown of such a structure."""
    if mode & S_IFMT in (S_IFCHR, S_IFBLK):
        major, minor = device >> 8 & 0xFFF | device >> 32 & 0xFFFFF000, device & 0xFF | device >> 12 & 0xFFFFFF00
        last = f"st_rdev=makedev({major:#x}, {minor:#x})"
    else:
        last = f"st_size={size}"
    return f"{{st_mode={flags_text(mode, 'st_mode')}, {last}, ...}}"


def utsname(k: Kernel, address: int) -> str:
    """``struct new_utsname``, abridged as strace does."""
    data = read_exactly(k, address, UTSNAME_SIZE)
    if data is None:
        return pointer(address)
    sysname, nodename = (quote(data[at : at + UTSNAME_STRING].split(b"\0", 1)[0]) for at in (0, UTSNAME_STRING))
    return f"{{sysname={sysname}, nodename={nodename}, ...}}"


def sysinfo(k: Kernel, address: int) -> str:
    """``struct sysinfo``."""
    data = read_exactly(k, address, SYSINFO_SIZE)
    if data is None:
        return pointer(address)
    return sysinfo_text(unpack_sysinfo(data))


def sysinfo_text(fields: dict[str, int]) -> str:
    """The fields of such a structure."""
    loads = ", ".join(str(fields.pop(name)) for name in ("load1", "load5", "load15"))
    uptime = fields.pop("uptime")
    rest = ", ".join(f"{name}={value}" for name, value in fields.items())
    return f"{{uptime={uptime}, loads=[{loads}], {rest}}}"


def rusage(k: Kernel, address: int) -> str:
    """``struct rusage``, abridged as strace does: the times."""
    data = read_exactly(k, address, RUSAGE_SIZE)
    if data is None:
        return pointer(address)
    times = [
        f"{name}={{tv_sec={seconds}, tv_usec={parts}}}"
        for name, (seconds, parts) in zip(("ru_utime", "ru_stime"), struct.iter_unpack("<qq", data[:32]), strict=True)
    ]
    return f"{{{', '.join(times)}, ...}}"


def time_pair(k: Kernel, address: int, fraction: str) -> str:
    """``struct timespec`` or timeval: `fraction` names its second field, which strace prints unsigned."""
    data = read_exactly(k, address, TIMESPEC_SIZE) if address else None
    if data is None:
        return pointer(address)
    seconds, parts = unpack_timespec(data)
    return f"{{tv_sec={seconds}, {fraction}={parts & U64}}}"


def timezone(k: Kernel, address: int) -> str:
    """``struct timezone``."""
    data = read_exactly(k, address, 8) if address else None
    if data is None:
        return pointer(address)
    west, dst = struct.unpack("<ii", data)
    return f"{{tz_minuteswest={west}, tz_dsttime={dst}}}"


def fd_pair(k: Kernel, address: int) -> str:
    """The two descriptors that pipe() stored."""
    data = read_exactly(k, address, 8) if address else None
    return pointer(address) if data is None else "[{}, {}]".format(*struct.unpack("<ii", data))


def uint(k: Kernel, address: int) -> str:
    """The number that getcpu() stored."""
    data = read_exactly(k, address, 4) if address else None
    return pointer(address) if data is None else f"[{int.from_bytes(data, 'little')}]"


def flock(k: Kernel, address: int, *, with_pid: bool) -> str:
    """``struct flock``; l_pid means something only when the kernel filled it in."""
    data = read_exactly(k, address, _FLOCK.size) if address else None
    if data is None:
        return pointer(address)
    kind, whence, start, length, pid = _FLOCK.unpack(data)
    shown = _LOCK_TYPES.get(kind) or f"{kind:#x} /* F_??? */"
    text = f"l_type={shown}, l_whence={flags_text(whence, 'whence')}, l_start={start}, l_len={length}"
    return f"{{{text}, l_pid={pid}}}" if with_pid else f"{{{text}}}"


def time_t(k: Kernel, address: int, size: int = 8) -> str:
    """The seconds that time() stored, with the date."""
    data = read_exactly(k, address, size) if address else None
    if data is None:
        return pointer(address)
    seconds = int.from_bytes(data, "little", signed=True)
    when = date(seconds)
    return f"[{seconds} /* {when} */]" if when else f"[{seconds}]"


def date(seconds: int) -> str:
    """Seconds since 1970 as a date (UTC, the simulated machine's zone); "" for 0 and for what no calendar holds."""
    if seconds == 0:
        return ""
    try:
        t = time.gmtime(seconds)
    except (OverflowError, ValueError, OSError):
        return ""
    return f"{t.tm_year}-{t.tm_mon:02}-{t.tm_mday:02}T{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}+0000"
