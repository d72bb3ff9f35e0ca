"""What the calls about files store, as strace prints it."""

from __future__ import annotations

import struct

from kshell.abi.c_types import U64
from kshell.abi.utime import UTIME_NOW, UTIME_OMIT
from kshell.kernel.kernel import Kernel
from kshell.kernel.trace.tracer import Call
from kshell.strace.user_data import date, pointer, read_exactly, unsigned_hex

MAGICS = {
    0x01021994: "TMPFS_MAGIC",
    0x9FA0: "PROC_SUPER_MAGIC",
    0x62656572: "SYSFS_MAGIC",
    0x50495045: "PIPEFS_MAGIC",
    0xEF53: "EXT2_SUPER_MAGIC",
}
ST_FLAGS = (
    (0x20, "ST_VALID"),
    (1, "ST_RDONLY"),
    (2, "ST_NOSUID"),
    (4, "ST_NODEV"),
    (8, "ST_NOEXEC"),
    (0x1000, "ST_RELATIME"),
)
STATFS = struct.Struct("<7Q2I3Q32x")
COMPAT_STATFS, COMPAT_STATFS64 = struct.Struct("<7I2I3I16x"), struct.Struct("<2I5Q2I3I16x")
EPOCH = "1970-01-01T00:00:00+0000"
MICROSECONDS, NANOSECONDS = ("tv_usec", 6), ("tv_nsec", 9)


def dirents(k: Kernel, call: Call, i: int, word: int = 8) -> str:
    """The records of getdents: strace says how many there are; `word` is the size of their first two numbers."""
    address, size = call.args[i], call.ret or 0
    data = read_exactly(k, address, size) if size else b""
    if data is None:
        return pointer(address)
    at = entries = 0
    while at + 2 * word + 2 <= size:
        at += max(int.from_bytes(data[at + 2 * word : at + 2 * word + 2], "little"), 1)
        entries += 1
    return f"{pointer(address)} /* {entries} entries */"


def utimbuf(k: Kernel, address: int, layout: str = "<2q") -> str:
    """``struct utimbuf``, with the dates."""
    data = read_exactly(k, address, struct.calcsize(layout)) if address else None
    if data is None:
        return pointer(address)
    times = zip(("actime", "modtime"), struct.unpack(layout, data), strict=True)
    return "{" + ", ".join(f"{name}={seconds}{_remark(date(seconds))}" for name, seconds in times) + "}"


def time_pairs(k: Kernel, address: int, fraction: tuple[str, int], layout: str = "<4q") -> str:
    """Two ``struct timeval`` or timespec, with dates: `fraction` is the name of the second field, and its digits."""
    data = read_exactly(k, address, struct.calcsize(layout)) if address else None
    if data is None:
        return pointer(address)
    first, first_part, second, second_part = struct.unpack(layout, data)
    return f"[{_time(first, first_part, fraction)}, {_time(second, second_part, fraction)}]"


def _time(seconds: int, parts: int, fraction: tuple[str, int]) -> str:
    name, digits = fraction
    if name == "tv_nsec" and parts in (UTIME_NOW, UTIME_OMIT):
        return "UTIME_NOW" if parts == UTIME_NOW else "UTIME_OMIT"
    shown = f"{{tv_sec={seconds}, {name}={parts & U64}}}"
    if not 0 <= parts < 10**digits or (seconds == 0 and parts == 0):
        return shown
    when = date(seconds) or (EPOCH if seconds == 0 else "")
    behind = f".{parts:0{digits}}" if parts else ""
    return shown + _remark(when.replace("+", f"{behind}+"))


def _remark(text: str) -> str:
    return f" /* {text} */" if text else ""


def statfs(k: Kernel, address: int, layout: struct.Struct = STATFS) -> str:
    """``struct statfs``."""
    data = read_exactly(k, address, layout.size) if address else None
    if data is None:
        return pointer(address)
    kind, *counts, fsid, fsid_high, namelen, frsize, flags = layout.unpack(data)
    names = ("f_bsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree")
    shown = [f"f_type={MAGICS.get(kind) or hex(kind)}", *(f"{name}={n}" for name, n in zip(names, counts, strict=True))]
    shown.append(f"f_fsid={{val=[{unsigned_hex(fsid)}, {unsigned_hex(fsid_high)}]}}")
    known = [name for bit, name in ST_FLAGS if flags & bit]
    return "{" + ", ".join([*shown, f"f_namelen={namelen}", f"f_frsize={frsize}", f"f_flags={'|'.join(known)}"]) + "}"


# The kinds that these calls have, by when they are known.
IN = {
    "utimbuf_in": lambda k, v, i: utimbuf(k, v[i]),
    "utimbuf32_in": lambda k, v, i: utimbuf(k, v[i], "<2i"),
    "timevals_in": lambda k, v, i: time_pairs(k, v[i], MICROSECONDS),
    "timevals32_in": lambda k, v, i: time_pairs(k, v[i], MICROSECONDS, "<4i"),
    "timespecs_in": lambda k, v, i: time_pairs(k, v[i], NANOSECONDS),
    "timespecs32_in": lambda k, v, i: time_pairs(k, v[i], NANOSECONDS, "<4i"),
}
OUT = {
    "dirents": dirents,
    "compat_dirents": lambda k, call, i: dirents(k, call, i, word=4),
    "statfs": lambda k, call, i: statfs(k, call.args[i]),
    "compat_statfs": lambda k, call, i: statfs(k, call.args[i], COMPAT_STATFS),
    "compat_statfs64": lambda k, call, i: statfs(k, call.args[i], COMPAT_STATFS64),
}
