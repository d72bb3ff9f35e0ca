"""What Linux answers where kshell has erred: each row was asked of a Linux itself.

A row is what is done, and the result of its last step; a result with a name can be used by later steps (`r3` is that of
the fourth).  ZONE is a page that may be read and written.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from kshell.abi.errno import errno_name
from kshell.abi.fcntl import (
    __O_SYNC,
    AT_EMPTY_PATH,
    F_GETFL,
    F_SETFL,
    FASYNC,
    O_CREAT,
    O_DIRECT,
    O_DSYNC,
    O_EXCL,
    O_LARGEFILE,
    O_NOFOLLOW,
    O_RDWR,
    O_TMPFILE,
    O_TRUNC,
    O_WRONLY,
)
from kshell.abi.mman import (
    MAP_32BIT,
    MAP_ABOVE4G,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_HUGE_1GB,
    MAP_NORESERVE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
)
from kshell.abi.structs import unpack_stat
from kshell.api import Machine, boot

RW, PA, PAF = PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
PAGE, TOP, U64 = 4096, 0x7FFFFFFFF000, (1 << 64) - 1
ZONE = 0x20000000
MOST = 0x7FFFF000  # bytes of one transfer
OLD, NEW = "4.19", "6.19"
Step = tuple[object, ...]


def iov(*segments: int) -> bytes:
    """An array of struct iovec: address, length, address, length, ..."""
    return struct.pack(f"<{len(segments)}Q", *(each & U64 for each in segments))


def opened(path: bytes, flags: int = 0) -> Step:
    return "open", path, flags, 0o644


FULL, FOLDER, FILE = opened(b"/dev/full", O_RDWR), opened(b"/tmp"), opened(b"/tmp/f", O_CREAT | O_RDWR)
READ_ONLY, VERSION, MAPS = opened(b"/etc/passwd"), opened(b"/proc/version"), opened(b"/proc/self/maps")
PIPE: Step = ("pipe", bytearray(8))
NEGATIVE, KERNEL = -1, 0xFFFFFFFF81000000

# (kernels, uid, steps, what the last answers: a number, or an errno's name)
CASES: list[tuple[str, int, list[Step], int | str]] = [
    # No bytes at all: the file is not asked.
    ("both", 0, [FOLDER, ("readv", 3, iov(), 0)], 0),
    ("both", 0, [FOLDER, ("readv", 3, iov(ZONE, 0), 1)], 0),
    ("both", 0, [FULL, ("writev", 3, iov(), 0)], 0),
    ("both", 0, [FULL, ("writev", 3, iov(ZONE, 1), 1)], "ENOSPC"),
    ("both", 0, [FOLDER, ("readv", 3, iov(ZONE, 1), 1)], "EISDIR"),
    # One segment is cut before its end is looked at, several are not; old kernels cut nothing.
    (NEW, 0, [opened(b"/dev/null", O_RDWR), ("writev", 3, iov(ZONE, (1 << 63) - 1), 1)], MOST),
    (OLD, 0, [opened(b"/dev/null", O_RDWR), ("writev", 3, iov(ZONE, (1 << 63) - 1), 1)], "EFAULT"),
    ("both", 0, [opened(b"/dev/null", O_RDWR), ("writev", 3, iov(ZONE, 1, ZONE, (1 << 63) - 1), 2)], "EFAULT"),
    ("both", 0, [opened(b"/dev/null", O_RDWR), ("writev", 3, iov(ZONE, MOST, ZONE, MOST), 2)], MOST),
    # A bad direction against a bad array, and a bad length against a bad address.
    (NEW, 0, [READ_ONLY, ("writev", 3, 1, 1)], "EBADF"),
    (OLD, 0, [READ_ONLY, ("writev", 3, 1, 1)], "EFAULT"),
    (NEW, 0, [READ_ONLY, ("writev", 3, iov(), 1025)], "EBADF"),
    (OLD, 0, [READ_ONLY, ("writev", 3, iov(), 1025)], "EINVAL"),
    ("both", 0, [READ_ONLY, ("writev", 3, iov(), 0)], "EBADF"),
    (NEW, 0, [READ_ONLY, ("readv", 3, iov(KERNEL, 1, ZONE, NEGATIVE), 2)], "EINVAL"),
    (OLD, 0, [READ_ONLY, ("readv", 3, iov(KERNEL, 1, ZONE, NEGATIVE), 2)], "EFAULT"),
    (NEW, 0, [READ_ONLY, ("write", 3, ZONE, 1), ("readv", 3, TOP - 16, 2)], "EFAULT"),
    # Positions of what is made when it is read.
    ("both", 0, [opened(b"/proc/version", O_RDWR), ("pwrite64", 3, ZONE, 1, 0)], "ESPIPE"),
    ("both", 0, [opened(b"/proc/version", O_RDWR), ("write", 3, ZONE, 1)], "EIO"),
    ("both", 0, [opened(b"/proc/sys/kernel/kptr_restrict", O_RDWR), ("pwrite64", 3, b"0\n", 2, 1)], 2),
    # What cannot be written at all says so before it looks at the bytes.
    ("both", 0, [opened(b"/proc/self/cmdline", O_WRONLY), ("pwrite64", 3, -1, 1, 0)], "EINVAL"),
    ("both", 0, [opened(b"/proc/self/maps", O_WRONLY), ("write", 3, -1, 1)], "EINVAL"),
    ("both", 0, [opened(b"/proc/version", O_RDWR), ("write", 3, -1, 1)], "EFAULT"),
    ("both", 0, [opened(b"/proc/self/comm", O_RDWR), ("write", 3, ZONE + PAGE - 14, 5000)], "EFAULT"),
    ("both", 0, [opened(b"/proc/self/comm", O_RDWR), ("write", 3, ZONE + PAGE - 15, 5000)], 5000),
    ("both", 0, [opened(b"/proc/self/comm", O_RDWR), ("write", 3, ZONE, 9), ("lseek", 3, 0, 1)], 0),
    ("both", 1000, [opened(b"/proc/sys/kernel/ostype", O_WRONLY | O_DIRECT)], "EACCES"),
    ("both", 0, [opened(b"/proc/sys/kernel/ostype", O_WRONLY | O_DIRECT)], "EACCES"),
    ("both", 0, [VERSION, ("mmap", 0, PAGE, PROT_READ, MAP_PRIVATE, 3, (1 << 63) - PAGE)], "EOVERFLOW"),
    ("both", 0, [opened(b"/proc/sys/kernel/ostype", 3)], "EACCES"),
    # Mappings.
    ("both", 0, [VERSION, ("mmap", 0, PAGE, PROT_READ, MAP_PRIVATE, 3, 0)], "EIO"),
    ("both", 0, [VERSION, ("mmap", 0, PAGE, PROT_EXEC, MAP_PRIVATE, 3, 0)], "EPERM"),
    ("both", 0, [VERSION, ("mmap", 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, 3, 0)], "EINVAL"),
    ("both", 0, [MAPS, ("mmap", 0, PAGE, PROT_READ, MAP_PRIVATE, 3, 0)], "ENODEV"),
    ("both", 0, [MAPS, ("mmap", 0, PAGE, PROT_EXEC, MAP_SHARED, 3, 0)], "EPERM"),
    (NEW, 0, [PIPE, ("mmap", 0, PAGE, PROT_EXEC, MAP_PRIVATE, 3, 0)], "EPERM"),
    (OLD, 0, [PIPE, ("mmap", 0, PAGE, PROT_EXEC, MAP_PRIVATE, 3, 0)], "ENODEV"),
    ("both", 0, [opened(b"/dev/zero"), ("mmap", 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, 3, 0)], "EINVAL"),
    (NEW, 0, [MAPS, ("mmap", 0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_ABOVE4G, 3, 0)], "ENODEV"),
    (OLD, 0, [MAPS, ("mmap", 0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_ABOVE4G, 3, 0)], "EOPNOTSUPP"),
    (NEW, 0, [MAPS, ("mmap", 0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | MAP_HUGE_1GB, 3, 0)], "ENODEV"),
    ("both", 0, [MAPS, ("mmap", 0, PAGE, PROT_READ, MAP_SHARED_VALIDATE | 1 << 24, 3, 0)], "EOPNOTSUPP"),
    ("both", 0, [("mmap", 0x7FFFF000, 2 * PAGE, RW, PA | MAP_32BIT, -1, 0)], 0x40000000),
    ("both", 0, [("mmap", 0x7FFFE000, 2 * PAGE, RW, PA | MAP_32BIT, -1, 0)], 0x7FFFE000),
    ("both", 0, [("mmap", 1 << 40, PAGE, RW, PA | MAP_32BIT, -1, 0)], 0x40000000),
    ("both", 0, [("mmap", 0x50000000, 1 << 40, RW, PA | MAP_32BIT | MAP_NORESERVE, -1, 0)], "ENOMEM"),
    ("both", 0, [("mmap", 0, 1 << 40, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0)], "ENOMEM"),
    ("both", 0, [("mmap", 1 << 40, 1 << 40, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)], 1 << 40),
    ("both", 0, [("mmap", -1, PAGE, RW, PAF, -1, 0)], "EPERM"),
    ("both", 0, [("mmap", -(1 << 12), PAGE, RW, PAF, -1, 0)], "ENOMEM"),
    ("both", 0, [("mprotect", -PAGE, 2 * PAGE, PROT_READ)], "ENOMEM"),
    ("both", 0, [("mprotect", -PAGE, PAGE, PROT_READ)], "ENOMEM"),
    ("both", 0, [("mprotect", -PAGE, PAGE, 1 << 32)], "ENOMEM"),
    ("both", 0, [("mprotect", -2 * PAGE, PAGE, 1 << 32)], "EINVAL"),
    # Flags of open files.
    ("both", 0, [PIPE, ("fcntl", 3, F_SETFL, FASYNC), ("fcntl", 3, F_GETFL, 0)], FASYNC),
    ("both", 0, [PIPE, ("fcntl", 3, F_SETFL, FASYNC), ("fcntl", 3, F_SETFL, 0), ("fcntl", 3, F_GETFL, 0)], 0),
    ("both", 0, [FILE, ("fcntl", 3, F_SETFL, FASYNC), ("fcntl", 3, F_GETFL, 0)], O_LARGEFILE | O_RDWR),
    ("both", 0, [opened(b"/etc/passwd", __O_SYNC), ("fcntl", 3, F_GETFL, 0)], __O_SYNC | O_DSYNC | O_LARGEFILE),
    ("both", 0, [VERSION, ("fcntl", 3, F_SETFL, -1)], "EINVAL"),
    ("both", 0, [opened(b"/home/student/loop", O_TMPFILE | O_RDWR | O_NOFOLLOW)], "ENOTDIR"),
    ("both", 0, [opened(b"/home/student/loop", O_TMPFILE | O_RDWR)], "ELOOP"),
    ("both", 0, [opened(b"/proc/self", O_TMPFILE | O_RDWR)], "EPERM"),
    ("both", 0, [opened(b"/proc", O_TMPFILE | O_RDWR)], "EOPNOTSUPP"),
    ("both", 1000, [("rmdir", b"/proc/self/fd")], "EPERM"),
    ("both", 1000, [("rmdir", b"/proc/sys")], "EACCES"),
    ("both", 0, [("rmdir", b"/proc/sys")], "EPERM"),
    ("both", 0, [("rmdir", b"/proc/sys/kernel")], "EACCES"),
    ("both", 0, [("unlink", b"/proc/sys/kernel/ostype")], "EACCES"),
    ("both", 0, [opened(b"/proc/sys", O_TMPFILE | O_RDWR)], "EACCES"),
    (NEW, 0, [("pipe2", 0, O_EXCL)], "ENOPKG"),
    (OLD, 0, [("pipe2", 0, O_EXCL)], "EINVAL"),
    # The rest.
    (NEW, 0, [("getrandom", -1, 0, 0)], "EFAULT"),
    (OLD, 0, [("getrandom", -1, 0, 0)], 0),
    ("both", 0, [("getrandom", TOP, 0, 0)], 0),
    (NEW, 0, [("newfstatat", 0, b"", ZONE, AT_EMPTY_PATH | 4)], 0),
    (NEW, 0, [("newfstatat", 0, 0, ZONE, AT_EMPTY_PATH)], 0),
    (NEW, 0, [("newfstatat", -100, 0, ZONE, AT_EMPTY_PATH)], 0),
    (NEW, 0, [("newfstatat", -1, 0, ZONE, AT_EMPTY_PATH)], "EBADF"),
    (NEW, 0, [("newfstatat", 0, b"x", ZONE, AT_EMPTY_PATH | 4)], "EINVAL"),
    (OLD, 0, [("newfstatat", 0, b"", ZONE, AT_EMPTY_PATH | 4)], "EINVAL"),
    (OLD, 0, [("newfstatat", 0, 0, ZONE, AT_EMPTY_PATH)], "EFAULT"),
]  # fmt: skip


def machine(kernel: str, uid: int) -> Machine:
    made = boot(kernel, f"uid={uid}" if uid else "")
    assert made.syscall("mmap", ZONE, PAGE, RW, PAF, -1, 0) == ZONE
    return made


@pytest.mark.parametrize("kernel", [OLD, NEW])
def test_a_call_answers_as_linux_does(kernel: str) -> None:
    wrong = []
    for kernels, uid, steps, wanted in CASES:
        if kernels not in ("both", kernel):
            continue
        made, got = machine(kernel, uid), 0
        for name, *args in steps:
            got = made.syscall(str(name), *args) or 0  # type: ignore[arg-type]
        answer: int | str = errno_name(-got) if got < 0 else got
        if answer != wanted:
            wrong.append((steps, answer, wanted))
    assert not wrong


def mode_after(kernel: str, uid: int, mode: int, change: Callable[[Machine, int], object]) -> int:
    made, room = machine(kernel, uid), bytearray(144)
    made.syscall("open", b"/tmp/s", O_CREAT | O_RDWR, mode)
    change(made, 3)
    made.syscall("stat", b"/tmp/s", room)
    return unpack_stat(bytes(room))["st_mode"] & 0o7777


@pytest.mark.parametrize(
    ("uid", "mode", "after"),
    [(1000, 0o6755, 0o755), (1000, 0o2644, 0o2644), (1000, 0o4600, 0o600), (0, 0o6755, 0o6755)],
)
@pytest.mark.parametrize("size", [0, 1])
def test_a_write_takes_the_set_id_bits_away(uid: int, mode: int, after: int, size: int) -> None:
    def write(made: Machine, fd: int) -> None:
        made.syscall("write", fd, ZONE, size)

    assert mode_after(NEW, uid, mode, write) == (after if size else mode)


@pytest.mark.parametrize("uid", [0, 1000])
def test_so_does_making_a_file_empty(uid: int) -> None:
    def empty(made: Machine, fd: int) -> None:
        made.syscall("open", b"/tmp/s", O_WRONLY | O_TRUNC, 0)

    assert mode_after(OLD, uid, 0o6755, empty) == (0o755 if uid else 0o6755)


@pytest.mark.parametrize(
    ("path", "field", "wanted"),
    [
        (b"/proc/version", "st_blksize", 1024),
        (b"/proc/self/fd", "st_blksize", 1024),
        (b"/sys", "st_blksize", 4096),
        (b"/tmp", "st_blksize", 4096),
        (b"/var/mail/root", "st_blocks", 0),
        (b"/etc/hostname", "st_blocks", 8),
    ],
)
def test_stat_counts_as_linux_does(path: bytes, field: str, wanted: int) -> None:
    room = bytearray(144)
    assert boot().syscall("stat", path, room) == 0
    assert unpack_stat(bytes(room))[field] == wanted


@pytest.mark.parametrize(("kernel", "size"), [(OLD, 0), (NEW, 4)])
def test_the_size_of_proc_self_fd_counts_descriptors_since_6_2(kernel: str, size: int) -> None:
    made, room = machine(kernel, 0), bytearray(144)
    made.syscall("dup", 0)
    made.syscall("stat", b"/proc/self/fd", room)
    assert unpack_stat(bytes(room))["st_size"] == size


def test_the_gap_below_a_mapping_that_grows_down_is_kept_from_its_neighbour_alone() -> None:
    """Where it would have fitted but for the gap, it goes below that; where it would not have, the gap says nothing."""
    made = machine(NEW, 0)
    top = made.syscall("mmap", 0, PAGE, RW, PA, -1, 0) or 0
    grows, other = top - PAGE, top - 3 * PAGE
    assert made.syscall("mmap", grows, PAGE, RW, PAF | MAP_GROWSDOWN, -1, 0) == grows
    assert made.syscall("mmap", other, PAGE, RW, PAF, -1, 0) == other
    assert made.syscall("mmap", 0, 2 * PAGE, RW, PA, -1, 0) == other - 2 * PAGE
    assert made.syscall("mmap", 0, PAGE, RW, PA, -1, 0) == grows - (256 + 1) * PAGE
