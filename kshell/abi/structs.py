"""The structures that system calls hand to user code, as bytes, in x86-64's layout (little-endian).

`pack_x` makes the bytes that the kernel copies out, `unpack_x` reads them back for a trace.  A value that is too
wide for its field is cut to it, as an assignment in C would.

C counterparts: arch/x86/include/uapi/asm/stat.h, include/uapi/linux/utsname.h, include/uapi/linux/sysinfo.h,
include/uapi/linux/time.h, include/uapi/linux/resource.h.
"""

from __future__ import annotations

import struct

_U64, _U32, _U16 = 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF, 0xFFFF

# dev ino nlink mode uid gid (pad) rdev size blksize blocks, then three times seconds and nanoseconds, three unused.
_STAT_OUT = struct.Struct("<QQQIII4xQQQQQQQQQQ24x")
_STAT_IN = struct.Struct("<QQQIII4xQqqqQQQQQQ24x")
STAT_SIZE = _STAT_OUT.size  # 144
STAT_FIELDS: tuple[str, ...] = (
    *("st_dev", "st_ino", "st_nlink", "st_mode", "st_uid", "st_gid", "st_rdev", "st_size", "st_blksize", "st_blocks"),
    *("st_atime", "st_atime_nsec", "st_mtime", "st_mtime_nsec", "st_ctime", "st_ctime_nsec"),
)

_NEW_UTS_LEN = 64  # and a NUL
UTSNAME_FIELDS: tuple[str, ...] = ("sysname", "nodename", "release", "version", "machine", "domainname")
UTSNAME_SIZE = len(UTSNAME_FIELDS) * (_NEW_UTS_LEN + 1)  # 390

# uptime, loads[3], six amounts of memory in mem_unit, procs (pad), two more amounts, mem_unit, and the tail's padding.
_SYSINFO_OUT = struct.Struct("<QQQQQQQQQQH6xQQI4x")
_SYSINFO_IN = struct.Struct("<qQQQQQQQQQH6xQQI4x")
SYSINFO_SIZE = _SYSINFO_OUT.size  # 112
SYSINFO_FIELDS: tuple[str, ...] = (
    *("uptime", "load1", "load5", "load15"),
    *("totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap"),
    *("procs", "totalhigh", "freehigh", "mem_unit"),
)
SI_LOAD_SHIFT = 16
"""A load average of 1.0 is 1 << SI_LOAD_SHIFT."""

# ru_utime and ru_stime, seconds and microseconds each, and fourteen counts.
_RUSAGE = struct.Struct("<4Q14Q")
RUSAGE_SIZE = _RUSAGE.size  # 144

_PAIR_OUT = struct.Struct("<QQ")
_PAIR_IN = struct.Struct("<qq")
TIMESPEC_SIZE = TIMEVAL_SIZE = _PAIR_OUT.size  # 16


def makedev(major: int, minor: int) -> int:
    """The st_dev or st_rdev of a device, as user space sees it (new_encode_dev)."""
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12


def pack_stat(
    *,
    st_dev: int = 0,
    st_ino: int = 0,
    st_nlink: int = 1,
    st_mode: int = 0,
    st_uid: int = 0,
    st_gid: int = 0,
    st_rdev: int = 0,
    st_size: int = 0,
    st_blksize: int = 4096,
    st_blocks: int = 0,
    atime: tuple[int, int] = (0, 0),
    mtime: tuple[int, int] = (0, 0),
    ctime: tuple[int, int] = (0, 0),
) -> bytes:
    """``struct stat``, 144 bytes.  Sizes in bytes, st_blocks in units of 512; times are (seconds, nanoseconds)."""
    return _STAT_OUT.pack(
        *(value & _U64 for value in (st_dev, st_ino, st_nlink)),
        *(value & _U32 for value in (st_mode, st_uid, st_gid)),
        *(value & _U64 for value in (st_rdev, st_size, st_blksize, st_blocks, *atime, *mtime, *ctime)),
    )


def unpack_stat(data: bytes) -> dict[str, int]:
    """The fields of a ``struct stat`` by name (STAT_FIELDS).  `data` must hold at least STAT_SIZE bytes."""
    return dict(zip(STAT_FIELDS, _STAT_IN.unpack_from(data), strict=True))


def pack_utsname(
    *, sysname: str, nodename: str, release: str, version: str, machine: str, domainname: str = "(none)"
) -> bytes:
    """``struct new_utsname``: six strings of at most 64 bytes, each in 65 with its NUL, 390 in all."""
    return b"".join(
        value.encode()[:_NEW_UTS_LEN].ljust(_NEW_UTS_LEN + 1, b"\0")
        for value in (sysname, nodename, release, version, machine, domainname)
    )


def pack_sysinfo(
    *,
    uptime: int = 0,
    loads: tuple[int, int, int] = (0, 0, 0),
    totalram: int = 0,
    freeram: int = 0,
    sharedram: int = 0,
    bufferram: int = 0,
    totalswap: int = 0,
    freeswap: int = 0,
    procs: int = 0,
    totalhigh: int = 0,
    freehigh: int = 0,
    mem_unit: int = 1,
) -> bytes:
    """``struct sysinfo``, 112 bytes.  Uptime in seconds, memory in units of `mem_unit` bytes, loads scaled by 65536."""
    memory = (totalram, freeram, sharedram, bufferram, totalswap, freeswap)
    return _SYSINFO_OUT.pack(
        *(value & _U64 for value in (uptime, *loads, *memory)),
        procs & _U16,
        *(value & _U64 for value in (totalhigh, freehigh)),
        mem_unit & _U32,
    )


def unpack_sysinfo(data: bytes) -> dict[str, int]:
    """The fields of a ``struct sysinfo`` by name (SYSINFO_FIELDS).  `data` must hold at least SYSINFO_SIZE bytes."""
    return dict(zip(SYSINFO_FIELDS, _SYSINFO_IN.unpack_from(data), strict=True))


def pack_rusage(
    *, utime: int = 0, maxrss: int = 0, minflt: int = 0, majflt: int = 0, nvcsw: int = 0, nivcsw: int = 0
) -> bytes:
    """``struct rusage``, 144 bytes.  `utime` in microseconds, `maxrss` in KiB, page faults and switches as numbers."""
    faults, switches = (minflt, majflt), (nvcsw, nivcsw)
    return _RUSAGE.pack(*divmod(utime, 10**6), 0, 0, maxrss, 0, 0, 0, *faults, *[0] * 6, *switches)


def unpack_rusage(data: bytes) -> dict[str, int]:
    """The fields of a ``struct rusage`` that Linux fills, by name.  `data` must hold at least RUSAGE_SIZE bytes."""
    values = _RUSAGE.unpack_from(data)
    names = {"ru_utime": 0, "ru_stime": 2, "ru_maxrss": 4, "ru_minflt": 8, "ru_majflt": 9, "ru_inblock": 11}
    return {name: values[at] for name, at in (names | {"ru_oublock": 12, "ru_nvcsw": 16, "ru_nivcsw": 17}).items()}


def pack_timespec(seconds: int, nanoseconds: int) -> bytes:
    """``struct timespec``, 16 bytes."""
    return _PAIR_OUT.pack(seconds & _U64, nanoseconds & _U64)


def pack_timespec32(seconds: int, nanoseconds: int) -> bytes:
    """``struct old_timespec32`` or old_timeval32, 8 bytes."""
    return struct.pack("<II", seconds & _U32, nanoseconds & _U32)


def unpack_timespec(data: bytes) -> tuple[int, int]:
    """(seconds, nanoseconds), both signed, unchecked: nanosleep() has to refuse what is out of range."""
    seconds, nanoseconds = _PAIR_IN.unpack_from(data)
    return seconds, nanoseconds


def pack_timeval(seconds: int, microseconds: int) -> bytes:
    """``struct timeval``, 16 bytes."""
    return _PAIR_OUT.pack(seconds & _U64, microseconds & _U64)
