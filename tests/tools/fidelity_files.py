"""Random calls about names and attributes of files, in the directory that a sequence works in."""

import struct

from fidelity_arguments import i, s
from fidelity_calls import Calls

# what these calls name: files, folders, links that may be there, and names that end oddly
NAMES = [
    *(
        b"a",
        b"a",
        b"b",
        b"c",
        b"d",
        b"d",
        b"d/a",
        b"d/e",
        b"d/e/f",
        b"l",
        b"l",
        b"l/a",
        b"none",
        b"none/x",
        b"a/",
        b"d/",
    ),
    *(b"l/", b"a/x", b"", b".", b"..", b"d/.", b"/", b"/tmp/w/a", b"../w/d", b"m", b"m/", b"n", b"x" * 256, b"/root/x"),
]
CALLS = [
    *("access", "faccessat", "readlink", "readlinkat", "symlink", "symlinkat", "link", "linkat", "rename", "rename"),
    *(
        "renameat",
        "renameat2",
        "renameat2",
        "mknod",
        "chmod",
        "fchmod",
        "fchmodat",
        "chown",
        "lchown",
        "fchown",
        "fchownat",
    ),
    *("truncate", "ftruncate", "ftruncate", "utimensat", "utimes", "utime", "umask", "fchdir", "fsync", "list", "list"),
    *("preadv", "pwritev"),
]
OWNERS = [0, 1000, 5, -1, -1, 1 << 32, 1 << 31]
SIZES = [0, 1, 5, 4095, 4096, 4097, 10000, 1 << 40, -1, 1 << 63]
NODES = [0, 0o100000, 0o020000, 0o060000, 0o140000, 0o040000, 0o110000]  # no pipe: who opens one waits
AT_FLAGS = [0, 0, 0, 0x100, 0x400, 1, -1]
RENAMES = [0, 0, 1, 1, 2, 2, 3, 8, -1]
TIME_PARTS = [0, 1, 999_999, 1_000_000, 999_999_999, (1 << 30) - 1, (1 << 30) - 2, -1]


class FileCalls(Calls):
    """A sequence in which every sixth call is one of these."""

    def step(self):
        """One random call."""
        if self.r.random() < 1 / 6:
            self.name_call()
        else:
            super().step()

    def name(self):
        """A path in the directory, rarely a pointer to none."""
        return s(self.r.choice(NAMES)) if self.r.random() < 0.95 else self.ptr(1)

    def name_call(self):
        """One that names a file, or changes one that is open."""
        r, name = self.r, self.r.choice(CALLS)
        flags = self.hi(r.choice(AT_FLAGS))
        if name == "list":
            self.list()
        elif name in ("access", "faccessat"):
            self.add(name, *self.at(name), self.name(), self.hi(r.choice([0, 1, 2, 4, 6, 7, 8, -1])))
        elif name in ("readlink", "readlinkat"):
            self.add(name, *self.at(name), self.name(), self.ptr(0.1), self.hi(r.choice([0, 1, 3, 64, -1])), n=64)
        elif name in ("symlink", "symlinkat"):
            self.add(name, self.name(), *self.at(name), s(r.choice([b"l", b"m", b"d/l"])))
        elif name in ("rename", "link"):
            self.add(name, self.name(), self.name())
        elif name in ("renameat", "linkat", "renameat2"):
            more = {"renameat": (), "linkat": (flags,), "renameat2": (self.hi(r.choice(RENAMES)),)}[name]
            self.add(name, self.dirfd(), self.name(), self.dirfd(), self.name(), *more)
        elif name == "mknod":
            self.add(name, self.name(), self.hi(r.choice(NODES) | 0o644), self.hi(r.choice([0, 0x103, 0x105, 0x4242])))
        elif name in ("preadv", "pwritev"):
            parts = [(("b", 0), r.choice([0, 1, 5, 16])), (self.ptr(0.2), r.choice([0, 1, 16, 40]))]
            self.add(name, self.fd(), ("iov", parts), i(r.choice([0, 1, 2, 2, 1025])), i(r.choice(SIZES)), i(0), n=64)
        else:
            self.change(name, flags)

    def change(self, name, flags):
        """Of mode, owner, size, times, and of what the task takes for granted."""
        r, owner = self.r, (self.hi(self.r.choice(OWNERS)), self.hi(self.r.choice(OWNERS)))
        if name in ("chmod", "fchmodat"):
            self.add(name, *self.at(name), self.name(), self.mode())
        elif name in ("chown", "lchown"):
            self.add(name, self.name(), *owner)
        elif name == "fchownat":
            self.add(name, self.dirfd(), self.name(), *owner, flags)
        elif name == "truncate":
            self.add(name, self.name(), i(r.choice(SIZES)))
        elif name in ("utimensat", "utimes", "utime"):
            times = ("s", struct.pack("<4q", r.choice([0, 5, -5]), *(r.choice(TIME_PARTS) for _ in range(3))))
            more = (flags,) if name == "utimensat" else ()
            self.add(name, *self.at(name), self.name(), self.c(times, times, i(0), self.ptr(1)), *more)
        elif name == "umask":
            self.add(name, self.hi(r.choice([0, 0o22, 0o77, 0o777, -1])))
        else:
            more = {"fchmod": (self.mode(),), "fchown": owner, "ftruncate": (i(r.choice(SIZES)),)}.get(name, ())
            self.add(name, self.fd(), *more)

    def at(self, name):
        """The descriptor that an *at call begins with."""
        return [self.dirfd()] if name.endswith("at") else []

    def list(self):
        """The names of a directory that is opened for that."""
        fd = ("r", self.add("open", s(self.c(b".", b"d", b"/tmp/w", b"d/e")), i(0o200000), i(0)), 0)
        for _ in range(self.c(1, 2, 3)):
            self.add(self.c("getdents", "getdents64"), fd, ("b", 0), i(self.c(10, 24, 100, 1000)), n=1000)
