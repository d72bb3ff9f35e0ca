"""Runs lists of raw system calls on the Linux underneath, to say what a kernel should answer.

Run as a program it reads programs as JSON from stdin and prints their results.  A program is a list of
steps `[name, arg, ...]`; an argument is a number, or a list that says what memory to place and point to:

    ["path", text]        a string with its NUL          ["data", text]   bytes
    ["buf", n]            n writable bytes               ["edge", n, text]  n bytes, and unmapped memory behind
    ["unmapped"]          an address with nothing there  ["r", i]         the result of step i
    ["iov", arg, n, ...]  an array of struct iovec

Each program runs in a process of its own, whose root is a fresh tmpfs in a mount namespace of its own:
whatever it removes or makes, the machine underneath does not notice.  That takes root.

A result is `[value, [bytes of each buffer afterwards, in hex]]`.  One step is no call:
`["as_user"]` gives up root.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

Step = list[Any]
Result = tuple[int, list[str]]

NUMBERS = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "lseek": 8, "pread64": 17,
    "pwrite64": 18, "readv": 19, "writev": 20, "pipe": 22, "dup": 32, "dup2": 33, "fcntl": 72, "getcwd": 79,
    "chdir": 80, "mkdir": 83, "rmdir": 84, "unlink": 87, "openat": 257, "mkdirat": 258, "newfstatat": 262,
    "unlinkat": 263, "dup3": 292, "pipe2": 293,
    "access": 21, "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77, "getdents": 78, "fchdir": 81,
    "readlink": 89, "umask": 95, "sync": 162, "getdents64": 217, "readlinkat": 267, "faccessat": 269, "syncfs": 306,
    "faccessat2": 439, "rename": 82, "link": 86, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93,
    "lchown": 94, "utime": 132, "mknod": 133, "statfs": 137, "fstatfs": 138, "utimes": 235, "mknodat": 259,
    "fchownat": 260, "futimesat": 261, "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268,
    "utimensat": 280, "preadv": 295, "pwritev": 296, "renameat2": 316, "fchmodat2": 452,
}  # fmt: skip
PAGE = 4096
AREA = 64 * PAGE
REPORT_FD = 1500
BASE = "/base/here"  # the directory that every program starts in


class Memory:
    """Places arguments in memory: `base` has AREA bytes, and nothing behind them."""

    def __init__(self, base: int, poke: Callable[[int, bytes], None], peek: Callable[[int, int], bytes]) -> None:
        self.base, self.poke, self.peek = base, poke, peek
        self.next = base
        self.buffers: list[tuple[int, int]] = []

    def start_call(self) -> None:
        self.next, self.buffers = self.base, []

    def place(self, data: bytes) -> int:
        address = self.next
        self.next += (len(data) + 15) & ~15
        assert self.next <= self.base + AREA - 2 * PAGE, "the area is too small for these arguments"
        self.poke(address, data)
        return address

    def resolve(self, arg: Any, results: list[Result]) -> int:
        """The number that goes into the register."""
        if isinstance(arg, int):
            return arg
        kind: str = arg[0]
        if kind == "path":
            return self.place(arg[1].encode("latin-1") + b"\0")
        if kind == "data":
            return self.place(arg[1].encode("latin-1"))
        if kind == "unmapped":
            return self.base + AREA + 2 * PAGE
        if kind == "r":
            return results[int(arg[1])][0]
        if kind == "iov":
            words = [self.resolve(word, results) for word in arg[1:]]
            return self.place(struct.pack(f"<{len(words)}Q", *(word & (1 << 64) - 1 for word in words)))
        if kind == "edge":
            address = self.base + AREA - int(arg[1])
            self.poke(address, (arg[2].encode("latin-1") * arg[1])[: arg[1]] if arg[2] else bytes(arg[1]))
        else:
            address = self.place(bytes(arg[1]))
        self.buffers.append((address, arg[1]))
        return address

    def after(self) -> list[str]:
        return [self.peek(address, length).hex() for address, length in self.buffers]


def run_steps(memory: Memory, call: Callable[[str, list[int]], int], steps: list[Step]) -> list[Result]:
    """Run a program with `call`, whichever kernel that reaches."""
    results: list[Result] = []
    for name, *args in steps:
        memory.start_call()
        registers = [memory.resolve(arg, results) for arg in args]
        results.append((call(name, registers), memory.after()))
    return results


def native_memory(libc: ctypes.CDLL) -> Memory:
    def poke(address: int, data: bytes) -> None:
        ctypes.memmove(address, data, len(data))

    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    base = libc.mmap(None, AREA + 8 * PAGE, 3, 0x22, -1, 0)
    libc.munmap(base + AREA, 8 * PAGE)
    return Memory(base, poke, ctypes.string_at)


def native_call(libc: ctypes.CDLL, name: str, registers: list[int]) -> int:
    if name == "as_user":
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
        return 0
    ctypes.set_errno(0)
    value = int(libc.syscall(ctypes.c_long(NUMBERS[name]), *map(ctypes.c_long, registers)))
    return -ctypes.get_errno() if value == -1 else value


def own_root(libc: ctypes.CDLL, directory: str) -> None:
    """Make an empty tmpfs, as small a tree as kshell's, the root of this process alone."""
    clone_newns, ms_rec, ms_private = 0x20000, 0x4000, 1 << 18
    steps: list[Callable[[], int]] = [
        lambda: libc.unshare(clone_newns),
        lambda: libc.mount(b"none", b"/", None, ctypes.c_ulong(ms_rec | ms_private), None),
        lambda: libc.mount(b"tmpfs", directory.encode(), b"tmpfs", ctypes.c_ulong(0), b"mode=755,size=64m"),
    ]
    for step in steps:
        if step():
            raise OSError(ctypes.get_errno(), "cannot make a root directory")
    os.umask(0)
    os.chroot(directory)
    os.chdir("/")
    for name, mode in (
        ("dev", 0o755),
        ("etc", 0o755),
        ("home", 0o755),
        ("proc", 0o555),
        ("root", 0o700),
        ("sys", 0o555),
        ("var", 0o755),
    ):
        os.mkdir(name, mode)
    os.mkdir("tmp", 0o1777)
    for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
        os.mknod(f"dev/{name}", 0o020666, os.makedev(1, minor))
    os.makedirs(BASE)
    os.chdir(BASE)
    os.umask(0o022)


def child(directory: str, steps: list[Step]) -> None:
    """Run one program in this (forked) process and report it; never returns."""
    import resource

    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    own_root(libc, directory)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    os.closerange(3, REPORT_FD)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    results = run_steps(native_memory(libc), lambda name, regs: native_call(libc, name, regs), steps)
    report = memoryview(json.dumps(results).encode())
    while report:
        report = report[os.write(REPORT_FD, report) :]
    os._exit(0)


def run_native(directory: str, steps: list[Step]) -> list[Result]:
    """The results of one program in a process of its own."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(theirs, REPORT_FD)
        os.set_inheritable(REPORT_FD, False)
        try:
            child(directory, steps)
        except BaseException as problem:
            os.write(REPORT_FD, json.dumps([[f"{type(problem).__name__}: {problem}", []]]).encode())
        os._exit(1)
    os.close(theirs)
    with os.fdopen(ours, "rb") as report:
        text = report.read()
    os.waitpid(pid, 0)
    return [(value, out) for value, out in json.loads(text)]


if __name__ == "__main__":
    request = json.load(sys.stdin)
    json.dump([run_native(sys.argv[1], steps) for steps in request], sys.stdout)
