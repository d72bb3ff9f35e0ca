"""Programs of raw system calls for the oracle: everything about files that has gone wrong somewhere before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kshell.abi.fcntl import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_REMOVEDIR,
    F_DUPFD,
    F_DUPFD_CLOEXEC,
    F_GETFD,
    F_GETFL,
    F_SETFD,
    F_SETFL,
    O_APPEND,
    O_CLOEXEC,
    O_CREAT,
    O_DIRECT,
    O_DIRECTORY,
    O_EXCL,
    O_NOATIME,
    O_NOFOLLOW,
    O_NONBLOCK,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    O_TMPFILE,
    O_TRUNC,
    O_WRONLY,
    SEEK_CUR,
    SEEK_SET,
)

Step = list[Any]

KERNEL = 0xFFFFFFFF81000000
TOP = 0x7FFFFFFFF000
UNMAPPED = ["unmapped"]
NOWHERE = (UNMAPPED, KERNEL, 0, 1, TOP, 1 << 63, 0xDEAD_0000_0000_0000)
COUNTS = (0, 1, 5, -1, 1 << 63, (1 << 63) - 1, 1 << 47, 0x7FFFF000, 0x80000000)
ODD_FDS = (-1, 3, 99, 1023, 1024, -100, 1 << 32, (1 << 32) + 1)
PATHS = (
    *("", "/", "//", ".", "..", "./", "../", "/.", "/..", "f", "f/", "f/.", "f/x", "f/..", "./f", "d", "d/", "d/."),
    *("d//", "d/..", "d/../f", "d/f", "d/none", "none", "none/", "none/x", "none/.", "none/..", "d/none/x", "/nope/x"),
    *("/nope/x/", "x" * 255, "x" * 256, "x" * 256 + "/y", "f/" + "x" * 256, "none/" + "x" * 256, "./" * 2047 + "f"),
    *("./" * 2047 + ".f", "./" * 2048, "/" * 4095, "/dev/null", "/dev/null/", "/dev/null/x", "/dev/zero", "/dev/full"),
)  # fmt: skip
OPEN_FLAGS = (
    *(O_RDONLY, O_WRONLY, O_RDWR, 3, O_CREAT, O_CREAT | O_WRONLY, O_CREAT | O_EXCL, O_TRUNC, O_TRUNC | O_RDWR),
    *(O_APPEND, O_DIRECTORY, O_DIRECTORY | O_RDWR, O_DIRECTORY | O_CREAT, O_NOFOLLOW, O_PATH),
    *(O_PATH | O_CREAT | O_EXCL, O_EXCL, O_PATH | O_DIRECTORY),
    *(O_TMPFILE, O_TMPFILE | O_RDWR, O_TMPFILE | O_WRONLY | O_EXCL, O_TMPFILE & ~O_DIRECTORY),
    *(O_TMPFILE | O_RDWR | O_CREAT, O_CREAT | 3, O_TRUNC | 3, O_NOATIME, O_NONBLOCK, 1 << 31, 1 << 30 | O_RDWR, -1),
)  # fmt: skip


def path(name: str) -> list[Any]:
    """A path as an argument."""
    return ["path", name]


PREPARE: list[Step] = [
    ["openat", AT_FDCWD, path("f"), O_CREAT | O_RDWR, 0o644],
    ["write", 3, ["data", "hello world"], 11],
    ["close", 3],
    ["mkdir", path("d"), 0o755],
    ["openat", AT_FDCWD, path("d/f"), O_CREAT | O_RDWR, 0o600],
    ["close", 3],
]


def bad_reads_and_writes() -> Iterator[list[Step]]:
    """Descriptors, pointers and counts, each odd one with each other."""
    for name in ("read", "write"):
        steps: list[Step] = [*PREPARE, ["pipe2", ["buf", 8], O_NONBLOCK], ["open", path("f"), O_RDONLY, 0]]
        steps += [["open", path("f"), O_WRONLY, 0], ["open", path("d"), O_RDONLY, 0], ["open", path("f"), O_PATH, 0]]
        steps += [["open", path(device), O_RDWR, 0] for device in ("/dev/zero", "/dev/full", "/dev/urandom")]
        for fd in (0, *range(3, 12), *ODD_FDS):
            for pointer in NOWHERE:
                # Linux may well write 2 GiB of nothing to its null device: only ours need not do it for others.
                steps += [[name, fd, pointer, count] for count in COUNTS if count not in (0x7FFFF000, 0x80000000)]
        yield steps
    yield [["open", path("/dev/null"), O_RDWR, 0], *(["write", 3, 4096, count] for count in COUNTS)]


def partial_copies() -> Iterator[list[Step]]:
    """Buffers that end in unmapped memory."""
    for inside in (1, 100, 4095, 4096, 4097, 6000, 8192):
        for count in (inside, inside + 1, inside + 4096, 3 * 4096, 20000):
            edge = ["edge", inside, "abcdefg"]
            empty = ["edge", inside, ""]
            yield [
                ["open", path("f"), O_CREAT | O_RDWR, 0o644],
                ["write", 3, edge, count],
                ["lseek", 3, 0, SEEK_CUR],
                ["write", 3, edge, count],
                ["pwrite64", 3, edge, count, 3],
                ["write", 3, ["data", "z" * 5000], 5000],
                ["lseek", 3, 0, SEEK_SET],
                ["read", 3, empty, count],
                ["read", 3, empty, count],
                ["lseek", 3, 0, SEEK_CUR],
                ["pipe2", ["buf", 8], O_NONBLOCK],
                ["write", 5, ["data", "q" * 10], 10],
                ["write", 5, edge, count],
                ["write", 5, edge, count],
                ["read", 4, empty, count],
                ["read", 4, empty, count],
                ["read", 4, ["buf", 20000], 20000],
                ["open", path("/dev/zero"), O_RDWR, 0],
                ["read", 6, edge, count],
                ["write", 6, edge, count],
                ["open", path("/dev/urandom"), O_RDWR, 0],
                ["write", 7, edge, count],
            ]


def opens() -> Iterator[list[Step]]:
    """Every path with every set of flags, alone in a fresh directory."""
    for flags in OPEN_FLAGS:
        steps = [*PREPARE]
        for name in PATHS:
            steps += [["open", path(name), flags, 0o640], ["fcntl", ["r", len(steps)], F_GETFL, 0]]
            steps += [["fstat", ["r", len(steps) - 2], ["buf", 144]], ["close", 3], ["unlink", path("none")]]
        steps += [["open", pointer, flags, 0] for pointer in NOWHERE]
        yield steps


def paths() -> Iterator[list[Step]]:
    """Every path given to every call that takes one, also from a directory's and a file's descriptor."""
    for name in PATHS:
        where = path(name)
        for steps in (
            [["stat", where, ["buf", 144]], ["lstat", where, ["buf", 144]], ["stat", where, UNMAPPED]],
            [["mkdir", where, 0o777], ["rmdir", where], ["rmdir", where]],
            [["unlink", where], ["unlink", where], ["mkdir", where, 0]],
            [["chdir", where], ["getcwd", ["buf", 200], 200]],
            [["unlinkat", AT_FDCWD, where, AT_REMOVEDIR], ["unlinkat", AT_FDCWD, where, 0]],
        ):
            yield [*PREPARE, *steps]
        yield [
            *PREPARE,
            ["open", path("d"), O_RDONLY, 0],
            ["open", path("f"), O_RDONLY, 0],
            ["open", path("d"), O_PATH, 0],
            *(["openat", fd, where, O_RDONLY, 0] for fd in (3, 4, 5, -1, 1 << 32 | 3, 50)),
            *(["newfstatat", fd, where, ["buf", 144], 0] for fd in (3, 4, 5, -1, 50)),
            *(["newfstatat", fd, where, ["buf", 144], AT_EMPTY_PATH] for fd in (AT_FDCWD, 3, 4, 5, -1, 50)),
            *(["mkdirat", fd, where, 0o700] for fd in (4, -1, 50)),
            *(["unlinkat", fd, where, 0] for fd in (4, -1, 50)),
        ]


def bad_path_pointers() -> Iterator[list[Step]]:
    """Pointers to nothing where a path is wanted, and where a result is to go."""
    steps = [*PREPARE]
    for bad in NOWHERE:
        steps += [["open", bad, 0, 0], ["openat", -1, bad, 0, 0], ["openat", AT_FDCWD, bad, O_CREAT, 0]]
        steps += [["stat", bad, ["buf", 144]], ["stat", path("f"), bad], ["stat", path("none"), bad], ["fstat", 0, bad]]
        steps += [["fstat", 77, bad], ["newfstatat", AT_FDCWD, bad, ["buf", 144], 0], ["newfstatat", 50, bad, bad, 0]]
        steps += [
            ["newfstatat", 50, bad, bad, 0x8000],
            ["mkdir", bad, 0],
            ["unlink", bad],
            ["rmdir", bad],
            ["chdir", bad],
        ]
        steps += [["chdir", bad]] + [["getcwd", bad, size] for size in (0, 1, 4096)]
        steps += [["pipe", bad], ["pipe2", bad, 1], ["pipe2", bad, O_CLOEXEC], ["unlinkat", AT_FDCWD, bad, 1]]
    yield steps
    yield [["open", ["edge", 3, "abc"], 0, 0], ["stat", path("f"), ["edge", 100, ""]], ["pipe", ["edge", 4, ""]]]
    yield [*PREPARE, *(["newfstatat", AT_FDCWD, path("f"), ["buf", 144], 1 << bit] for bit in range(32))]
    yield [*PREPARE, *(["unlinkat", AT_FDCWD, path("none"), 1 << bit] for bit in range(32))]


def descriptors() -> Iterator[list[Step]]:
    """dup, dup2, dup3, close and fcntl with odd numbers."""
    numbers = (0, 1, 3, 5, *ODD_FDS)
    yield [["dup", fd] for fd in numbers] + [["close", fd] for fd in (*numbers, 3, 4, 5)]
    yield [["dup2", old, new] for old in numbers for new in numbers]
    yield [["dup3", old, new, flags] for old in (0, 9, -1) for new in (0, 7, 1024, -1) for flags in (0, O_CLOEXEC, 1)]
    yield [["dup", 0] for _ in range(1024)] + [["dup2", 0, 1023], ["pipe", ["buf", 8]], ["close", 500]] + [
        ["pipe", ["buf", 8]], ["fcntl", 0, F_DUPFD, 501], ["open", path("none"), 0, 0], ["dup", 0],
        ["open", path("none"), 0, 0], ["open", path(""), 0, 0], ["open", 0, 0, 0],
    ]  # fmt: skip
    steps: list[Step] = [["open", path("/dev/null"), O_RDONLY | O_CLOEXEC, 0], ["open", path("."), O_PATH, 0]]
    steps += [["fcntl", fd, F_DUPFD, arg] for fd in (0, 3, 4, 90) for arg in (0, 10, 1023, 1024, -1, 1 << 32)]
    steps += [["fcntl", fd, F_DUPFD_CLOEXEC, 20] for fd in (0, 3, 4, 90)]
    steps += [["fcntl", fd, F_GETFD, 0] for fd in range(24)]
    steps += [["fcntl", fd, F_SETFD, arg] for fd in (0, 3, 4, 90) for arg in (0, 1, 2, 3, -1)]
    steps += [["fcntl", fd, F_GETFD, 0] for fd in range(24)]
    steps += [["fcntl", fd, cmd, 0] for fd in (0, 4, 90) for cmd in (77, -1, 1 << 32 | 1, 500)]
    yield steps
    for kind in ("f", "d", "/dev/null", "/dev/zero"):
        for flags in (O_RDONLY, O_RDWR | O_APPEND, O_PATH):
            steps = [*PREPARE, ["open", path(kind), flags, 0], ["fcntl", 3, F_GETFL, 0]]
            for value in (0, O_NONBLOCK, O_APPEND | O_RDWR, O_CLOEXEC | O_CREAT, O_NOATIME, O_DIRECT, 1 << 30):
                steps += [["fcntl", 3, F_SETFL, value], ["fcntl", 3, F_GETFL, 0], ["dup", 3], ["fcntl", 4, F_GETFL, 0]]
            yield steps


GROUPS = (bad_reads_and_writes, partial_copies, opens, paths, bad_path_pointers, descriptors)
