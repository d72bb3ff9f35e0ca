"""A sequence of system calls as machine code: an ELF for Linux, segments for kshell.

A sequence is a list of [name, [args], size of its buffer]; an argument is one of

    ("i", n)                a number
    ("r", step, delta)      the result of a step
    ("p", step, offset)     32 bits out of a step's buffer
    ("b", offset)           this call's own buffer
    ("s", bytes)            these bytes, somewhere
    ("iov", [(arg, length), ...])
    ("e", n)                n bytes at the end of EDGE, behind which nothing is mapped; they end up in the call's buffer
    ("e", bytes)            these bytes there

Instead of a call there may be ["touch", kind, arg]: the program's end, by a load, a store, a jump.
"""

import re
import struct

NR = {
    name: int(number)
    for name, number in re.findall(
        r"(\w+)=(\d+)",
        """
read=0 write=1 open=2 close=3 stat=4 fstat=5 lstat=6 lseek=8 mmap=9 mprotect=10 munmap=11 brk=12
rt_sigaction=13 rt_sigprocmask=14 pause=34 getitimer=36 alarm=37 setitimer=38 kill=62 rt_sigpending=127
rt_sigtimedwait=128 rt_sigqueueinfo=129 rt_sigsuspend=130 sigaltstack=131 tkill=200 tgkill=234
pread64=17 pwrite64=18 readv=19 writev=20 pipe=22 sched_yield=24 mremap=25 mincore=27 madvise=28
dup=32 dup2=33 nanosleep=35 getpid=39
exit=60 uname=63 fcntl=72 getcwd=79 chdir=80 mkdir=83 rmdir=84 unlink=87 gettimeofday=96 getrusage=98 sysinfo=99
getuid=102 getgid=104 geteuid=107 getegid=108 getppid=110 gettid=186 time=201 clock_gettime=228
exit_group=231
access=21 fsync=74 truncate=76 ftruncate=77 getdents=78 fchdir=81 rename=82 link=86 symlink=88 readlink=89 chmod=90
fchmod=91 chown=92 fchown=93 lchown=94 umask=95 utime=132 mknod=133 getdents64=217 utimes=235 fchownat=260 renameat=264
linkat=265 symlinkat=266 readlinkat=267 fchmodat=268 faccessat=269 utimensat=280 preadv=295 pwritev=296 renameat2=316
openat=257 mkdirat=258 newfstatat=262 unlinkat=263 dup3=292 pipe2=293 getrandom=318
no_call=18446744073709551615 hole=387 too_large=1000 too_large_int=2147483647 gone=174 vserver=236 uprobe=336
getpid_x32=1073741863 getpid_wide=4294967335 getpid_garbled=16045690981097406503 largest=9223372036854775807
""",
    )
}

# Where the code is, the records and literals, and a page that is far behind them.
TEXT, DATA, DATA_SIZE, TAIL = 0x401000, 0x500000, 0xC0000, 0x1600000
ZONE = 0x20000000  # pages of every protection
EDGE = 0x30000000  # a page that stands alone
PAGE = 4096
LOGFD = 900  # where a program writes its records
FILL = 0xA5  # what a buffer holds before its call
RECORD = 16  # bytes of a record before its buffer: number, size, result
M64 = (1 << 64) - 1
KERNEL, NONCANON, TOP = 0xFFFFFFFF81000000, 0x8000000000000000, 0x7FFFFFFFF000
ARGUMENT_REGISTERS = (7, 6, 2, 10, 8, 9)  # rdi rsi rdx r10 r8 r9
TOUCH = {
    "load": b"\x48\x8b\x18",  # mov rbx, [rax]
    "store": b"\x48\x89\x18",  # mov [rax], rbx
    "exec": b"\xff\xe0",  # jmp rax
    "load1": b"\x8a\x18",  # mov bl, [rax]
    "push": b"\x48\x89\xc4\x50",  # mov rsp, rax; push rax
    "call": b"\xff\xd0",  # call rax
    "rmw": b"\xff\x00",  # inc dword ptr [rax]
}
EXIT = b"\xb8\xe7\x00\x00\x00\x31\xff\x0f\x05\x0f\x0b"  # exit_group(0); ud2
SYSCALL = b"\x0f\x05"


class Program:
    """Machine code for a sequence; `records` are (offset in data, buffer size) of each step."""

    def __init__(self, seq):
        self.seq, self.code, self.data = seq, bytearray(), bytearray()
        self.records = []
        self.lit = {}
        for number, step in enumerate(seq):
            size = step[2] if step[0] != "touch" else 0
            self.records.append((len(self.data), size))
            self.data += struct.pack("<IIq", number, size, 0) + bytes([FILL]) * size
            self.data += bytes(-len(self.data) % 16)
        for i, step in enumerate(seq):
            self.step(i, step)
        self.code += EXIT
        assert len(self.data) <= DATA_SIZE, len(self.data)

    def step(self, i, step):
        """The code of step i."""
        if step[0] == "touch":
            self.log(i)
            self.load(0, self.arg(step[2], i))
            self.code += TOUCH[step[1]]
        else:
            self.call(i, *step[:2])

    def call(self, i, name, args):
        """The call of step i: its result goes into its record, the record to the log."""
        edges = [arg[1] for arg in args if arg[0] == "e"]
        for what in edges:
            filled = bytes([FILL]) * what if isinstance(what, int) else what
            self.copy(EDGE + PAGE - len(filled), self.place(filled), len(filled))
        for register, arg in zip(ARGUMENT_REGISTERS, args, strict=False):
            self.load(register, self.arg(arg, i))
        self.load(0, ("imm", NR[name] if isinstance(name, str) else name & M64))
        self.code += SYSCALL
        self.code += b"\x48\x89\x04\x25" + struct.pack("<I", DATA + self.records[i][0] + 8)  # mov [record + 8], rax
        for what in edges:
            if isinstance(what, int):
                self.copy(DATA + self.records[i][0] + RECORD, EDGE + PAGE - what, what)
        self.log(i)

    def copy(self, target, source, size):
        """rep movsb of `size` bytes."""
        self.load(7, ("imm", target))
        self.load(6, ("imm", source))
        self.load(1, ("imm", size))
        self.code += b"\xf3\xa4"

    def log(self, i):
        """write(LOGFD, the record of step i, its size)."""
        at, n = self.records[i]
        self.code += b"\xb8\x01\x00\x00\x00\xbf" + struct.pack("<I", LOGFD) + b"\xbe" + struct.pack("<I", DATA + at)
        self.code += b"\xba" + struct.pack("<I", RECORD + n) + SYSCALL

    def place(self, data):
        """The address of these bytes among the literals."""
        if data not in self.lit:
            self.lit[data] = DATA + len(self.data)
            self.data += data + bytes(-len(data) % 16)
        return self.lit[data]

    def arg(self, a, i):
        """Where an argument of step i comes from: a number, or memory (address, what to add)."""
        kind = a[0]
        if kind == "i":
            return ("imm", a[1] & M64)
        if kind == "r":
            return ("mem64", DATA + self.records[a[1]][0] + 8, a[2])
        if kind == "p":
            return ("mem32", DATA + self.records[a[1]][0] + 16 + a[2], 0)
        if kind == "b":
            return ("imm", DATA + self.records[i][0] + 16 + a[1])
        if kind == "s":
            return ("imm", self.place(a[1]))
        if kind == "e":
            return ("imm", EDGE + PAGE - (a[1] if isinstance(a[1], int) else len(a[1])))
        if kind == "iov":
            words = []
            for p, length in a[1]:
                words += [self.arg(p, i)[1], length & M64]
            return ("imm", self.place(struct.pack(f"<{len(words)}Q", *words)))
        raise ValueError(a)

    def load(self, reg, what):
        """mov of such a thing into a register."""
        rex = 0x48 | (1 if reg >= 8 else 0)
        if what[0] == "imm":
            self.code += bytes([rex, 0xB8 | reg & 7]) + struct.pack("<Q", what[1])
            return
        rex = 0x48 | (4 if reg >= 8 else 0)
        if what[0] == "mem32":
            self.code += (
                bytes([rex & ~8] if rex & 4 else [])
                + bytes([0x8B, 4 | (reg & 7) << 3, 0x25])
                + struct.pack("<I", what[1])
            )
        else:
            self.code += bytes([rex, 0x8B, 4 | (reg & 7) << 3, 0x25]) + struct.pack("<I", what[1])
        if what[2]:
            self.code += bytes([0x48 | (1 if reg >= 8 else 0), 0x81, 0xC0 | reg & 7]) + struct.pack("<i", what[2])

    def segments(self):
        """As kshell.api has them: (address, data, size, protection)."""
        return [
            (TEXT, bytes(self.code), len(self.code), "r-x"),
            (DATA, bytes(self.data), DATA_SIZE, "rw-"),
            (TAIL, b"", 4096, "rw-"),
        ]

    def elf(self):
        """As Linux has them: a static executable."""
        segs = self.segments()
        flags = {"r-x": 5, "rw-": 6, "r--": 4}
        n = len(segs) + 1
        head = (
            b"\x7fELF\x02\x01\x01"
            + bytes(9)
            + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, TEXT, 64, 0, 0, 64, 56, n, 0, 0, 0)
        )
        off, ph, body = 4096, b"", b""
        for addr, data, size, prot in segs:
            ph += struct.pack("<IIQQQQQQ", 1, flags[prot], off, addr, addr, len(data), size, 4096)
            body += data + bytes(-len(data) % 4096)
            off += len(data) + -len(data) % 4096
        ph += struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)
        return (head + ph).ljust(4096, b"\0") + body
