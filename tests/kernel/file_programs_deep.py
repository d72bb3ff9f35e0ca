"""More programs for the oracle: positions, pipes, directories, links, permissions, and calls at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from kshell.abi.fcntl import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_REMOVEDIR,
    AT_SYMLINK_NOFOLLOW,
    F_DUPFD,
    F_GETFD,
    F_GETFL,
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
    SEEK_DATA,
    SEEK_END,
    SEEK_HOLE,
    SEEK_SET,
)
from tests.kernel.file_programs import KERNEL, PREPARE, UNMAPPED, Step, path


def seeks() -> Iterator[list[Step]]:
    """lseek on every kind of file, and positions that no file reaches."""
    offsets = (0, 3, -1, 11, 12, 5000, 1 << 40, (1 << 63) - 1, -(1 << 63), (1 << 63) - 5)
    for kind in ("f", "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"):
        steps = [*PREPARE, ["open", path(kind), O_RDWR, 0]]
        for whence in (SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, 5, 99, -1, 1 << 32):
            for offset in offsets:
                steps += [["lseek", 3, offset, whence], ["lseek", 3, 0, SEEK_CUR]]
        yield steps
    yield [*PREPARE, ["open", path("d"), O_RDONLY, 0]] + [
        ["lseek", 3, offset, whence] for whence in (SEEK_SET, 5) for offset in (0, 3, -1, 100)
    ]
    steps = [["open", path("f"), O_CREAT | O_RDWR, 0o644]]
    for offset in (3, 10000, 1 << 40, (1 << 63) - 5, (1 << 63) - 3, (1 << 63) - 2, (1 << 63) - 1):
        steps += [["lseek", 3, offset, SEEK_SET], ["write", 3, ["data", "abc"], 3], ["fstat", 3, ["buf", 144]]]
        steps += [["lseek", 3, 0, SEEK_CUR], ["write", 3, ["data", "abc"], 0], ["write", 3, UNMAPPED, 1]]
        steps += [["lseek", 3, offset, SEEK_SET], ["read", 3, ["buf", 10], 10], ["read", 3, ["buf", 10], 0]]
        steps += [["pread64", 3, ["buf", 10], 10, offset - 1], ["pwrite64", 3, ["data", "xy"], 2, offset - 1]]
        steps += [["lseek", 3, 11, SEEK_DATA], ["lseek", 3, 5, SEEK_HOLE], ["lseek", 3, 5000, SEEK_HOLE]]
    yield steps
    steps = [["pipe", ["buf", 8]], *(["lseek", fd, 0, whence] for fd in (3, 4, 9) for whence in (0, 1, 4, 5, 99, -1))]
    yield [*steps, *([n, f, ["buf", 4], 1, p] for n in ("pread64", "pwrite64") for f in (3, 4, 9) for p in (0, -1))]


def pipes() -> Iterator[list[Step]]:
    """Filling, emptying, ends that vanish, packets."""
    for size in (1, 100, 1000, 4095, 4096, 4097, 5000, 65535, 65536, 65537, 100000):
        for flags in (O_NONBLOCK, O_NONBLOCK | O_DIRECT):
            steps: list[Step] = [["pipe2", ["buf", 8], flags], ["fcntl", 3, F_GETFL, 0], ["fcntl", 4, F_GETFL, 0]]
            steps += [["write", 4, ["data", "x" * size], size]] * (40 if size < 1000 else 20)
            steps += [["fstat", 3, ["buf", 144]], ["read", 3, ["buf", 10], 10], ["write", 4, ["data", "ab"], 2]]
            steps += [["read", 3, ["buf", 5000], 5000]] * 3 + [["write", 4, ["data", "y" * size], size]] * 3
            steps += [["read", 3, ["buf", 30000], 30000]] * 8 + [["close", 4], ["read", 3, ["buf", 10], 10]]
            yield steps
    yield [
        ["pipe2", ["buf", 8], O_CLOEXEC], ["fcntl", 3, F_GETFD, 0], ["fcntl", 4, F_GETFD, 0],
        ["read", 4, ["buf", 4], 1], ["write", 3, ["data", "a"], 1], ["write", 4, KERNEL, 0], ["write", 4, 1, 0],
        ["read", 3, KERNEL, 0],
        ["read", 3, 1, 0], ["dup", 3], ["close", 3], ["write", 4, ["data", "abc"], 3], ["close", 5],
        ["write", 4, ["data", "abc"], 3], ["write", 4, 1, 0], ["write", 4, UNMAPPED, 3], ["close", 4], ["close", 4],
    ]  # fmt: skip
    yield [["pipe2", ["buf", 8], 1 << bit] for bit in range(32) if bit != 7]


def directories() -> Iterator[list[Step]]:
    """Modes, link counts, removed directories, files without a name."""
    at = ["buf", 144]
    yield [
        ["mkdir", path("a"), 0o7777], ["stat", path("a"), at], ["mkdir", path("a/b"), 0], ["stat", path("a"), at],
        ["stat", path("a/b"), at], ["rmdir", path("a")], ["chdir", path("a/b")], ["rmdir", path("../b")],
        ["getcwd", ["buf", 100], 100], ["getcwd", 0, 0], ["stat", path("."), at], ["stat", path(".."), at],
        ["open", path("x"), O_CREAT, 0], ["mkdir", path("x"), 0], ["open", path("."), 0, 0], ["stat", path("x"), at],
        ["open", path("x" * 256), O_CREAT, 0o600], ["mkdir", path("x" * 256), 0o700], ["stat", path("x" * 256), at],
        ["open", path("."), O_TMPFILE | O_RDWR, 0o600], ["chdir", path("..")], ["rmdir", path("b")],
        ["getcwd", ["buf", 200], 200], *(["getcwd", ["buf", 200], n] for n in range(0, 60, 3)),
    ]  # fmt: skip
    yield [
        *PREPARE, ["open", path("f"), O_RDWR, 0], ["unlink", path("f")], ["fstat", 3, at], ["read", 3, ["buf", 5], 5],
        ["write", 3, ["data", "XY"], 2], ["open", path("f"), O_CREAT | O_EXCL | O_RDWR, 0o7777], ["fstat", 4, at],
        ["open", path("."), O_TMPFILE | O_RDWR, 0o666], ["fstat", 5, at], ["write", 5, ["data", "tmp"], 3],
        ["fstat", 5, at], ["open", path("f"), O_RDONLY | O_TRUNC, 0], ["open", path("f"), O_RDWR | O_APPEND, 0],
        ["write", 4, ["data", "12345"], 5], ["write", 7, ["data", "abc"], 3], ["lseek", 7, 0, 1],
        ["pwrite64", 7, ["data", "end"], 3, 0], ["pread64", 4, ["buf", 20], 20, 0], ["open", path("f"), O_TRUNC | 1, 0],
        ["pread64", 4, ["buf", 20], 20, 0], ["write", 4, ["data", "z"], 1], ["fstat", 4, at],
    ]  # fmt: skip
    yield [*PREPARE, *(["newfstatat", 0, path(""), at, AT_EMPTY_PATH | flag] for flag in (0, AT_SYMLINK_NOFOLLOW))]


def links() -> Iterator[list[Step]]:
    """Symbolic links in every place of a path."""
    made: list[Step] = [
        ["symlink", path(target), path(name)]
        for name, target in (
            *(("lf", "f"), ("ld", "d"), ("ldf", "d/f"), ("gone", "none"), ("new", "d/new"), ("loop", "loop")),
            *(("a", "b"), ("b", "a"), ("root", "/"), ("abs", "/base/here/f"), ("up", ".."), ("slash", "d/")),
            *(("fslash", "f/"), ("dot", ".")),
            *((f"c{i}", f"c{i + 1}") for i in range(40)), ("c40", "f"),
        )
    ]  # fmt: skip
    names = [
        *(
            "lf",
            "lf/",
            "ld",
            "ld/",
            "ld/f",
            "ld/..",
            "ld/../f",
            "ldf",
            "gone",
            "gone/",
            "gone/x",
            "new",
            "new/",
            "loop",
        ),
        *(
            "loop/",
            "loop/x",
            "a",
            "root",
            "root/",
            "root/base/here/f",
            "abs",
            "abs/",
            "up",
            "up/here/f",
            "slash",
            "slash/f",
        ),
        *("fslash", "dot", "dot/dot/dot/f", "dot/" * 40 + "f", "dot/" * 41 + "f", "c0", "c1", "c2", "c0/", "ld/none"),
    ]
    for name in names:
        where, at = path(name), ["buf", 144]
        yield [
            *PREPARE, *made, ["stat", where, at], ["lstat", where, at], ["newfstatat", -1, where, at, 0],
            *(
                ["open", where, flags, 0o600]
                for flags in (0, O_NOFOLLOW, O_PATH, O_PATH | O_NOFOLLOW, O_DIRECTORY, O_TRUNC | 1, O_CREAT | O_EXCL)
            ),
            *(["fstat", fd, at] for fd in range(3, 9)), ["fcntl", 3, F_GETFL, 0],
            ["open", where, O_NOFOLLOW | O_CREAT | O_RDWR, 0o600], ["open", where, O_CREAT | O_RDWR, 0o600],
            ["lstat", path("d/new"), at], ["lstat", path("none"), at], ["mkdir", where, 0o700], ["rmdir", where],
            ["chdir", where], ["getcwd", ["buf", 100], 100], ["unlink", where], ["lstat", where, at],
        ]  # fmt: skip


def vectors() -> Iterator[list[Step]]:
    """readv and writev."""
    data, bad = ["data", "0123456789"], UNMAPPED
    yield [
        ["open", path("f"), O_CREAT | O_RDWR, 0o644], ["writev", 3, ["iov", data, 4, data, 0, data, 10], 3],
        ["writev", 3, ["iov", data, 4, bad, 5], 2], ["writev", 3, ["iov", bad, 4, data, 5], 2], ["writev", 3, 0, 0],
        ["writev", 3, ["iov", data, -1], 1], ["writev", 3, ["iov", KERNEL, 0], 1], ["writev", 3, bad, 1],
        ["writev", 3, data, 1025], ["writev", 9, bad, 1025], ["writev", 3, data, -1], ["lseek", 3, 0, SEEK_SET],
        ["readv", 3, ["iov", ["buf", 3], 3, ["buf", 5], 5], 2], ["readv", 3, ["iov", ["buf", 3], 3, bad, 5], 2],
        ["readv", 3, ["iov", KERNEL, 3], 1], ["readv", 3, ["iov", ["buf", 9], 9, bad, 0], 2], ["lseek", 3, 0, SEEK_CUR],
    ]  # fmt: skip


def wide_vectors() -> Iterator[list[Step]]:
    """readv and writev take 32 bits of the descriptor and of the count."""
    data, high = ["data", "0123456789"], 1 << 32
    yield [
        ["open", path("f"), O_CREAT | O_RDWR, 0o644], ["writev", high + 3, ["iov", data, 4], 1],
        ["writev", 3, ["iov", data, 4], high + 1], ["writev", 3, ["iov", data, 4], high + 1025],
        ["writev", high - 1, ["iov", data, 4], 1], ["lseek", 3, 0, SEEK_SET],
        ["readv", high + 3, ["iov", ["buf", 3], 3], high + 1], ["writev", 7 * high + 4, ["iov", data, 4], 1],
    ]  # fmt: skip


def largest_offsets() -> Iterator[list[Step]]:
    """Writes at the last offset that there is: EINVAL, and EFBIG only where O_APPEND leads there."""
    last, one, at = (1 << 63) - 1, ["data", "x"], ["buf", 1]
    yield [
        ["open", path("f"), O_CREAT | O_RDWR, 0o644], ["lseek", 3, last, SEEK_SET], ["write", 3, one, 1],
        ["write", 3, one, 0], ["writev", 3, ["iov", one, 1], 1], ["readv", 3, ["iov", at, 1], 1], ["read", 3, at, 1],
        ["pwrite64", 3, one, 1, last], ["pwrite64", 3, one, 1, last - 1], ["pread64", 3, at, 1, last - 1],
        ["open", path("f"), O_RDWR | O_APPEND, 0], ["write", 4, one, 1], ["writev", 4, ["iov", one, 1], 1],
        ["pwrite64", 4, one, 1, 0], ["write", 4, one, 0], ["lseek", 4, 0, SEEK_CUR],
    ]  # fmt: skip


def permissions() -> Iterator[list[Step]]:
    """What uid 1000 may not do in a tree that root has made."""
    steps: list[Step] = []
    for mode in (0o000, 0o100, 0o200, 0o400, 0o004, 0o002, 0o001, 0o070, 0o007, 0o777, 0o1777):
        steps += [["mkdir", path(f"d{mode:o}"), mode], ["open", path(f"d{mode:o}/in"), O_CREAT | O_RDWR, 0o644]]
        steps += [["close", 3], ["open", path(f"f{mode:o}"), O_CREAT | O_RDWR, mode], ["close", 3]]
    steps += [["mkdir", path("top"), 0o755], ["mkdir", path("top/sub"), 0o755], ["as_user"]]
    for mode in (0o000, 0o100, 0o200, 0o400, 0o004, 0o002, 0o001, 0o070, 0o007, 0o777, 0o1777):
        where, at = f"{mode:o}", ["buf", 144]
        for flags in (O_RDONLY, O_WRONLY, O_RDWR, O_TRUNC, 3, O_PATH, O_NOATIME, O_CREAT, O_CREAT | O_EXCL):
            steps += [
                ["open", path("f" + where), flags, 0],
                ["close", 3],
                ["open", path("d" + where), flags, 0],
                ["close", 3],
            ]
        steps += [
            ["stat", path(f"d{where}/in"), at],
            ["stat", path(f"d{where}/none"), at],
            ["stat", path(f"f{where}"), at],
        ]
        steps += [["stat", path(f"f{where}"), at]]
        steps += [["open", path(f"d{where}/new"), O_CREAT, 0], ["mkdir", path(f"d{where}/m"), 0], ["close", 3]]
        steps += [["mkdir", path(f"d{where}/in"), 0], ["stat", path(f"d{where}/new"), at]]
        steps += [["unlink", path(f"d{where}/in")], ["rmdir", path(f"d{where}/m")], ["rmdir", path(f"d{where}")]]
        steps += [
            ["unlink", path(f"d{where}")],
            ["unlink", path(f"f{where}/")],
            ["open", path(f"d{where}"), O_TMPFILE | 2, 0],
        ]
        steps += [["close", 3], ["chdir", path(f"d{where}")], ["chdir", path("..")], ["unlink", path(f"d{where}/.")]]
    steps += [
        ["rmdir", path("top/sub")],
        ["unlink", path("top/none")],
        ["mkdir", path("top/x"), 0],
        ["rmdir", path("top/.")],
    ]
    yield [*steps, ["unlink", path("f0")], ["rmdir", path("d0")], ["stat", path("."), ["buf", 144]]]


GROUPS = (seeks, pipes, directories, links, vectors, wide_vectors, largest_offsets, permissions)


def _random_step(rng: random.Random) -> Step:
    """One call with plausible and odd arguments; nothing that could wait for ever, or leave the directory."""
    fd = rng.choice((*range(8), -1))
    name = rng.choice(("f", "d", "d/f", "d/g", "g", "g/h", ".", "..", "d/.", "f/", "d/", "", "h", "./d/../h", "d/d"))
    inside = rng.choice(("f", "d", "d/f", "d/g", "g", "g/h", "d/.", "f/", "d/", "", "h", "./d/../h", "d/d"))
    pointer: Any = rng.choice((["buf", 5000], ["buf", 300], ["edge", 700, "abc"], ["edge", 5000, "xyz"], KERNEL, 0))
    limit = 4400 if not isinstance(pointer, list) else 300 if pointer == ["buf", 300] else 5000
    count = rng.choice((0, 1, 10, 299, limit, -1))
    data: Any = rng.choice((["data", "0123456789" * 500], ["edge", 700, "abc"], ["edge", 5000, "xyz"], KERNEL))
    offset = rng.choice((0, 1, 10, 4090, 4096, 10000, -1, -10, 1 << 33, (1 << 63) - 4))
    flags = rng.choice(
        (0, 1, 2, O_CREAT | 2, O_CREAT | O_EXCL | 2, O_TRUNC | 2, O_APPEND | 2, O_PATH, O_DIRECTORY, O_CREAT)
    )
    at = rng.choice((AT_FDCWD, AT_FDCWD, fd))
    return rng.choice((
        ["read", fd, pointer, count], ["write", fd, data, count], ["pread64", fd, pointer, count, offset],
        ["pwrite64", fd, data, count, offset], ["lseek", fd, offset, rng.randrange(6)], ["close", fd],
        ["open", path(name), flags, 0o644], ["openat", at, path(name), flags | O_CLOEXEC, 0o755], ["dup", fd],
        ["fstat", fd, ["buf", 144]], ["stat", path(name), ["buf", 144]], ["mkdir", path(inside), 0o755],
        ["newfstatat", at, path(name), ["buf", 144], rng.choice((0, AT_EMPTY_PATH))], ["dup2", fd, rng.randrange(8)],
        ["dup3", fd, rng.randrange(8), O_CLOEXEC], ["fcntl", fd, F_GETFL, 0], ["fcntl", fd, F_GETFD, 0],
        ["fcntl", fd, F_SETFL, O_NONBLOCK | rng.choice((0, O_APPEND))], ["fcntl", fd, F_DUPFD, rng.randrange(8)],
        ["pipe2", ["buf", 8], O_NONBLOCK], ["unlink", path(inside)], ["rmdir", path(inside)],
        ["readv", fd, ["iov", ["buf", 30], 30, ["buf", 40], 40], 2], ["unlinkat", AT_FDCWD, path(inside), AT_REMOVEDIR],
    ))  # fmt: skip


def random_programs(seed: int, number: int, length: int) -> Iterator[list[Step]]:
    """Seeded programs of random calls."""
    rng = random.Random(seed)
    for _ in range(number):
        yield [*PREPARE, *(_random_step(rng) for _ in range(length))]
