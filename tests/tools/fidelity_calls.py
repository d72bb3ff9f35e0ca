"""Random system calls: descriptors, files, memory, pipes, time."""

import struct

from fidelity_arguments import FREE, Arguments, i, s
from fidelity_known import BIG
from fidelity_program import KERNEL, M64, TAIL, TOP, ZONE
from fidelity_values import (
    ADVICE,
    AT_FLAGS,
    CLOCKS,
    COUNTS,
    CWD_SIZES,
    FD_CALLS,
    FILE_CALLS,
    MAPPINGS,
    MISC_CALLS,
    MM_CALLS,
    MMAP_FLAGS,
    MMAP_OFFSETS,
    NANOSECONDS,
    NUMBERS,
    PATH_CALLS,
    PIPE_FLAGS,
    READ_OFFSETS,
    REMAP_FLAGS,
    SEEKS,
    STATUS_FLAGS,
    TIME_CALLS,
    VECTOR_COUNTS,
    VECTOR_LENGTHS,
    WRITE_OFFSETS,
)

ANONYMOUS, FIXED_ANONYMOUS, FIXED = 0x22, 0x32, 0x10
MAP_LIMIT = 0x7F0000000000  # fixed mappings end below here
MOST_UNMAPPED = 0x100000  # a longer range would take the program itself away
STAT_ROOM = 160
F_DUPFD, F_SETFD, F_SETFL, F_DUPFD_CLOEXEC = 0, 2, 4, 1030
FCNTL_ARGUMENTS = {
    F_DUPFD: [0, 3, 10, 1020, 1022, 1023, 1024, -1, 1 << 32, (1 << 32) + 7, 0x80000000],
    F_DUPFD_CLOEXEC: [0, 3, 500, 1021, 1023, 1024, -1, 1 << 63],
    F_SETFD: [0, 1, 2, 3, -1, 1 << 32, (1 << 32) + 1],
    F_SETFL: STATUS_FLAGS,
}


class Calls(Arguments):
    """A sequence to which random calls are added."""

    def __init__(self, rng):
        super().__init__(rng)
        self.brk0 = 0  # the step that asked for the break
        self.mm_weight = 0

    def step(self):
        """One random call."""
        makers = [self.file_call, self.mm_call, self.fd_call, self.path_call, self.time_call, self.misc_call]
        self.r.choices([*makers, self.pipe_call], [34, self.mm_weight, 14, 18, 5, 6, 10])[0]()

    def file_call(self):
        """open, read, write, seek, close, stat."""
        r = self.r
        name = r.choice(FILE_CALLS)
        if name == "open":
            self.new_fd(name, self.path(0.7), self.flags(), self.mode())
        elif name == "openat":
            self.new_fd(name, self.dirfd(), self.path(0.7), self.flags(), self.mode())
        elif name in ("read", "pread64"):
            self.read(name)
        elif name in ("write", "pwrite64"):
            self.write(name)
        elif name in ("readv", "writev"):
            self.vector(name)
        elif name == "lseek":
            self.add(name, self.fd(), i(r.choice(SEEKS)), self.hi(r.choice([0, 0, 1, 1, 2, 2, 3, 4, 5, -1, 99])))
        elif name == "close":
            self.add(name, self.fd())
        elif name == "fstat":
            self.add(name, self.fd(), self.ptr(), n=STAT_ROOM)
        else:
            self.add(r.choice(["stat", "lstat"]), self.path(), self.ptr(0.1), n=STAT_ROOM)

    def read(self, name):
        """read or pread64; a count that is larger than the buffer goes elsewhere."""
        size = self.c(16, 64, 64, 256)
        more = [i(self.r.choice(READ_OFFSETS))] if name != "read" else []
        count = self.count(size)
        fd = self.fd()
        if count[1] & M64 <= size:
            buffer = self.ptr()
        else:
            buffer = i(ZONE) if self.r.random() < 0.7 else self.ptr(1)
        if edge := self.edge(size):
            buffer, count = edge, i(size + self.c(0, 0, 1, 100, 4096))
        self.add(name, fd, buffer, count, *more, n=size)

    def write(self, name):
        """write or pwrite64."""
        r = self.r
        more = [i(r.choice(WRITE_OFFSETS))] if name != "write" else []
        n = self.c(1, 5, 16, 64, 100, 4096, 5000, 70000) if r.random() < 0.7 else 64
        if r.random() < 0.06:
            source = ("e", b"edgewise" * self.c(0, 1, 8, 500))
        elif r.random() < 0.8:
            source = ("s", bytes(r.choice(b"abcdefgh") for _ in range(8)) * (n // 8 + 1))
        else:
            source = self.ptr(1)
        self.add(name, self.fd(), source, i(n if r.random() < 0.8 else r.choice(COUNTS)), *more)

    def vector(self, name):
        """readv or writev of up to four parts."""
        r = self.r
        parts = []
        for _ in range(r.randint(0, 4)):
            place = self.ptr(0.15) if r.random() < 0.9 else i(0)
            length = r.choice(VECTOR_LENGTHS[: self.c(6, 6, 7, 11)])
            parts.append((place if place[0] != "r" else ("b", 16), length))
        vector = ("iov", parts) if r.random() < 0.9 else self.ptr(1)
        if r.random() < 0.06:
            there = [place[1] & M64 if place[0] == "i" else ZONE for place, _ in parts]
            words = [word for at, (_, length) in zip(there, parts, strict=True) for word in (at, length & M64)]
            vector = ("e", struct.pack(f"<{len(words)}Q", *words))
        self.add(name, self.fd(), vector, i(len(parts) if r.random() < 0.85 else r.choice(VECTOR_COUNTS)), n=128)

    def path_call(self):
        """Directories, and what paths name."""
        r = self.r
        name = r.choice(PATH_CALLS)
        path = s(self.c(b"d", b"d/e", b"d/e/f", b"a", b"d/a", b"e", b"e/")) if r.random() < 0.5 else self.path(0.2)
        if name == "mkdir":
            self.add(name, path, self.mode())
        elif name == "mkdirat":
            self.add(name, self.dirfd(), path, self.mode())
        elif name in ("unlink", "rmdir"):
            self.add(name, path)
        elif name == "chdir":
            there = (b"d", b"..", b"/", b"/tmp/w", b"d/e", b".", b"/tmp")
            self.add(name, s(self.c(*there)) if r.random() < 0.7 else path)
        elif name == "unlinkat":
            self.add(name, self.dirfd(), path, self.hi(self.c(0, 0, 0x200, 0x200, 0x400, -1, 1, 0x201, 0x1000)))
        elif name == "getcwd":
            size = self.c(1, 4, 7, 10, 64)
            if edge := self.edge(size):
                self.add(name, edge, i(self.c(size, size, 64, 4096)), n=size)
            else:
                self.add(name, self.ptr(0.15), i(r.choice(CWD_SIZES)), n=64)
        elif name == "newfstatat":
            fd = self.dirfd()
            path = path if r.random() < 0.8 else s(b"")
            self.add(name, fd, path, self.ptr(0.1), self.hi(r.choice(AT_FLAGS)), n=STAT_ROOM)
        else:
            self.add(name, path, self.ptr(0.1), n=STAT_ROOM)

    def fd_call(self):
        """dup and its like, fcntl, close."""
        r = self.r
        name = r.choice(FD_CALLS)
        if name == "dup":
            self.new_fd(name, self.fd())
        elif name in ("dup2", "dup3"):
            new = self.hi(self.c(0, 1, 2, 3, 5, 7, 10, 20, 100, 1023)) if r.random() < 0.7 else self.fd(0.5)
            more = [self.hi(self.c(0, 0, 0o2000000, 0o4000, 1, -1, 0o2000001, 0o40000))] if name == "dup3" else []
            self.new_fd(name, self.fd(), new, *more)
        elif name == "fcntl":
            usual = r.random() < 0.9
            command = r.choice(
                [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 1030, 1030]
                if usual
                else [18, 99, 999, -1, 0x7FFFFFFF, 1069, 2000, 0x80000003]
            )
            arguments = FCNTL_ARGUMENTS.get(command & 0x7FFFFFFF, [0, 1, -1, KERNEL])
            step = self.add(name, self.fd(), self.hi(command), i(r.choice(arguments)))
            if command in (F_DUPFD, F_DUPFD_CLOEXEC):
                self.fds.append(("r", step, 0))
        else:
            self.add(name, self.fd())

    def pipe_call(self):
        """A new pipe, or data through one."""
        r = self.r
        name = self.c("pipe", "pipe2", "pipe2", "pipe2")
        if r.random() < 0.5 or not self.pipes:
            more = [self.hi(r.choice(PIPE_FLAGS))] if name == "pipe2" else []
            self.pipes.append(self.add(name, self.edge(8) or self.ptr(0.1), *more, n=16))
            return
        pipe = r.choice(self.pipes)
        if r.random() < 0.6:
            n = self.c(1, 10, 100, 4095, 4096, 4097, 8192, 65536, 65537, 70000)
            name = self.c("write", "write", "pwrite64") if r.random() < 0.1 else "write"
            end = ("p", pipe, self.c(4, 4, 4, 0))
            data = ("s", (b"0123456789" * (n // 10 + 1))[:n]) if r.random() < 0.9 else self.ptr(1)
            self.add(name, end, data, i(n if r.random() < 0.85 else r.choice(COUNTS)))
        elif r.random() < 0.7:
            n = self.c(1, 10, 100, 1000, 4096, 8192)
            end, buffer = ("p", pipe, self.c(0, 0, 0, 4)), self.ptr(0.15)
            self.add("read", end, buffer, i(n if r.random() < 0.85 else r.choice(COUNTS)), n=n)
        else:
            self.add("close", ("p", pipe, self.c(0, 4)))

    def mm_call(self):
        """Mappings, the break, and calls that touch them."""
        r = self.r
        name = r.choice(MM_CALLS)
        if name == "mmap":
            self.mmap()
        elif name == "munmap":
            addr, length = self.addr(), self.length()
            if addr[0] == "i" and addr[1] < TAIL + 0x100000 and length[1] > MOST_UNMAPPED:
                length = i(4096)
            self.add(name, addr, self.shorter(length))
        elif name == "mprotect":
            addr, length = self.addr(), self.length()
            self.add(name, addr, self.shorter(length), self.prot())
        elif name == "brk":
            if r.random() < 0.8:
                self.add(name, ("r", self.brk0, self.c(0, 1, 4096, 8192, 0x10000, 0x100000, -1, -4096, 5, 0x2001)))
            else:
                self.add(name, i(self.c(0, 1, -1, KERNEL, TAIL, 1 << 46, TOP, ZONE)))
        elif name == "mremap":
            self.mremap()
        elif name == "madvise":
            self.add(name, self.own(), self.shorter(self.length()), self.hi(r.choice(ADVICE)))
        elif name == "mincore":
            self.add(name, self.own(), self.shorter(self.length()), self.ptr(0.1), n=300)
        else:
            self.touch_memory()

    def own(self):
        """An address that is not the program's."""
        addr = self.addr()
        return i(FREE) if addr[0] == "i" and addr[1] < TAIL + 0x100000 else addr

    def mremap(self):
        """A mapping that grows, shrinks, or moves."""
        r = self.r
        flags, old, new = r.choice(REMAP_FLAGS), self.shorter(self.length()), self.shorter(self.length())
        if old[1] == 0:
            old = i(4096)
        self.maps.append(self.add("mremap", self.own(), old, new, i(flags), self.own() if flags & 6 else i(0)))

    def shorter(self, length):
        """A length that leaves the program where it is, or cannot be done at all."""
        return i(MOST_UNMAPPED) if MOST_UNMAPPED < length[1] < 1 << 47 else length

    def mmap(self):
        """One mmap; a fixed one never over the program."""
        r = self.r
        x = r.random()
        flags = r.choice(MAPPINGS)
        if x < 0.35:
            flags |= r.choice(MMAP_FLAGS)
        elif x < 0.45:
            flags = 0
            for _ in range(r.randint(0, 5)):
                flags |= r.choice(MMAP_FLAGS)
        length = self.length()
        size = length[1]
        addr = i(0) if r.random() < 0.4 else self.addr()
        if size & M64 > BIG or size == 0:
            flags &= ~0x8000 & ~0x2000  # MAP_POPULATE and MAP_LOCKED
        if addr[0] == "i" and flags & FIXED and size < 1 << 47:
            above = addr[1] >= FREE and addr[1] + size < MAP_LIMIT
            below = addr[1] < 0x100000 and size < 0x100000
            addr = addr if above or below else i(FREE)
        if size > 1 << 30:
            flags &= ~FIXED if r.random() < 0.9 and not (flags & FIXED and size >= 1 << 47) else M64
        flags |= self.c(0, 0, 0, 0, 0, 0, 0, 0, 1 << 40)
        prot = self.prot()
        if flags & 0x20:
            fd = self.hi(-1) if r.random() < 0.8 else self.fd()
        else:
            fd = self.fd(0.05)
        self.maps.append(self.add("mmap", addr, length, prot, i(flags), fd, i(r.choice(MMAP_OFFSETS))))

    def touch_memory(self):
        """The kernel writes to a mapping, or reads from it."""
        r = self.r
        if self.maps and r.random() < 0.7:
            addr = ("r", r.choice(self.maps), self.c(0, 8, 4096, 4088, 0x2000))
        else:
            addr = ("r", self.brk0, self.c(0, 8, 4088, 4096, -8)) if r.random() < 0.5 else self.addr()
        if r.random() < 0.5:
            self.add("getrandom", addr, i(self.c(1, 8, 16, 4096)), i(0))
        else:
            self.add("pwrite64", self.fd(0.05), addr, i(self.c(1, 8, 16, 5000)), i(0))

    def time_call(self):
        """Clocks, and a sleep that is short."""
        r = self.r
        name = r.choice(TIME_CALLS)
        if name == "time":
            self.add(name, self.c(i(0), ("b", 0), self.ptr(1)), n=16)
        elif name == "gettimeofday":
            tv, tz = self.c(("b", 0), i(0), self.ptr(1)), self.c(i(0), ("b", 32), self.ptr(1))
            self.add(name, tv, tz, n=48)
        elif name == "clock_gettime":
            self.add(name, self.hi(r.choice(CLOCKS)), self.ptr(), n=24)
        else:
            how_long = struct.pack("<qq", self.c(0, 0, 0, 0, 0, -1, -(1 << 63)), r.choice(NANOSECONDS))
            request = ("s", how_long) if r.random() < 0.85 else self.ptr(1)
            request = ("e", how_long[: self.c(8, 15, 16, 16)]) if r.random() < 0.1 else request
            self.add(name, request, self.c(i(0), ("b", 0), self.ptr(1)), n=16)

    def misc_call(self):
        """What asks about the system and the task."""
        r = self.r
        name = r.choice(MISC_CALLS)
        if name in ("uname", "sysinfo"):
            self.add(name, self.ptr(0.3), n=400)
        elif name == "getrusage":
            self.add(name, self.hi(self.c(0, 0, 1, -1, -1, 2, -2)), self.ptr(0.3), n=160)
        elif name == "getrandom":
            count = self.c(0, 1, 16, 64, 255, 256, 257) if r.random() < 0.8 else r.choice(COUNTS)
            if count <= 320:
                buffer = self.ptr(0.25)
            else:
                buffer = i(ZONE) if r.random() < 0.7 else self.ptr(1)
            self.add(name, buffer, i(count), self.hi(self.c(0, 0, 1, 2, 3, 4, 5, 6, 7, 8, -1)), n=320)
        elif name == "number":
            self.add(r.choice(NUMBERS), self.fd(), self.ptr(), i(16), n=16)
        else:
            self.add(name)
