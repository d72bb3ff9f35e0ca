"""The arguments of random calls, good and bad."""

from fidelity_program import ZONE
from fidelity_values import ADDRESSES, BADPTR, COUNTS, FLAGS, GOOD, LENGTHS, MODES, ODD, OPEN_WAYS, PATHS, PROTS

FREE = ZONE + 0x100000  # addresses that nothing else uses


def i(value):
    """A number as an argument."""
    return ("i", value)


def s(text):
    """A string as an argument."""
    return ("s", text + b"\0")


class Arguments:
    """A sequence that grows; `fds`, `maps` and `pipes` are what later calls can refer to."""

    def __init__(self, rng):
        self.r = rng
        self.seq, self.fds, self.maps, self.pipes = [], [], [], []

    def c(self, *choices):
        """One of these."""
        return self.r.choice(choices)

    def add(self, name, *args, n=0, tag=None):
        """Add a call with a buffer of n bytes; its number."""
        self.seq.append([name, list(args), n] + ([tag] if tag else []))
        return len(self.seq) - 1

    def new_fd(self, *call):
        """Add a call that returns a descriptor."""
        self.fds.append(("r", self.add(*call), 0))

    def hi(self, value):
        """An int argument, sometimes with garbage in its upper half."""
        if self.r.random() < 0.92:
            return i(value)
        return i((value & 0xFFFFFFFF) | self.c(0xDEADBEEF, 1, 0xFFFFFFFF, 0x80000000) << 32)

    def fd(self, odd=0.12):
        """A descriptor."""
        x = self.r.random()
        if x < odd:
            return self.hi(self.r.choice([*ODD, 3, 4, 5, 9, 99, -100]))
        if x < 0.75 and self.fds:
            return self.r.choice(self.fds[-6:])
        if x < 0.85 and self.pipes:
            return ("p", self.r.choice(self.pipes), self.c(0, 4))
        return self.hi(self.r.choice(range(9)))

    def ptr(self, odd=0.2):
        """This call's buffer, or a bad pointer."""
        if self.r.random() < odd:
            if self.maps and self.r.random() < 0.4:
                return ("r", self.r.choice(self.maps), self.c(0, 8, 4088, 4096, 4095, -8, -4096, 8192, 0xFFF8))
            return i(self.r.choice(BADPTR))
        return ("b", 0)

    def edge(self, size):
        """A buffer of so many bytes where nothing is behind them; for some calls, as if it were longer."""
        return ("e", size) if self.r.random() < 0.06 else None

    def path(self, good=0.6):
        """A path, rarely one that ends where its page does, or a bad pointer."""
        x = self.r.random()
        if self.r.random() < 0.04:
            return ("e", self.r.choice(PATHS[:40]) + self.c(b"\0", b"\0", b""))
        if x < good:
            return s(self.r.choice(GOOD))
        if x < 0.95:
            return s(self.r.choice(PATHS))
        return self.ptr(1)

    def flags(self):
        """What open takes."""
        r = self.r
        flags = r.choice([0, 1, 2, 2, 2, 3])
        x = r.random()
        if x < 0.5:
            flags |= r.choice(OPEN_WAYS)
        elif x < 0.9:
            for _ in range(r.randint(1, 4)):
                flags |= r.choice(FLAGS)
        else:
            flags = r.getrandbits(32)
        if r.random() < 0.02:
            flags = r.choice([-1, 1 << 31, 0x7FFFFFFF])
        return self.hi(flags)

    def mode(self):
        """Permission bits."""
        return self.hi(self.r.choice(MODES))

    def count(self, n):
        """The buffer's length, or another."""
        return i(n if self.r.random() < 0.6 else self.r.choice(COUNTS))

    def addr(self):
        """An address for mmap and its like."""
        x = self.r.random()
        if x < 0.45 and self.maps:
            return ("r", self.r.choice(self.maps), self.c(0, 0, 0, 4096, 8192, -4096, 1, 0x10000, 0x3000))
        if x < 0.85:
            return i(FREE + self.c(0, 0x1000, 0x2000, 0x3000, 0x4000, 0x10000, 0x100000, 1, 0x800))
        return i(self.r.choice(ADDRESSES))

    def length(self):
        """A length, often one that mmap takes."""
        return i(self.r.choice(LENGTHS[: self.c(8, 10, 20)]))

    def prot(self):
        """Protection bits."""
        prot = self.r.randint(0, 7)
        if self.r.random() < 0.12:
            prot |= self.r.choice(PROTS)
        return i(prot)

    def dirfd(self):
        """AT_FDCWD, or a descriptor."""
        return self.hi(-100) if self.r.random() < 0.5 else self.fd()
