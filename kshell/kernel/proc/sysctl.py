"""/proc/sys: what can be asked of the running kernel, and a little that can be set.

C counterparts: fs/proc/proc_sysctl.c, kernel/sysctl.c, kernel/utsname_sysctl.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from kshell.abi.c_types import U64
from kshell.abi.errno import EACCES, EINVAL, EPERM
from kshell.kernel.core.layout import MMAP_MIN_ADDR
from kshell.kernel.core.printk import DEFAULT_LEVEL
from kshell.kernel.fs.inode import MAX_LFS_FILESIZE
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.address_space import MAX_MAP_COUNT
from kshell.kernel.proc.pseudo import ProcEntry, directory, file
from kshell.kernel.proc.seq_file import SizedInode
from kshell.kernel.report.taint import LETTERS, add_taint
from kshell.kernel.sched.cred import Cred
from kshell.machine.ram import PAGE_SIZE

FETCHED_MAX = 4 << 20  # bytes of one write (C: KMALLOC_MAX_SIZE)
TOKEN_MAX = 21  # characters of a number, more are no number (C: TMPBUFLEN)
BLANK = b" \t\n\v\f\r"
CONSOLE_LOGLEVELS = (7, DEFAULT_LEVEL, 1, 7)  # C: console_printk[]
PID_MAX = 32768
NGROUPS_MAX = 65536


def cap_last_cap(version: tuple[int, int]) -> int:
    """The number of the last capability that a release has."""
    return 40 if version >= (5, 9) else 39 if version >= (5, 8) else 37


class SysctlInode(SizedInode):
    """A line of text.  C: proc_dostring()."""

    __slots__ = ()
    read_only = EINVAL
    whole = True
    maximum = MAX_LFS_FILESIZE  # C: default_llseek()

    @property
    def no_write(self) -> int:  # type: ignore[override]
        """The mode binds root too, truncating included.  C: proc_sys_permission()."""
        return 0 if self.mode & 0o222 else EACCES

    @property
    def most(self) -> int:  # type: ignore[override]
        """Since 5.8 all that is written is fetched, and its first page is read.  C: proc_sys_call_handler()."""
        return FETCHED_MAX if self.k.profile.version >= (5, 8) else PAGE_SIZE

    def store(self, k: Kernel, data: bytes, pos: int) -> int:
        """Only what is written at the start counts.  C: proc_first_pos_non_zero_ignore()."""
        return len(data) if pos else super().store(k, data[:PAGE_SIZE], pos)


class NumberInode(SysctlInode):
    """Numbers: one read gets them, or loses what did not fit.  C: proc_dointvec()."""

    __slots__ = ()
    once = True


def get_number(data: bytes, negative: bool) -> tuple[int, int] | None:
    """The number at the start of `data`, in any of C's notations, and how many bytes it and the blanks around it take.
    None where there is none.  C: proc_get_long()."""
    text = data.lstrip(BLANK)
    token = re.split(rb"[ \t\n\v\f\r]", text, maxsplit=1)[0]
    match = re.fullmatch(rb"(-?)(0[xX][0-9a-fA-F]+|[0-9]+)", token)
    if match is None or len(token) > TOKEN_MAX or (match[1] and not negative):
        return None
    digits = match[2]
    base = 16 if digits[:2] in (b"0x", b"0X") else 8 if digits.startswith(b"0") else 10
    try:
        value = int(digits, base)
    except ValueError:  # 08
        return None
    return -value if match[1] else value, len(data) - len(text[len(token) :].lstrip(BLANK))


def _store_number(data: bytes, high: int, negative: bool, take: Callable[[int], None]) -> int:
    found = get_number(data, negative)
    if found is None or not 0 <= found[0] <= high:
        return -EINVAL
    take(found[0])
    return found[1]


def _show_tainted(k: Kernel, cred: Cred) -> bytes:
    return b"%d\n" % k.taint.mask


def _store_tainted(k: Kernel, data: bytes) -> int:
    """What is written is added: taint never goes away.  C: proc_taint()."""

    def taint(mask: int) -> None:
        for bit, letter in LETTERS.items():
            if mask >> bit & 1 and bit < k.taint.places:
                add_taint(k, letter, why="written to /proc/sys/kernel/tainted")

    return -EPERM if k.current.cred.euid else _store_number(data, U64, False, taint)


def _show_kptr_restrict(k: Kernel, cred: Cred) -> bytes:
    return b"%d\n" % k.symbols.kptr_restrict


def _store_kptr_restrict(k: Kernel, data: bytes) -> int:
    def restrict(value: int) -> None:
        k.symbols.kptr_restrict = value

    return -EPERM if k.current.cred.euid else _store_number(data, 2, True, restrict)


def _text(show: Callable[[Kernel], str]) -> ProcEntry:
    return file(SysctlInode, 0o444, lambda k, cred: f"{show(k)}\n".encode())


def _number(show: Callable[[Kernel], int | str]) -> ProcEntry:
    return file(NumberInode, 0o444, lambda k, cred: f"{show(k)}\n".encode())


def _release(k: Kernel) -> str:
    return k.release


def _version(k: Kernel) -> str:
    return k.version


KERNEL: dict[bytes, ProcEntry] = {
    b"cap_last_cap": _number(lambda k: cap_last_cap(k.profile.version)),
    b"domainname": _text(lambda k: "(none)"),
    b"hostname": _text(lambda k: "kshell"),
    b"kptr_restrict": file(NumberInode, 0o644, _show_kptr_restrict, _store_kptr_restrict),
    b"modprobe": _text(lambda k: "/sbin/modprobe"),
    b"ngroups_max": _number(lambda k: NGROUPS_MAX),
    b"osrelease": _text(_release),
    b"ostype": _text(lambda k: "Linux"),
    b"pid_max": _number(lambda k: PID_MAX),
    b"printk": _number(lambda k: "\t".join(map(str, CONSOLE_LOGLEVELS))),
    b"randomize_va_space": _number(lambda k: 0),
    b"tainted": file(NumberInode, 0o644, _show_tainted, _store_tainted),
    b"version": _text(_version),
}

VM: dict[bytes, ProcEntry] = {
    b"max_map_count": _number(lambda k: MAX_MAP_COUNT),
    b"mmap_min_addr": _number(lambda k: MMAP_MIN_ADDR),
}

DIRECTORIES: dict[bytes, ProcEntry] = {
    b"kernel": directory(lambda k: KERNEL, no_write=EACCES),
    b"vm": directory(lambda k: VM, no_write=EACCES),
}


def sysctl_entries(k: Kernel) -> Mapping[bytes, ProcEntry]:
    """The directories of /proc/sys."""
    return DIRECTORIES
