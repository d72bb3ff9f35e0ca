"""Symbolic constants both ways: what a person may type as an argument, and how a trace prints one.

The output of `flags_text` is strace 6.1's, to the character.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.abi import clock, fcntl, getrandom, mman, module_flags, resource, sigaction, signal, st_mode, utime, wait

_PREFIXES = (
    "O_",
    "AT_",
    "RENAME_",
    "UTIME_",
    "F_",
    "FD_",
    "SEEK_",
    "S_I",
    "PROT_",
    "MAP_",
    "CLOCK_",
    "GRND_",
    "SIG",
    "SA_",
    "SS_",
    "ITIMER_",
    "FASYNC",
    "MODULE_INIT_",
    "MREMAP_",
    "MADV_",
    "RUSAGE_",
    "W",
    "__W",
    "P_",
)
_ACCESS = ("F_OK", "R_OK", "W_OK", "X_OK")

SYMBOLS: dict[str, int] = {
    name: value
    for module in (fcntl, st_mode, mman, clock, getrandom, module_flags, resource, signal, sigaction, utime, wait)
    for name, value in vars(module).items()
    if isinstance(value, int) and (name.startswith(_PREFIXES) or name in _ACCESS)
}
"""Every name that may stand for a number among a system call's arguments."""

_Bits = tuple[tuple[int, str], ...]

_U32 = 0xFFFF_FFFF


def _bits(module: object, names: str) -> _Bits:
    """(value, name) for each of the names, in the order in which strace prints them."""
    return tuple((getattr(module, name), name) for name in names.split())


# A flag of several bits stands before the flags that are its parts.
_OPEN = _bits(
    fcntl,
    "O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_SYNC O_DSYNC __O_SYNC O_DIRECT O_LARGEFILE O_NOFOLLOW"
    " O_NOATIME O_CLOEXEC O_PATH O_TMPFILE __O_TMPFILE O_DIRECTORY FASYNC",
)
_ACCMODES = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")
_AT = _bits(fcntl, "AT_SYMLINK_NOFOLLOW AT_REMOVEDIR AT_SYMLINK_FOLLOW AT_NO_AUTOMOUNT AT_EMPTY_PATH AT_RECURSIVE")
_ACCESS_FLAGS = _bits(fcntl, "AT_SYMLINK_NOFOLLOW AT_EACCESS AT_EMPTY_PATH")
_ACCESS_MODE = _bits(fcntl, "R_OK W_OK X_OK")
_RENAME = _bits(fcntl, "RENAME_NOREPLACE RENAME_EXCHANGE RENAME_WHITEOUT")
_PROT = _bits(mman, "PROT_READ PROT_WRITE PROT_EXEC PROT_SEM PROT_GROWSDOWN PROT_GROWSUP")
_MAP = _bits(
    mman,
    "MAP_FIXED MAP_ANONYMOUS MAP_32BIT MAP_NORESERVE MAP_POPULATE MAP_NONBLOCK MAP_GROWSDOWN MAP_DENYWRITE"
    " MAP_EXECUTABLE MAP_LOCKED MAP_STACK MAP_HUGETLB MAP_SYNC MAP_FIXED_NOREPLACE",
)
_MREMAP = _bits(mman, "MREMAP_MAYMOVE MREMAP_FIXED MREMAP_DONTUNMAP")
_MADV = {value: name for name, value in vars(mman).items() if name.startswith("MADV_")}
_RUSAGE = {resource.RUSAGE_SELF: "RUSAGE_SELF", resource.RUSAGE_THREAD: "RUSAGE_THREAD", -1: "RUSAGE_CHILDREN"}
_WAIT = _bits(wait, "WNOHANG WUNTRACED WEXITED WCONTINUED WNOWAIT __WNOTHREAD __WALL __WCLONE")
_IDTYPES = {wait.P_ALL: "P_ALL", wait.P_PID: "P_PID", wait.P_PGID: "P_PGID", wait.P_PIDFD: "P_PIDFD"}
_MAP_TYPES = {0: "MAP_FILE", 1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE"}
_GRND = _bits(getrandom, "GRND_NONBLOCK GRND_RANDOM GRND_INSECURE")
_MODULE = _bits(module_flags, "MODULE_INIT_IGNORE_MODVERSIONS MODULE_INIT_IGNORE_VERMAGIC MODULE_INIT_COMPRESSED_FILE")
_DELETE = _bits(fcntl, "O_NONBLOCK O_TRUNC")
_FD = _bits(fcntl, "FD_CLOEXEC")
_WHENCE = dict(_bits(fcntl, "SEEK_SET SEEK_CUR SEEK_END SEEK_DATA SEEK_HOLE"))
_SA = _bits(
    sigaction,
    "SA_RESTORER SA_ONSTACK SA_RESTART SA_INTERRUPT SA_NODEFER SA_RESETHAND SA_SIGINFO SA_NOCLDSTOP SA_NOCLDWAIT",
)
_SS = _bits(sigaction, "SS_ONSTACK SS_DISABLE SS_AUTODISARM")
_HOW = dict(_bits(sigaction, "SIG_BLOCK SIG_UNBLOCK SIG_SETMASK"))
_ITIMER = dict(_bits(sigaction, "ITIMER_REAL ITIMER_VIRTUAL ITIMER_PROF"))
_CLOCKS = {value: name for name, value in vars(clock).items() if name.startswith("CLOCK_")}
_FCNTL = {value: name for name, value in vars(fcntl).items() if name.startswith("F_") and name != "F_OK"}
_FCNTL |= {12: "F_GETLK64", 13: "F_SETLK64", 14: "F_SETLKW64"}  # strace names i386's here too
_TYPES = {value: name for name, value in vars(st_mode).items() if name.startswith("S_IF") and name != "S_IFMT"}
_SPECIAL = _bits(st_mode, "S_ISUID S_ISGID S_ISVTX")


def _names(value: int, bits: _Bits) -> tuple[list[str], int]:
    """The names of the flags in `value`, and the bits that are left over."""
    found = []
    for bit, name in bits:
        if value & bit == bit:
            found.append(name)
            value &= ~bit
    return found, value


def _flags(value: int, bits: _Bits, unknown: str, marks: str = "???") -> str:
    """Names joined by ``|``; bits without a name in hex, or, where there are only those, with a remark."""
    found, rest = _names(value, bits)
    if not found:
        return f"{rest:#x} /* {unknown}{marks} */" if rest else "0"
    return "|".join([*found, f"{rest:#x}"] if rest else found)


def _one_of(value: int, names: dict[int, str], unknown: str) -> str:
    return names.get(value) or f"{value:#x} /* {unknown}??? */"


def _open_flags(value: int) -> str:
    value &= _U32
    found, rest = _names(value & ~fcntl.O_ACCMODE, _OPEN)
    return "|".join([_ACCMODES[value & fcntl.O_ACCMODE], *found, *([f"{rest:#x}"] if rest else [])])


def _map_flags(value: int) -> str:
    """Of the 64 bits that mmap is handed, strace prints 32."""
    value &= _U32
    huge = value >> mman.MAP_HUGE_SHIFT & mman.MAP_HUGE_MASK
    rest = value & ~(mman.MAP_HUGE_MASK << mman.MAP_HUGE_SHIFT | mman.MAP_TYPE)
    found, rest = _names(rest, _MAP)
    parts = [_one_of(value & mman.MAP_TYPE, _MAP_TYPES, "MAP_"), *found]
    if rest:
        parts.append(f"{rest:#x}")
    if huge:
        parts.append(f"{huge}<<MAP_HUGE_SHIFT")
    return "|".join(parts)


def _prot(value: int) -> str:
    return _flags(value & (1 << 64) - 1, _PROT, "PROT_") if value else "PROT_NONE"


def _mode(value: int) -> str:
    """A number in octal with its leading 0, and never fewer than three characters."""
    return f"0{value & 0xFFFF:o}".rjust(3, "0")


def _st_mode(value: int) -> str:
    """What a stat shows: ``S_IFREG|0644``, ``S_IFDIR|S_ISVTX|0777``."""
    kind = value & st_mode.S_IFMT
    special, rest = _names(value & ~st_mode.S_IFMT, _SPECIAL)
    parts = [_TYPES.get(kind) or f"0{kind:o}"] if kind else []
    return "|".join([*parts, *special, _mode(rest)])


def _node_mode(value: int) -> str:
    """What mknod is to make: `S_IFIFO|0644`; a kind that there is not is a part of the number."""
    kind = value & st_mode.S_IFMT
    return _st_mode(value) if not kind or kind in _TYPES else _mode(value)


def _device(value: int) -> str:
    major, minor = value >> 8 & 0xFFF, value & 0xFF | value >> 12 & 0xFFF00
    return f"makedev({_hex(major)}, {_hex(minor)})"


def _hex(value: int) -> str:
    return hex(value) if value else "0"


def _access_mode(value: int) -> str:
    found, rest = _names(value, _ACCESS_MODE)
    if found or not rest:
        return "|".join([*found, *([f"{rest:#x}"] if rest else [])]) or "F_OK"
    return f"{rest:#x} /* ?_OK */"


def _dirfd(value: int) -> str:
    signed = (value & _U32 ^ 0x8000_0000) - 0x8000_0000
    return "AT_FDCWD" if signed == fcntl.AT_FDCWD else str(signed)


_KINDS: dict[str, Callable[[int], str]] = {
    "open_flags": _open_flags,
    "pipe_flags": lambda value: _flags(value & _U32, _OPEN, "O_"),
    "prot": _prot,
    "map_flags": _map_flags,
    "mremap_flags": lambda value: _flags(value & (1 << 64) - 1, _MREMAP, "MREMAP_"),
    "madvice": lambda value: _one_of(value & _U32, _MADV, "MADV_"),
    "rusage_who": lambda value: _RUSAGE.get(value) or f"{value & _U32:#x} /* RUSAGE_??? */",
    "wait_options": lambda value: _flags(value & _U32, _WAIT, "W"),
    "idtype": lambda value: _one_of(value & _U32, _IDTYPES, "P_"),
    "at_flags": lambda value: _flags(value & _U32, _AT, "AT_"),
    "access_flags": lambda value: _flags(value & _U32, _ACCESS_FLAGS, "AT_"),
    "access_mode": lambda value: _access_mode(value & _U32),
    "dev": _device,
    "node_mode": _node_mode,
    "rename_flags": lambda value: _flags(value & _U32, _RENAME, "RENAME_", "??"),
    "uid16": lambda value: "-1" if value & 0xFFFF == 0xFFFF else str(value & 0xFFFF),
    "uid": lambda value: "-1" if value & _U32 == _U32 else str(value & _U32),
    "grnd_flags": lambda value: _flags(value & _U32, _GRND, "GRND_"),
    "module_flags": lambda value: _flags(value & _U32, _MODULE, "MODULE_INIT_"),
    "delete_flags": lambda value: _flags(value & _U32, _DELETE, "O_"),
    "fd_flags": lambda value: _flags(value & _U32, _FD, "FD_"),
    "mode": _mode,
    "st_mode": _st_mode,
    "whence": lambda value: _one_of(value & _U32, _WHENCE, "SEEK_"),
    "fcntl_cmd": lambda value: _one_of(value & _U32, _FCNTL, "F_"),
    "clock": lambda value: _one_of(value & _U32, _CLOCKS, "CLOCK_"),
    "dirfd": _dirfd,
    "signal": lambda value: signal.signal_name((value & _U32 ^ 0x8000_0000) - 0x8000_0000),
    "sig_how": lambda value: _one_of(value & _U32, _HOW, "SIG_"),
    "sa_flags": lambda value: _flags(value, _SA, "SA_"),
    "ss_flags": lambda value: _flags(value, _SS, "SS_"),
    "itimer": lambda value: _one_of(value & _U32, _ITIMER, "ITIMER_"),
}

KINDS = frozenset(_KINDS)
"""The kinds that `flags_text` knows."""


def flags_text(value: int, kind: str) -> str:
    """`value` (any int) as strace prints an argument of this kind; KeyError for a kind that is not in KINDS.

    >>> flags_text(0o101, "open_flags")
    'O_WRONLY|O_CREAT'
    """
    return _KINDS[kind](value)
