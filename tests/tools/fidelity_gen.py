"""Making random sequences: what each begins with, its random calls, its end."""

from fidelity_arguments import i, s
from fidelity_calls import ANONYMOUS, FIXED_ANONYMOUS, STAT_ROOM
from fidelity_files import FileCalls
from fidelity_program import DATA, EDGE, TEXT, ZONE
from fidelity_values import BADPTR, TOUCHED

VDSO_GUARD = ("i", 0x1FF000)  # the length of a mapping that keeps kshell's others clear of where Linux has its vDSO
LOOKED_AT = (b"a", b"b", b"c", b"d", b"d/a", b"d/e", b".", b"..", b"/tmp/w", b"/tmp/w/a", b"/home/student")


class Gen(FileCalls):
    """One random sequence."""

    def sequence(self):
        """The zones, a few files, 10 to 60 random calls, a look at what has become of it all, an end."""
        r = self.r
        self.mm_weight = r.choice([0, 5, 15, 60])
        self.begin()
        for _ in range(r.randint(10, 60)):
            self.step()
        if r.random() < 0.35:
            self.look()
        if self.mm_weight >= 15 and r.random() < 0.7:
            maps = self.add("open", s(b"/proc/self/maps"), i(0), i(0))
            self.add("read", ("r", maps, 0), ("b", 0), i(4000), n=4000, tag="maps")
        if r.random() < 0.3:
            self.touch()
        else:
            self.add(self.c("exit", "exit_group"), self.hi(self.c(0, 1, 7, 255, 256, -1, 0x1FF, 1 << 31)))
        return self.seq

    def map(self, addr, length, prot, flags):
        """mmap of anonymous memory."""
        return self.add("mmap", i(addr), i(length), i(prot), i(flags), i(-1), i(0))

    def begin(self):
        """What every sequence has."""
        r = self.r
        self.brk0 = self.add("brk", i(0))
        self.map(0, VDSO_GUARD[1], 0, ANONYMOUS)
        self.maps.append(self.map(0, 4096, 3, ANONYMOUS))
        for offset, length, prot in ((0, 4096, 3), (0x10000, 4096, 1), (0x20000, 4096, 0), (0x30000, 8192, 3)):
            self.map(ZONE + offset, length, prot, FIXED_ANONYMOUS)
        self.add("mprotect", i(ZONE + 0x31000), i(4096), i(1))
        self.map(EDGE, 4096, 3, FIXED_ANONYMOUS)
        self.add("mkdir", s(b"/tmp/w"), i(0o755))
        self.add("chdir", s(b"/tmp/w"))
        if r.random() < 0.8:
            self.new_fd("open", s(b"a"), i(0o102), i(0o644))
            n = self.c(0, 1, 11, 4096, 5000)
            self.add("write", self.fds[-1], ("s", (b"hello world, " * 400)[: n + 1]), i(n))
        if r.random() < 0.6:
            self.add("mkdir", s(b"d"), i(0o755))
        if r.random() < 0.3:
            self.new_fd("open", s(b"d"), i(0), i(0))
        if r.random() < 0.3:
            self.new_fd("open", s(self.c(b"/dev/null", b"/dev/zero", b"/dev/full")), i(2), i(0))

    def look(self):
        """What has become of the descriptors and files."""
        for fd in range(12):
            self.add("fcntl", i(fd), i(3), i(0))
            self.add("fcntl", i(fd), i(1), i(0))
            self.add("lseek", i(fd), i(0), i(1))
            self.add("fstat", i(fd), ("b", 0), n=STAT_ROOM)
        for path in LOOKED_AT:
            self.add("lstat", s(path), ("b", 0), n=STAT_ROOM)
        self.add("getcwd", ("b", 0), i(64), n=64)

    def touch(self):
        """End by a load, a store or a jump."""
        r = self.r
        if r.random() < 0.7:
            place = ("r", r.choice(self.maps), self.c(0, 1, 8, 4088, 4092, 4096, 8192, -8, -4096))
        else:
            place = i(r.choice(BADPTR + TOUCHED))
        kind = self.c("load", "store", "exec", "load1", "call", "push", "rmw")
        if kind in ("exec", "call") and place in (i(TEXT), i(TEXT + 0xFFF)):
            place = i(DATA)  # no loops
        self.seq.append(["touch", kind, place])
