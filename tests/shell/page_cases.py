"""For each errno that a page lists: what has to be done first, and the call that then answers it."""

from __future__ import annotations

import struct

from kshell.abi.fcntl import (
    AT_FDCWD,
    AT_REMOVEDIR,
    F_DUPFD,
    F_SETFL,
    O_APPEND,
    O_CREAT,
    O_DIRECT,
    O_EXCL,
    O_NOATIME,
    O_NOFOLLOW,
    O_NONBLOCK,
    O_RDWR,
    O_TMPFILE,
    O_WRONLY,
    SEEK_DATA,
)
from kshell.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
)
from kshell.abi.module_flags import MODULE_INIT_COMPRESSED_FILE
from kshell.abi.sigaction import SIGACTION, STACK_T
from kshell.abi.signal import SI_QUEUE, SIGINT
from kshell.abi.st_mode import S_IFCHR, S_IFDIR, S_IFIFO
from kshell.kernel.core.layout import USER_STACK_TOP
from kshell.kernel.entry.exec import SHELL_ACTIONS, Buffer
from tests.kernel.module.images import image

Step = tuple[int | str | bytes | Buffer, ...]
LAST = (1 << 63) - 1  # the largest offset
PA = MAP_PRIVATE | MAP_ANONYMOUS

AS_USER: Step = ("uid=1000",)
ALL_DESCRIPTORS: Step = ("until EMFILE", "dup", 0)
SLEEPING_CHILD: Step = ("a child sleeps",)
ALL_INODES: Step = ("no inode is free",)
DEAD_MODULE: Step = ("a module has died",)
PIPE: Step = ("pipe", Buffer(8))
PIPE_NONBLOCK: Step = ("pipe2", Buffer(8), O_NONBLOCK)
FILL: Step = ("write", 4, Buffer(65536), 65536)
FILE: Step = ("open", b"/tmp/f", O_CREAT | O_RDWR, 0o644)
ZERO: Step = ("open", b"/dev/zero", O_RDWR, 0)
FULL: Step = ("open", b"/dev/full", O_RDWR, 0)
FOLDER: Step = ("open", b"/tmp", 0, 0)
AT_A_GIGABYTE: Step = ("mmap", 1 << 30, 4096, 1, PA | MAP_FIXED, -1, 0)
GONE: tuple[Step, ...] = (("mkdir", b"/tmp/d", 0o755), ("chdir", b"/tmp/d"), ("rmdir", b"/tmp/d"))
LONGEST: tuple[Step, ...] = (FILE, ("pwrite64", 3, b"x", 1, LAST - 1), ("fcntl", 3, F_SETFL, O_APPEND))


def iov(address: int, length: int) -> bytes:
    return address.to_bytes(8, "little") + length.to_bytes(8, "little")


def module(data: bytes, parameters: bytes | int = b"") -> tuple[bytes, int, bytes | int]:
    """What init_module takes."""
    return data, len(data), parameters


def in_a_file(data: bytes) -> tuple[Step, ...]:
    """Such a module in an open file."""
    return FILE, ("write", 3, data, len(data)), ("close", 3), ("open", b"/tmp/f", 0, 0)


# What goes wrong with any path, and how each call is given one.
PATHS: dict[str, tuple[int | bytes, bool]] = {
    "ENOENT": (b"/nope/x", False),
    "ENOTDIR": (b"/etc/hostname/x", False),
    "EACCES": (b"/root/x", True),
    "ELOOP": (b"/home/student/loop/x", False),
    "ENAMETOOLONG": (b"x" * 256, False),
    "EFAULT": (1, False),
}
TAKES_A_PATH: dict[str, tuple[Step, Step]] = {
    "open": ((), (0, 0)),
    "openat": ((AT_FDCWD,), (0, 0)),
    "chdir": ((), ()),
    "mkdir": ((), (0o755,)),
    "mkdirat": ((AT_FDCWD,), (0o755,)),
    "rmdir": ((), ()),
    "unlink": ((), ()),
    "unlinkat": ((AT_FDCWD,), (0,)),
    "stat": ((), (Buffer(144),)),
    "lstat": ((), (Buffer(144),)),
    "newfstatat": ((AT_FDCWD,), (Buffer(144), 0)),
    "access": ((), (0,)),
    "faccessat": ((AT_FDCWD,), (0,)),
    "faccessat2": ((AT_FDCWD,), (0, 0)),
    "readlink": ((), (Buffer(9), 9)),
    "readlinkat": ((AT_FDCWD,), (Buffer(9), 9)),
    "truncate": ((), (0,)),
    "rename": ((), (b"/tmp/n",)),
    "renameat": ((AT_FDCWD,), (AT_FDCWD, b"/tmp/n")),
    "renameat2": ((AT_FDCWD,), (AT_FDCWD, b"/tmp/n", 0)),
    "link": ((), (b"/tmp/n",)),
    "linkat": ((AT_FDCWD,), (AT_FDCWD, b"/tmp/n", 0)),
    "symlink": ((b"x",), ()),
    "symlinkat": ((b"x", AT_FDCWD), ()),
    "mknod": ((), (S_IFIFO, 0)),
    "mknodat": ((AT_FDCWD,), (S_IFIFO, 0)),
    "chmod": ((), (0,)),
    "fchmodat": ((AT_FDCWD,), (0,)),
    "fchmodat2": ((AT_FDCWD,), (0, 0)),
    "chown": ((), (0, 0)),
    "lchown": ((), (0, 0)),
    "fchownat": ((AT_FDCWD,), (0, 0, 0)),
    "utime": ((), (0,)),
    "utimes": ((), (0,)),
    "futimesat": ((AT_FDCWD,), (0,)),
    "utimensat": ((AT_FDCWD,), (0, 0)),
    "statfs": ((), (Buffer(120),)),
}

ME = 77
CATCHES_ALARM: Step = ("rt_sigaction", 14, SIGACTION.pack(*SHELL_ACTIONS[SIGINT]), 0, 8)
OTHER_STACK: Step = ("sigaltstack", STACK_T.pack(USER_STACK_TOP - 0x4000, 0, 0x4000), 0)
QUEUED = struct.pack("<iii", 0, 0, SI_QUEUE).ljust(128, b"\0")

# (errno, what is done before, and the call that answers it)
CASES: list[tuple[str, tuple[Step, ...], Step]] = [
    (errno, (AS_USER,) if user else (), (name, *before, path, *after))
    for name, (before, after) in TAKES_A_PATH.items()
    for errno, (path, user) in PATHS.items()
]
for name, start in (("open", ()), ("openat", (AT_FDCWD,))):
    CASES += [
        ("EISDIR", (), (name, *start, b"/tmp", O_RDWR, 0)),
        ("EEXIST", (), (name, *start, b"/etc/hostname", O_CREAT | O_EXCL, 0)),
        ("EACCES", (AS_USER,), (name, *start, b"/etc/shadow", 0, 0)),
        ("EPERM", (AS_USER,), (name, *start, b"/etc/passwd", O_NOATIME, 0)),
        ("EINVAL", (), (name, *start, b"/dev/null", O_DIRECT, 0)),
        ("ELOOP", (), (name, *start, b"/etc/mtab", O_NOFOLLOW, 0)),
        ("EMFILE", (ALL_DESCRIPTORS,), (name, *start, b"/etc/passwd", 0, 0)),
        ("ENOENT", GONE, (name, *start, b"f", O_CREAT | O_RDWR, 0o644)),
        ("ENOSPC", (ALL_INODES,), (name, *start, b"/tmp/f", O_CREAT, 0o644)),
        ("EOPNOTSUPP", (), (name, *start, b"/sys", O_TMPFILE | O_RDWR, 0)),
    ]
for name, start in (("mkdir", ()), ("mkdirat", (AT_FDCWD,))):
    CASES += [
        ("EEXIST", (), (name, *start, b"/etc", 0)),
        ("EPERM", (), (name, *start, b"/sys/x", 0)),
        ("ENOENT", GONE, (name, *start, b"x", 0o755)),
        ("ENOSPC", (ALL_INODES,), (name, *start, b"/tmp/d", 0)),
    ]
for name, start, end in (("rmdir", (), ()), ("unlinkat", (AT_FDCWD,), (AT_REMOVEDIR,))):
    CASES += [
        ("ENOTEMPTY", (), (name, *start, b"/etc", *end)),
        ("EINVAL", (), (name, *start, b"/tmp/.", *end)),
        ("EBUSY", (), (name, *start, b"/", *end)),
        ("EPERM", (AS_USER,), (name, *start, b"/var/mail/root", *end)),
    ]
for name, start, end in (("unlink", (), ()), ("unlinkat", (AT_FDCWD,), (0,))):
    CASES += [
        ("EISDIR", (), (name, *start, b"/tmp", *end)),
        ("EPERM", (AS_USER,), (name, *start, b"/var/mail/root", *end)),
    ]
CASES += [
    ("EBADF", (), (name, 9, b"x", *after)) for name, (before, after) in TAKES_A_PATH.items() if before == (AT_FDCWD,)
]
for name, data in (("read", Buffer(4)), ("pread64", Buffer(4)), ("write", b"text"), ("pwrite64", b"text")):
    at: Step = (0,) if name.startswith("p") else ()
    CASES += [
        ("EBADF", (), (name, 9, data, 4, *at)),
        ("EFAULT", (FILE, ("write", 3, b"abcd", 4), ("lseek", 3, 0, 0)), (name, 3, 1, 4, *at)),
    ]
for name, vector in (("readv", iov(1, 4)), ("writev", iov(1, 4))):
    CASES += [
        ("EBADF", (), (name, 9, vector, 1)),
        ("EINVAL", (), (name, 0, vector, 1025)),
        ("EINVAL", (), (name, 0, iov(1, -1 & (1 << 64) - 1), 1)),
        ("EINVAL", (FILE, ("lseek", 3, LAST, 0)), (name, 3, vector, 1)),
        ("EFAULT", (ZERO,), (name, 3, 1, 1)),
    ]
READS: list[tuple[str, Step]] = [("read", (Buffer(4), 4)), ("readv", (iov(0x40_2000, 4), 1))]
for name, rest in READS:
    CASES += [
        ("EISDIR", (FOLDER,), (name, 3, *rest)),
        ("EAGAIN", (PIPE_NONBLOCK,), (name, 3, *rest)),
        ("EINTR", (PIPE,), (name, 3, *rest)),
    ]
WRITES: list[tuple[str, Step]] = [("write", (b"text", 4)), ("writev", (iov(0x40_2000, 4), 1))]
for name, rest in WRITES:
    CASES += [
        ("EFBIG", LONGEST, (name, 3, *rest)),
        ("ENOSPC", (FULL,), (name, 3, *rest)),
        ("EPIPE", (PIPE, ("close", 3)), (name, 4, *rest)),
        ("EAGAIN", (PIPE_NONBLOCK, FILL), (name, 4, *rest)),
        ("EINTR", (PIPE, FILL), (name, 4, *rest)),
    ]
CASES += [
    ("EINVAL", (FILE, ("lseek", 3, LAST, 0)), ("read", 3, Buffer(4), 4)),
    ("EINVAL", (FILE, ("lseek", 3, LAST, 0)), ("write", 3, b"text", 4)),
    ("EISDIR", (FOLDER,), ("pread64", 3, Buffer(4), 4, 0)),
    ("EINVAL", (FILE,), ("pread64", 3, Buffer(4), 4, -1)),
    ("ESPIPE", (), ("pread64", 0, Buffer(4), 4, 0)),
    ("EINVAL", (FILE,), ("pwrite64", 3, b"text", 4, LAST)),
    ("ESPIPE", (), ("pwrite64", 0, b"text", 4, 0)),
    ("EFBIG", LONGEST, ("pwrite64", 3, b"text", 4, 0)),
    ("ENOSPC", (FULL,), ("pwrite64", 3, b"text", 4, 0)),
    ("EBADF", (), ("lseek", 9, 0, 0)),
    ("EINVAL", (FILE,), ("lseek", 3, 0, 99)),
    ("ESPIPE", (), ("lseek", 0, 0, 0)),
    ("ENXIO", (FILE,), ("lseek", 3, 0, SEEK_DATA)),
    ("EBADF", (), ("close", 9)),
    ("EBADF", (), ("fstat", 9, Buffer(144))),
    ("EFAULT", (), ("fstat", 0, 1)),
    ("EINVAL", (), ("newfstatat", AT_FDCWD, b"/", Buffer(144), 1)),
    ("EINVAL", (), ("unlinkat", AT_FDCWD, b"/", 1)),
    ("EBADF", (), ("dup", 9)),
    ("EMFILE", (ALL_DESCRIPTORS,), ("dup", 0)),
    ("EBADF", (), ("dup2", 9, 4)),
    ("EBADF", (), ("dup3", 9, 4, 0)),
    ("EINVAL", (), ("dup3", 1, 1, 0)),
    ("EBADF", (), ("fcntl", 9, F_SETFL, 0)),
    ("EINVAL", (), ("fcntl", 0, 99, 0)),
    ("EMFILE", (("fcntl", 0, F_DUPFD, 1023),), ("fcntl", 0, F_DUPFD, 1023)),
    ("EPERM", (AS_USER,), ("fcntl", 0, F_SETFL, O_NOATIME)),
    ("EFAULT", (), ("pipe", 1)),
    ("EMFILE", (ALL_DESCRIPTORS,), ("pipe", Buffer(8))),
    ("EFAULT", (), ("pipe2", 1, 0)),
    ("EMFILE", (ALL_DESCRIPTORS,), ("pipe2", Buffer(8), 0)),
    ("EINVAL", (), ("pipe2", Buffer(8), 1)),
    ("ENOPKG", (), ("pipe2", Buffer(8), O_EXCL)),
    ("ENOENT", GONE, ("getcwd", Buffer(9), 9)),
    ("ERANGE", (), ("getcwd", Buffer(9), 1)),
    ("EFAULT", (), ("getcwd", 1, 9)),
    ("EINVAL", (), ("mmap", 0, 0, 1, PA, -1, 0)),
    ("EBADF", (), ("mmap", 0, 4096, 1, MAP_PRIVATE, 9, 0)),
    ("EACCES", (("open", b"/etc/passwd", O_WRONLY, 0),), ("mmap", 0, 4096, 1, MAP_PRIVATE, 3, 0)),
    ("ENODEV", (), ("mmap", 0, 4096, 1, MAP_PRIVATE, 0, 0)),
    ("EIO", (("open", b"/proc/version", 0, 0),), ("mmap", 0, 4096, 1, MAP_PRIVATE, 3, 0)),
    ("ENOMEM", (), ("mmap", 0, 1 << 47, 1, PA, -1, 0)),
    ("EEXIST", (AT_A_GIGABYTE,), ("mmap", 1 << 30, 4096, 1, PA | MAP_FIXED_NOREPLACE, -1, 0)),
    ("EPERM", (AS_USER,), ("mmap", 4096, 4096, 1, PA | MAP_FIXED, -1, 0)),
    ("EOVERFLOW", (FILE,), ("mmap", 0, 4096, 1, MAP_PRIVATE, 3, 1 << 63)),
    ("EOPNOTSUPP", (FILE,), ("mmap", 0, 4096, 1, MAP_SHARED_VALIDATE | 1 << 24, 3, 0)),
    ("EINVAL", (), ("munmap", 1, 4096)),
    ("EINVAL", (), ("mprotect", 1, 4096, 1)),
    ("ENOMEM", (), ("mprotect", 4096, 4096, 1)),
    ("EACCES", (FILE, ("mmap", 1 << 30, 4096, 1, MAP_SHARED | MAP_FIXED, 3, 0)), ("mprotect", 1 << 30, 4096, 3)),
    ("EFAULT", (), ("uname", 1)),
    ("EFAULT", (), ("sysinfo", 1)),
    ("EFAULT", (), ("time", 1)),
    ("EFAULT", (), ("gettimeofday", 1, 0)),
    ("EFAULT", (), ("clock_gettime", 0, 1)),
    ("EINVAL", (), ("clock_gettime", 99, Buffer(16))),
    ("EFAULT", (), ("clock_getres", 0, 1)),
    ("EINVAL", (), ("clock_getres", 99, Buffer(16))),
    ("EFAULT", (), ("getcpu", 1, 0, 0)),
    ("EFAULT", (), ("nanosleep", 1, 0)),
    ("EINVAL", (), ("nanosleep", iov(0, 10**9), 0)),
    ("EFAULT", (), ("getrandom", 1, 9, 0)),
    ("EINVAL", (), ("getrandom", Buffer(9), 9, 99)),
    ("ENOSYS", (), ("test_call", 1)),
    ("ENXIO", (), ("uprobe", 1)),
    ("ENXIO", (), ("uretprobe",)),
    ("EINTR", (), ("pause",)),
    ("EINVAL", (), ("rt_sigsuspend", bytes(8), 7)),
    ("EFAULT", (), ("rt_sigsuspend", 1, 8)),
    ("EINTR", (), ("rt_sigsuspend", bytes(8), 8)),
    ("EINVAL", (), ("rt_sigtimedwait", bytes(8), 0, 0, 7)),
    ("EFAULT", (), ("rt_sigtimedwait", 1, 0, 0, 8)),
    ("EAGAIN", (), ("rt_sigtimedwait", bytes(8), 0, bytes(16), 8)),
    ("EINTR", (), ("rt_sigtimedwait", bytes(8), 0, 0, 8)),
    ("EINTR", (), ("restart_syscall",)),
    ("EINTR", (CATCHES_ALARM, ("alarm", 1)), ("nanosleep", iov(5, 0), 0)),
    ("EINVAL", (), ("getitimer", 3, Buffer(32))),
    ("EFAULT", (), ("getitimer", 0, 1)),
    ("EINVAL", (), ("setitimer", 3, Buffer(32), 0)),
    ("EFAULT", (), ("setitimer", 0, 1, 0)),
    ("EINVAL", (), ("rt_sigaction", 10, 0, 0, 7)),
    ("EFAULT", (), ("rt_sigaction", 10, 1, 0, 8)),
    ("EINVAL", (), ("rt_sigprocmask", 7, Buffer(8), 0, 8)),
    ("EFAULT", (), ("rt_sigprocmask", 0, 1, 0, 8)),
    ("EINVAL", (), ("rt_sigpending", Buffer(8), 9)),
    ("EFAULT", (), ("rt_sigpending", 1, 8)),
    ("EFAULT", (), ("sigaltstack", 1, 0)),
    ("EINVAL", (), ("sigaltstack", STACK_T.pack(0, 7, 9999), 0)),
    ("ENOMEM", (), ("sigaltstack", STACK_T.pack(0, 0, 9), 0)),
    ("EPERM", (OTHER_STACK,), OTHER_STACK),
    ("ESRCH", (), ("kill", 4242, 0)),
    ("EINVAL", (), ("kill", ME, 65)),
    ("ESRCH", (), ("tkill", 4242, 0)),
    ("EINVAL", (), ("tkill", 0, 0)),
    ("ESRCH", (), ("tgkill", ME, 4242, 0)),
    ("EINVAL", (), ("tgkill", 0, ME, 0)),
    ("EFAULT", (), ("rt_sigqueueinfo", ME, 10, 1)),
    ("E2BIG", (), ("rt_sigqueueinfo", ME, 10, struct.pack("<iii", 0, 0, 100).ljust(127, b"\0") + b"x")),
    ("EPERM", (), ("rt_sigqueueinfo", 4242, 10, Buffer(128))),
    ("ESRCH", (), ("rt_sigqueueinfo", 4242, 10, QUEUED)),
    ("EINVAL", (), ("rt_sigqueueinfo", ME, 65, QUEUED)),
    (
        "EAGAIN",
        (("rt_sigprocmask", 0, b"\xff" * 8, 0, 8), *[("rt_sigqueueinfo", ME, 40, QUEUED)] * 255),
        ("rt_sigqueueinfo", ME, 40, QUEUED),
    ),
]  # fmt: skip

NOT_LOADED: list[tuple[str, tuple[Step, ...], bytes, bytes | int]] = [
    ("ENOEXEC", (), b"\x7fELF".ljust(64), b""),
    ("EFAULT", (), image(), 1),
    ("EEXIST", (("init_module", *module(image())),), image(), b""),
    ("EINTR", (DEAD_MODULE,), image(), b""),
    ("ENOENT", (), image("return -ENOENT"), b""),
    ("EINVAL", (), image(), b"level=x"),
]
for errno, before, data, parameters in NOT_LOADED:
    CASES += [
        (errno, before, ("init_module", *module(data, parameters))),
        (errno, (*before, *in_a_file(data)), ("finit_module", 3, parameters, 0)),
    ]


def huge(size: int) -> tuple[Step, ...]:
    """An open file that is mostly a hole."""
    return FILE, ("pwrite64", 3, b"x", 1, size - 1), ("close", 3), ("open", b"/tmp/f", 0, 0)


HELD = image("return 0 if try_module_get(k, THIS_MODULE) else -1")
CASES += [
    ("EPERM", (AS_USER,), ("init_module", 0, 0, 0)),
    ("ENOEXEC", (), ("init_module", 1, 63, 0)),
    ("EFAULT", (), ("init_module", 1, 64, 0)),
    ("ENOMEM", (), ("init_module", 1, 1 << 40, 0)),
    ("EPERM", (AS_USER,), ("finit_module", 9, 0, -1)),
    ("EINVAL", (), ("finit_module", 9, 0, 8)),
    ("EBADF", (), ("finit_module", 9, 0, 0)),
    ("EINVAL", (), ("finit_module", 0, 0, 0)),
    ("EINVAL", (FILE, ("close", 3), ("open", b"/tmp/f", 0, 0)), ("finit_module", 3, 0, 0)),
    ("ETXTBSY", (FILE,), ("finit_module", 3, 0, 0)),
    ("ENOMEM", huge(1 << 30), ("finit_module", 3, 0, 0)),
    ("EFBIG", huge(1 << 31), ("finit_module", 3, 0, 0)),
    ("EIO", (("init_module", *module(image())), ("open", b"/sys/module/m/refcnt", 0, 0)), ("finit_module", 3, 0, 0)),
    ("EOPNOTSUPP", in_a_file(image()), ("finit_module", 3, b"", MODULE_INIT_COMPRESSED_FILE)),
    ("EPERM", (AS_USER,), ("delete_module", 1, 0)),
    ("EFAULT", (), ("delete_module", 1, 0)),
    ("ENOENT", (), ("delete_module", b"m", 0)),
    ("EAGAIN", (("init_module", *module(HELD)),), ("delete_module", b"m", 0)),
    ("EBUSY", (("init_module", *module(image(exit=None))),), ("delete_module", b"m", 0)),
    ("EBUSY", (DEAD_MODULE,), ("delete_module", b"m", 0)),
]

ALL_TASKS: Step = ("until EAGAIN", "fork")
ALL_FRAMES: Step = ("no frame is free",)
WEXITED = 4
CASES += [
    *[
        (errno, (before,), (name,))
        for name in ("fork", "vfork")
        for errno, before in (("EAGAIN", ALL_TASKS), ("ENOMEM", ALL_FRAMES))
    ],
    ("EINVAL", (), ("wait4", -1, 0, 64, 0)),
    ("ESRCH", (), ("wait4", -(1 << 31), 0, 0, 0)),
    ("ECHILD", (), ("wait4", -1, 0, 0, 0)),
    ("EFAULT", (("fork",),), ("wait4", -1, 1, 0, 0)),
    ("EINTR", (SLEEPING_CHILD,), ("wait4", -1, 0, 0, 0)),
    ("EINVAL", (), ("waitid", 9, 0, 0, WEXITED, 0)),
    ("ECHILD", (), ("waitid", 0, 0, 0, WEXITED, 0)),
    ("EFAULT", (("fork",),), ("waitid", 0, 0, 1, WEXITED, 0)),
    ("EINTR", (SLEEPING_CHILD,), ("waitid", 0, 0, 0, WEXITED, 0)),
]

GIGABYTE = 1 << 30
TWO_PAGES: Step = ("mmap", GIGABYTE, 8192, 3, PA | MAP_FIXED, -1, 0)
PAGE_BEHIND: Step = ("mmap", GIGABYTE + 8192, 4096, 1, PA | MAP_FIXED, -1, 0)
BEHIND_THE_END: Step = ("mmap", GIGABYTE, 4096, 1, MAP_PRIVATE | MAP_FIXED, 3, 0)
CASES += [
    ("EINVAL", (), ("mremap", 1, 4096, 4096, 1, 0)),
    ("EINVAL", (TWO_PAGES,), ("mremap", GIGABYTE, 0, 4096, 1, 0)),
    ("EFAULT", (), ("mremap", GIGABYTE, 4096, 8192, 1, 0)),
    ("ENOMEM", (TWO_PAGES, PAGE_BEHIND), ("mremap", GIGABYTE, 8192, 16384, 0, 0)),
    ("EPERM", (AS_USER, TWO_PAGES), ("mremap", GIGABYTE, 4096, 4096, 3, 4096)),
    ("EINVAL", (), ("madvise", 1, 4096, 4)),
    ("ENOMEM", (), ("madvise", GIGABYTE, 4096, 4)),
    ("EACCES", (FILE, BEHIND_THE_END), ("madvise", GIGABYTE, 4096, 9)),
    ("EFAULT", (FILE, BEHIND_THE_END), ("madvise", GIGABYTE, 4096, 22)),
    ("EINVAL", (), ("mincore", 1, 4096, 0)),
    ("ENOMEM", (), ("mincore", GIGABYTE, 4096, Buffer(8))),
    ("EFAULT", (TWO_PAGES,), ("mincore", GIGABYTE, 4096, 1)),
    ("EINVAL", (), ("getrusage", 2, Buffer(144))),
    ("EFAULT", (), ("getrusage", 0, 1)),
]

FOLDER_GONE: tuple[Step, ...] = (("mkdir", b"/tmp/d", 0o755), ("open", b"/tmp/d", 0, 0), ("rmdir", b"/tmp/d"))
CASES += [
    ("EINVAL", (), ("access", b"/", 8)),
    ("EINVAL", (), ("faccessat", AT_FDCWD, b"/", 8)),
    ("EINVAL", (), ("faccessat2", AT_FDCWD, b"/", 0, 1)),
    ("EINVAL", (), ("readlink", b"/etc", Buffer(9), 9)),
    ("EINVAL", (), ("readlinkat", AT_FDCWD, b"/etc/mtab", Buffer(9), 0)),
    ("EINVAL", (), ("truncate", b"/dev/null", 0)),
    ("EISDIR", (), ("truncate", b"/tmp", 0)),
    ("EBADF", (), ("ftruncate", 9, 0)),
    ("EINVAL", (FILE,), ("ftruncate", 3, -1)),
    ("EBADF", (), ("fchdir", 9)),
    ("ENOTDIR", (), ("fchdir", 0)),
    ("EACCES", (("mkdir", b"/tmp/x", 0o600), ("open", b"/tmp/x", 0, 0), AS_USER), ("fchdir", 3)),
    ("EBADF", (), ("syncfs", 9)),
]
for name in ("fsync", "fdatasync"):
    CASES += [("EBADF", (), (name, 9)), ("EINVAL", (), (name, 0))]
for name in ("getdents", "getdents64"):
    CASES += [
        ("EBADF", (), (name, 9, Buffer(64), 64)),
        ("ENOTDIR", (), (name, 0, Buffer(64), 64)),
        ("ENOENT", FOLDER_GONE, (name, 3, Buffer(64), 64)),
        ("EINVAL", (FOLDER,), (name, 3, Buffer(64), 9)),
        ("EFAULT", (FOLDER,), (name, 3, 1, 64)),
    ]

TWO_FOLDERS: tuple[Step, ...] = (("mkdir", b"/tmp/d", 0o755), ("mkdir", b"/tmp/d/e", 0o755), FILE)
RENAMES: list[tuple[str, Step, Step, Step]] = [
    ("rename", (), (), ()),
    ("renameat", (AT_FDCWD,), (AT_FDCWD,), ()),
    ("renameat2", (AT_FDCWD,), (AT_FDCWD,), (0,)),
]
for name, old, new, last in RENAMES:
    CASES += [
        ("EISDIR", TWO_FOLDERS, (name, *old, b"/tmp/f", *new, b"/tmp/d", *last)),
        ("ENOTEMPTY", TWO_FOLDERS, (name, *old, b"/etc", *new, b"/tmp/d", *last)),
        ("EINVAL", TWO_FOLDERS, (name, *old, b"/tmp/d", *new, b"/tmp/d/e/x", *last)),
        ("EXDEV", (), (name, *old, b"/etc/hostname", *new, b"/dev/x", *last)),
        ("EBUSY", (), (name, *old, b"/tmp/.", *new, b"/tmp/n", *last)),
        ("EPERM", (AS_USER,), (name, *old, b"/var/mail/root", *new, b"/tmp/n", *last)),
    ]
LINKINGS: list[tuple[str, Step, Step, Step]] = [("link", (), (), ()), ("linkat", (AT_FDCWD,), (AT_FDCWD,), (0,))]
for name, old, new, last in LINKINGS:
    CASES += [
        ("EEXIST", (), (name, *old, b"/etc/hostname", *new, b"/etc/passwd", *last)),
        ("EPERM", (), (name, *old, b"/etc", *new, b"/tmp/n", *last)),
        ("EXDEV", (), (name, *old, b"/etc/hostname", *new, b"/dev/x", *last)),
    ]
SYMLINKS: list[tuple[str, Step]] = [("symlink", (b"x",)), ("symlinkat", (b"x", AT_FDCWD))]
for name, begin in SYMLINKS:
    CASES += [
        ("EEXIST", (), (name, *begin, b"/etc")),
        ("EPERM", (), (name, *begin, b"/sys/x")),
        ("ENOSPC", (ALL_INODES,), (name, *begin, b"/tmp/n")),
    ]
for name, start in (("mknod", ()), ("mknodat", (AT_FDCWD,))):
    CASES += [
        ("EPERM", (), (name, *start, b"/tmp/n", S_IFDIR, 0)),
        ("EINVAL", (), (name, *start, b"/tmp/n", 0o170000, 0)),
        ("EEXIST", (), (name, *start, b"/etc", S_IFIFO, 0)),
        ("EPERM", (AS_USER,), (name, *start, b"/tmp/n", S_IFCHR, 0)),
        ("ENOSPC", (ALL_INODES,), (name, *start, b"/tmp/n", S_IFIFO, 0)),
    ]
NOT_YOURS: list[tuple[str, Step, Step]] = [
    ("chmod", (), (0,)),
    ("fchmodat", (AT_FDCWD,), (0,)),
    ("fchmodat2", (AT_FDCWD,), (0, 0)),
    ("chown", (), (0, 0)),
    ("lchown", (), (0, 0)),
    ("fchownat", (AT_FDCWD,), (0, 0, 0)),
    ("utime", (), (bytes(16),)),
    ("utimes", (), (bytes(32),)),
    ("futimesat", (AT_FDCWD,), (bytes(32),)),
    ("utimensat", (AT_FDCWD,), (bytes(32), 0)),
]
for name, begin, rest in NOT_YOURS:
    CASES += [("EPERM", (AS_USER,), (name, *begin, b"/etc/passwd", *rest))]
NO_FRACTION = iov(0, -1 & (1 << 64) - 1) * 2
CASES += [
    ("EINVAL", (), ("renameat2", AT_FDCWD, b"/etc/hostname", AT_FDCWD, b"/tmp/n", 3)),
    ("EEXIST", (), ("renameat2", AT_FDCWD, b"/etc/hostname", AT_FDCWD, b"/etc/passwd", 1)),
    ("EINVAL", (), ("linkat", AT_FDCWD, b"/etc/hostname", AT_FDCWD, b"/tmp/n", 1)),
    ("EBADF", (), ("symlinkat", b"x", 9, b"x")),
    ("EBADF", (), ("fchmod", 9, 0)),
    ("EPERM", (("open", b"/etc/passwd", 0, 0), AS_USER), ("fchmod", 3, 0)),
    ("EINVAL", (), ("fchmodat2", AT_FDCWD, b"/etc", 0, 1)),
    ("EOPNOTSUPP", (), ("fchmodat2", AT_FDCWD, b"/etc/mtab", 0, 0x100)),
    ("EBADF", (), ("fchown", 9, 0, 0)),
    ("EPERM", (("open", b"/etc/passwd", 0, 0), AS_USER), ("fchown", 3, 0, 0)),
    ("EINVAL", (), ("fchownat", AT_FDCWD, b"/etc", 0, 0, 1)),
    ("EINVAL", (), ("utimes", b"/etc", NO_FRACTION)),
    ("EINVAL", (), ("futimesat", AT_FDCWD, b"/etc", NO_FRACTION)),
    ("EINVAL", (), ("utimensat", AT_FDCWD, b"/etc", NO_FRACTION, 0)),
    ("EBADF", (), ("fstatfs", 9, Buffer(120))),
    ("EFAULT", (), ("fstatfs", 0, 1)),
]
for name in ("preadv", "pwritev"):
    CASES += [
        ("EINVAL", (FILE,), (name, 3, iov(1, 4), 1, -1, 0)),
        ("EBADF", (), (name, 9, iov(1, 4), 1, 0, 0)),
        ("ESPIPE", (), (name, 0, iov(1, 4), 1, 0, 0)),
        ("EFAULT", (ZERO,), (name, 3, 1, 1, 0, 0)),
    ]
CASES += [
    ("EISDIR", (FOLDER,), ("preadv", 3, iov(0x40_2000, 4), 1, 0, 0)),
    ("EFBIG", LONGEST, ("pwritev", 3, iov(0x40_2000, 4), 1, 0, 0)),
    ("ENOSPC", (FULL,), ("pwritev", 3, iov(0x40_2000, 4), 1, 0, 0)),
]
