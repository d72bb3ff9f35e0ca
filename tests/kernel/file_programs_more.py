"""Programs of raw system calls for the oracle: the calls of kernel/files."""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.fcntl import (
    AT_FDCWD,
    O_APPEND,
    O_CREAT,
    O_DIRECTORY,
    O_NOFOLLOW,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    O_TRUNC,
    O_WRONLY,
    SEEK_CUR,
    SEEK_SET,
)
from tests.kernel.file_programs import NOWHERE, ODD_FDS, PATHS, PREPARE, Step, path

LINKS: list[Step] = [
    ["symlink", path("f"), path("l")],
    ["symlink", path("d"), path("ld")],
    ["symlink", path("nowhere"), path("dangling")],
    ["symlink", path("loop"), path("loop")],
    ["symlink", path("/base/here/d/f"), path("absolute")],
]
AS_ROOT_AND_AS_USER: tuple[list[Step], list[Step]] = ([], [["as_user"]])
LINKED = (*PATHS, "l", "l/", "ld", "ld/", "ld/f", "dangling", "dangling/", "loop", "loop/x", "absolute")


def accesses() -> Iterator[list[Step]]:
    """Every path, every mode and some flags, as root and as somebody else."""
    start = [*PREPARE, *LINKS, ["open", path("d/f"), O_CREAT | O_TRUNC, 0o640], ["open", path("d"), O_RDONLY, 0]]
    start += [["open", path("secret"), O_CREAT, 0o700], ["open", path("f"), O_PATH, 0]]
    for user in AS_ROOT_AND_AS_USER:
        yield [*start, *user, *(["access", path(name), mode] for name in LINKED for mode in (0, 1, 2, 4, 7))]
        yield [*start, *user, *(["access", path("d/f"), mode] for mode in (*range(9), -1, 1 << 31, 1 << 32, 0o777))]
        steps = [*start, *user]
        for flags in (0, 0x100, 0x200, 0x1000, 0x1300, 0x400, -1, 1 << 32):
            for name in ("f", "l", "dangling", "", "secret", "/dev/null"):
                steps += [["faccessat2", fd, path(name), 4, flags] for fd in (AT_FDCWD, 3, 4, 5, 6, 99, -1)]
                steps += [["faccessat2", AT_FDCWD, path(name), 8, flags], ["faccessat", 4, path(name), 1]]
        yield steps
    asked: list[Step] = [["access", bad, mode] for bad in NOWHERE for mode in (0, 8)]
    yield [*PREPARE, *asked]


def readlinks() -> Iterator[list[Step]]:
    """Links and what is none, with much room, little, and none."""
    start = [*PREPARE, *LINKS, ["open", path("l"), O_PATH | O_NOFOLLOW, 0], ["open", path("d"), O_RDONLY, 0]]
    yield [*start, *(["readlink", path(name), ["buf", 40], 40] for name in LINKED)]
    steps = [*start]
    for size in (0, -1, 1, 3, 39, 1 << 31, 1 << 32, (1 << 32) + 2):
        steps += [["readlink", path("absolute"), ["buf", 40], size], ["readlink", path(""), ["buf", 40], size]]
        steps += [["readlinkat", fd, path(""), ["buf", 40], size] for fd in (AT_FDCWD, 0, 3, 4, *ODD_FDS)]
        steps += [["readlinkat", fd, path("f"), ["buf", 40], size] for fd in (3, 4, 99)]
    yield steps
    yield [*start, *(["readlink", bad, ["buf", 9], 9] for bad in NOWHERE)]
    yield [*start, *(["readlink", path("l"), bad, size] for bad in NOWHERE for size in (0, 9))]
    yield [*start, *(["readlink", path("absolute"), ["edge", inside, ""], 40] for inside in (1, 5, 14))]


def directories() -> Iterator[list[Step]]:
    """The names of a directory, in pieces, from odd positions, while names come and go."""
    names = ("a", "bb", "ccc", "a name that is longer than a word", "x" * 255)
    made: list[Step] = [["open", path(name), O_CREAT, 0o600] for name in names]
    made = [*made, ["mkdir", path("dir"), 0o700], *LINKS, ["unlink", path("bb")], ["open", path("."), O_RDONLY, 0]]
    for call in ("getdents", "getdents64"):
        for size in (4096, 10, 23, 24, 40, 48, 64, 100, 300):
            piece: list[Step] = [[call, 8, ["buf", 4096], size], ["lseek", 8, 0, SEEK_CUR]]
            yield [*made, *piece * 12]
        steps = [*made]
        for at in (0, 1, 2, 3, 4, 5, 8, 12, 13, 99, 0x7FFF_FFFE, 0x7FFF_FFFF, 1 << 40, -1):
            steps += [["lseek", 8, at, SEEK_SET], [call, 8, ["buf", 4096], 4096], ["lseek", 8, 0, SEEK_CUR]]
        yield steps
        steps = [*made, [call, 8, ["buf", 4096], 100], ["open", path("new"), O_CREAT, 0], ["unlink", path("a")]]
        yield [*steps, [call, 8, ["buf", 4096], 100], ["unlink", path("l")], [call, 8, ["buf", 4096], 4096]]
        yield [*made, *([call, 8, bad, size] for bad in NOWHERE for size in (0, 24, 4096))]
        yield [*made, *([call, 8, ["edge", inside, ""], 4096] for inside in (1, 20, 24, 30, 48, 60, 100))]
        yield [*made, *([call, fd, ["buf", 99], 99] for fd in (0, 3, *ODD_FDS))]
        yield [["mkdir", path("gone"), 0o700], ["open", path("gone"), O_RDONLY, 0], [call, 3, ["buf", 99], 99]]
        yield [
            ["mkdir", path("gone"), 0o700], ["open", path("gone"), O_RDONLY, 0], ["rmdir", path("gone")],
            [call, 3, ["buf", 99], 99], ["open", path("/"), O_PATH, 0], [call, 4, ["buf", 99], 99],
        ]  # fmt: skip


def truncates() -> Iterator[list[Step]]:
    """Sizes of files, larger and smaller, by path and by descriptor."""
    look: list[Step] = [["stat", path("f"), ["buf", 144]], ["pread64", 3, ["buf", 9000], 9000, 0]]
    for size in (0, 1, 5, 11, 12, 4095, 4096, 4097, 8191, 12288, 1 << 40, (1 << 63) - 1, 1 << 63, -1):
        start = [*PREPARE, ["open", path("f"), O_RDWR, 0], ["pwrite64", 3, ["data", "y" * 8100], 8100, 0]]
        grow: list[Step] = [["truncate", path("f"), 8200], *look, ["ftruncate", 3, 9000], *look]
        yield [*start, ["truncate", path("f"), size], *look, *grow]
        yield [*start, ["ftruncate", 3, size], *look, *grow]
    for user in AS_ROOT_AND_AS_USER:
        start = [*PREPARE, *LINKS, ["open", path("own"), O_CREAT, 0o444], *user]
        yield [*start, *(["truncate", path(name), size] for name in (*LINKED, "own") for size in (3, -3))]
    steps = [*PREPARE, ["pipe", ["buf", 8]]]
    steps += [["open", path("f"), flags, 0] for flags in (O_RDONLY, O_WRONLY, O_PATH, O_RDWR | O_APPEND, 3)]
    steps += [["open", path("d"), O_DIRECTORY, 0], ["open", path("/dev/null"), O_RDWR, 0]]
    yield [*steps, *(["ftruncate", fd, size] for fd in (*range(12), *ODD_FDS) for size in (3, -1, 1 << 40))]
    yield [["truncate", bad, size] for bad in NOWHERE for size in (3, -1)]


def directories_to_stand_in() -> Iterator[list[Step]]:
    """fchdir, umask, and the calls that wait for a disk."""
    steps = [*PREPARE, ["pipe", ["buf", 8]], ["open", path("d"), O_RDONLY, 0], ["open", path("d"), O_PATH, 0]]
    steps += [
        ["open", path("f"), O_RDONLY, 0],
        ["open", path("/dev/zero"), O_RDONLY, 0],
        ["open", path("f"), O_PATH, 0],
    ]
    numbers = (*range(10), *ODD_FDS)
    yield [*steps, *(step for fd in numbers for step in (["fchdir", fd], ["getcwd", ["buf", 40], 40]))]
    yield [*steps, *([call, fd] for call in ("fsync", "fdatasync", "syncfs") for fd in numbers), ["sync"]]
    for mask in (0, 0o77, 0o777, 0o7777, -1, 1 << 31, 1 << 32):
        yield [
            ["umask", mask], ["open", path("n"), O_CREAT, 0o7777], ["fstat", 3, ["buf", 144]],
            ["mkdir", path("nd"), 0o777], ["stat", path("nd"), ["buf", 144]], ["umask", 0],
        ]  # fmt: skip
    yield [["mkdir", path("n"), 0o600], ["open", path("n"), O_RDONLY, 0], ["as_user"], ["fchdir", 3]]


def positioned() -> Iterator[list[Step]]:
    """Several buffers at an offset."""
    for call in ("preadv", "pwritev"):
        steps = [*PREPARE, ["pipe", ["buf", 8]], ["open", path("f"), O_RDWR, 0], ["open", path("d"), O_RDONLY, 0]]
        steps += [["open", path("f"), O_RDONLY, 0], ["open", path("f"), O_WRONLY | O_APPEND, 0]]
        for at in (0, 3, 4096, -1, (1 << 63) - 1, 1 << 63):
            vector = ["iov", ["buf", 5], 5, ["buf", 9], 9]
            for count in (0, 1, 2, 1025, -1, 1 << 32):
                steps += [[call, fd, vector, count, at, 0] for fd in (0, *range(3, 9), 99, 1 << 32 | 5)]
            steps += [[call, 5, bad, 1, at, 7] for bad in NOWHERE] + [["lseek", 5, 0, SEEK_CUR]]
        yield [*steps, ["pread64", 5, ["buf", 4200], 4200, 0]]


GROUPS = (positioned, accesses, readlinks, directories, truncates, directories_to_stand_in)
