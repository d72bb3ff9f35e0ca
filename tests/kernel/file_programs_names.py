"""Programs of raw system calls for the oracle: names that come, go and move, and who may change what."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from kshell.abi.fcntl import (
    AT_FDCWD,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_NONBLOCK,
    O_PATH,
    O_RDONLY,
    O_RDWR,
    O_TMPFILE,
    O_WRONLY,
)
from tests.kernel.file_programs import NOWHERE, PATHS, PREPARE, Step, path
from tests.kernel.file_programs_more import AS_ROOT_AND_AS_USER, LINKED, LINKS

NAMES = ("f", "d", "d/f", "l", "ld", "dangling", "full", "full/x", "empty", "none")
TARGETS = (
    *NAMES,
    "f/x",
    "none/x",
    "l/",
    "ld/",
    "d/new",
    "ld/new",
    "full/x/new",
    "empty/new",
    "f/",
    "d/",
    "none/",
    "empty/",
    ".",
    "d/..",
    "/",
)
FOLDERS: list[Step] = [
    *PREPARE,
    *LINKS,
    ["mkdir", path("full"), 0o755],
    ["mkdir", path("full/x"), 0o755],
    ["mkdir", path("empty"), 0o755],
]


def look() -> list[Step]:
    """What is there afterwards."""
    steps: list[Step] = []
    for name in (".", *NAMES, "d/new", "full/x/new", "empty/new", "new"):
        steps += [["lstat", path(name), ["buf", 144]], ["readlink", path(name), ["buf", 20], 20]]
    return steps


def renames() -> Iterator[list[Step]]:
    """Every name to every other one, two thirds at most with each flag."""
    for number, (name, to) in enumerate(product(NAMES, TARGETS)):
        for flags in {number % 3, number // 3 % 3}:
            yield [*FOLDERS, ["renameat2", AT_FDCWD, path(name), AT_FDCWD, path(to), flags], *look()]


def odd_renames() -> Iterator[list[Step]]:
    """Names that end oddly, flags, pointers, descriptors, and what is not one's own."""
    for name in [each for each in (*PATHS, ".", "d/.", "d/..") if not each.startswith("/dev")]:
        yield [*FOLDERS, ["rename", path(name), path("new")], ["rename", path("d"), path(name)], *look()]
    yield [*FOLDERS, *(["renameat2", AT_FDCWD, path("f"), AT_FDCWD, path("none"), flags] for flags in (3, 6, 8, -1))]
    yield [["rename", bad, path("n")] for bad in NOWHERE] + [["rename", path("n"), bad] for bad in NOWHERE]
    start = [
        *FOLDERS,
        ["open", path("d"), O_RDONLY, 0],
        ["open", path("empty"), O_RDONLY, 0],
        ["open", path("f"), 0, 0],
    ]
    for pair in ((3, 4), (4, 3), (3, 5), (5, 3), (AT_FDCWD, 4), (99, 4), (3, -1)):
        yield [*start, ["renameat", pair[0], path("f"), pair[1], path("new")], *look()]
    owned: list[Step] = [
        ["chmod", path("."), 0o777],
        ["chown", path("full"), 1000, 1000],
        ["chmod", path("full"), 0o1777],
    ]
    owned += [["open", path("full/mine"), O_CREAT, 0o644], ["chown", path("full/mine"), 1000, 1000]]
    owned += [["chown", path("empty"), 1000, 1000], ["as_user"]]
    for name, to in (("full/x", "new"), ("full/mine", "full/new"), ("d/f", "new"), ("f", "new"), ("full", "d/new")):
        yield [*FOLDERS, *owned, ["rename", path(name), path(to)], *look()]
    for name, to in (
        ("d", "empty/new"),
        ("empty", "full/new"),
        ("full/mine", "full/x"),
        ("f", "full/mine"),
        ("d", "new"),
    ):
        yield [
            *FOLDERS,
            *owned,
            ["rename", path(name), path(to)],
            ["renameat2", -100, path(to), -100, path(name), 2],
            *look(),
        ]
    gone: list[Step] = [["open", path("empty"), O_RDONLY, 0], ["rmdir", path("empty")]]
    yield [
        *FOLDERS,
        *gone,
        ["renameat", AT_FDCWD, path("f"), 3, path("new")],
        ["renameat", 3, path("f"), -100, path("g")],
    ]


def listings() -> Iterator[list[Step]]:
    """The order of the names after they have moved."""
    for flags, name, to in ((0, "f", "l"), (2, "f", "l"), (2, "d", "full"), (0, "f", "d/new"), (2, "l", "d/f")):
        steps = [*FOLDERS, ["renameat2", AT_FDCWD, path(name), AT_FDCWD, path(to), flags]]
        for at, folder in enumerate((".", "d", "full")):
            steps += [["open", path(folder), O_RDONLY, 0], ["getdents64", 3 + at, ["buf", 1000], 1000]]
        yield steps


def links() -> Iterator[list[Step]]:
    """More names for everything, and links to anywhere."""
    for name in [each for each in (*LINKED, "full") if not each.startswith("/dev")]:
        for call in ("link", "symlink"):
            yield [*FOLDERS, [call, path(name), path("new")], *look(), ["unlink", path("new")]]
            yield [*FOLDERS, [call, path("f"), path(name)], *look()]
    for flags in (0, 0x400, 0x1000, 0x1400, 0x100, -1):
        for name in ("f", "l", "ld", "dangling", "", "d"):
            steps = [*FOLDERS, ["open", path("f"), O_RDONLY, 0], ["open", path("d"), O_RDONLY, 0]]
            steps += [["linkat", fd, path(name), AT_FDCWD, path("new"), flags] for fd in (AT_FDCWD, 3, 4, 99)]
            yield [*steps, *look()]
    for bad in NOWHERE:
        yield [[call, *pair] for call in ("link", "symlink") for pair in ([bad, path("n")], [path("n"), bad])]
    for flags in (O_TMPFILE | O_RDWR, O_TMPFILE | O_RDWR | O_EXCL):
        start: list[Step] = [["open", path("."), flags, 0o600], ["write", 3, ["data", "abc"], 3]]
        start += [
            ["linkat", 3, path(""), AT_FDCWD, path("new"), 0x1000],
            ["linkat", 3, path(""), -100, path("g"), 0x1000],
        ]
        yield [*start, *look(), ["fstat", 3, ["buf", 144]], ["unlink", path("new")], ["fstat", 3, ["buf", 144]]]
    removed: list[Step] = [["open", path("f"), O_RDONLY, 0], ["unlink", path("f")]]
    yield [*FOLDERS, *removed, ["linkat", 3, path(""), AT_FDCWD, path("new"), 0x1000]]
    modes = (0o644, 0o666, 0o600, 0o4777, 0o2777, 0o2767)
    yield [
        *(["open", path(f"{mode:o}"), O_CREAT, 0o600] for mode in modes),
        *(["chmod", path(f"{mode:o}"), mode] for mode in modes),
        ["chmod", path("."), 0o777], ["mknod", path("p"), 0o010666, 0], ["chmod", path("p"), 0o666], ["as_user"],
        *(["link", path(f"{mode:o}"), path(f"n{mode:o}")] for mode in modes), ["link", path("p"), path("np")],
    ]  # fmt: skip


def nodes() -> Iterator[list[Step]]:
    """Files of every kind, made and opened."""
    kinds = (0, 0o100000, 0o020000, 0o060000, 0o010000, 0o140000, 0o040000, 0o120000, 0o110000, 0o170000)
    for user in AS_ROOT_AND_AS_USER:
        for kind in kinds:
            steps: list[Step] = [["chmod", path("."), 0o777], *user]
            for number, dev in enumerate((0, 0x103, 0x105, 0x107, 0x1234, 0x1F0FF, -1, 1 << 32)):
                name = f"n{number}"
                steps += [["mknod", path(name), kind | 0o6754, dev], ["lstat", path(name), ["buf", 144]]]
                for flags in (O_NONBLOCK, O_WRONLY | O_NONBLOCK, O_RDWR | O_NONBLOCK, O_PATH, 3):
                    steps += [["open", path(name), flags, 0], ["read", ["r", len(steps)], ["buf", 4], 4]]
            yield steps
    for name in LINKED:
        yield [*FOLDERS, ["mknod", path(name), 0o010644, 0], ["mknodat", 99, path(name), 0o100644, 0], *look()]
    yield [["mknod", bad, kind | 0o644, 0] for bad in NOWHERE for kind in kinds]
    fifo: list[Step] = [["mknod", path("p"), 0o010666, 0], ["open", path("p"), O_WRONLY | O_NONBLOCK, 0]]
    fifo += [
        ["open", path("p"), O_RDONLY | O_NONBLOCK, 0],
        ["read", 3, ["buf", 9], 9],
        ["open", path("p"), O_WRONLY, 0],
    ]
    fifo += [["read", 3, ["buf", 9], 9], ["write", 4, ["data", "hello"], 5], ["fstat", 3, ["buf", 144]]]
    fifo += [["read", 3, ["buf", 3], 3], ["close", 4], ["read", 3, ["buf", 9], 9], ["read", 3, ["buf", 9], 9]]
    fifo += [["open", path("p"), O_RDWR | O_NONBLOCK, 0], ["write", 4, ["data", "lost"], 4], ["close", 3], ["close", 4]]
    fifo += [["open", path("p"), O_RDWR | O_NONBLOCK, 0], ["read", 3, ["buf", 9], 9], ["unlink", path("p")]]
    yield [*fifo, ["write", 3, ["data", "x"], 1], ["read", 3, ["buf", 9], 9], ["lseek", 3, 0, 0]]


def changes() -> Iterator[list[Step]]:
    """Modes and owners, by root, by the owner and by others."""
    modes = (0, 0o644, 0o7777, 0o2755, 0o4711, 0o2644, -1, 0o170644)
    start = [*FOLDERS, ["chown", path("full"), 1000, 1000], ["open", path("mine"), O_CREAT, 0o644]]
    start += [["chown", path("mine"), 1000, 1000], ["open", path("theirs"), O_CREAT, 0o644]]
    start += [["chown", path("theirs"), 1000, 5], ["open", path("mine"), O_RDONLY, 0], ["open", path("f"), O_PATH, 0]]
    files = ("f", "mine", "theirs", "full", "l", "dangling", "none", "d/", "mine/", "", "/dev/null")
    for user in AS_ROOT_AND_AS_USER:
        for mode in modes:
            steps: list[Step] = [*start, *user]
            for name in files:
                steps += [
                    ["chmod", path(name), mode],
                    ["lstat", path(name), ["buf", 144]],
                    ["chmod", path(name), 0o755],
                ]
            steps += [["fchmod", fd, mode] for fd in (3, 5, 6, 99)] + [
                ["fchmodat", fd, path("f"), mode] for fd in (3, 99)
            ]
            steps += [
                ["fchmodat2", -100, path(n), mode, at] for n in ("l", "f", "") for at in (0, 0x100, 0x1000, 0x200)
            ]
            yield [
                *steps,
                ["fchmodat2", 5, path(""), mode, 0x1000],
                *([["lstat", path(n), ["buf", 144]] for n in files]),
            ]
        for owner in ((0, 0), (1000, -1), (-1, 1000), (-1, 5), (-1, -1), (7, 8), (1 << 32, 0x1_FFFF_FFFF), (1000, 7)):
            for mode in (0o6755, 0o6644, 0o2710):
                steps = [*start, *(["chmod", path(name), mode] for name in ("f", "mine", "theirs", "full")), *user]
                for name in files:
                    for call in ("chown", "lchown"):
                        steps += [[call, path(name), *owner], ["lstat", path(name), ["buf", 144]]]
                steps += [["fchown", fd, *owner] for fd in (3, 5, 6, 99)]
                steps += [
                    ["fchownat", -100, path(n), *owner, at] for n in ("l", "") for at in (0, 0x100, 0x1000, 0x200)
                ]
                yield steps
    yield [["chown", bad, 1, 1] for bad in NOWHERE] + [["chmod", bad, 1] for bad in NOWHERE]


def times() -> Iterator[list[Step]]:
    """Times that are some, and those that are none; who may set them."""
    omit, now = (1 << 30) - 2, (1 << 30) - 1
    odd = (
        (5, 0),
        (5, 999_999_999),
        (5, 10**9),
        (5, -1),
        (-7, 3),
        (0, omit),
        (0, now),
        (5, 999_999),
        (5, 10**6),
    )
    for user in AS_ROOT_AND_AS_USER:
        for first in odd:
            start = [*PREPARE, *LINKS, ["open", path("mine"), O_CREAT, 0o400], ["chown", path("mine"), 1000, 1000]]
            steps: list[Step] = [*start, ["chmod", path("d"), 0o777], ["open", path("mine"), O_RDONLY, 0], *user]
            for second in odd:
                pair = ["iov", *first, *second]
                for name in ("f", "mine", "d", "none", "l"):
                    steps += [["utimensat", -100, path(name), pair, 0], ["utimes", path(name), pair]]
                    steps += [["utime", path(name), pair], ["futimesat", 3, path(name), pair]]
                steps += [["utimensat", fd, 0, pair, at] for fd in (3, 99, -100) for at in (0, 0x100, 0x1000, 1)]
                steps += [["utimensat", 3, path(""), pair, at] for at in (0, 0x100, 0x1000, 1)] + [
                    ["futimesat", 3, 0, pair]
                ]
            yield steps
        steps = [*start, *user, *([call, path(name), 0] for name in ("f", "mine", "d") for call in ("utime", "utimes"))]
        yield [*steps, *([call, path("mine"), bad] for bad in NOWHERE for call in ("utime", "utimes"))]


def file_systems() -> Iterator[list[Step]]:
    """statfs, as far as its answers are the same everywhere."""
    yield [*PREPARE, *LINKS, *(["statfs", path(name), 1] for name in LINKED)]
    yield [["statfs", bad, ["buf", 120]] for bad in NOWHERE] + [["fstatfs", fd, 1] for fd in (0, 99, -1)]
    yield [["open", path("."), O_PATH | O_DIRECTORY, 0], ["fstatfs", 3, 1]]


GROUPS = (renames, odd_renames, listings, links, nodes, changes, times, file_systems)
