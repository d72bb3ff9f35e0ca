"""Random system calls with random arguments and memory set-ups (mmap, mprotect, munmap, brk), on three kernels.

    .venv/bin/python tests/tools/fuzz_calls.py [CALLS=200000] [SECONDS=180] [SEED=1] [WORKERS=2]

Fails on an exception, an oops, a wrong getpid, changed kernel memory, a call of more than 2 s, a host process of more
than 700 MB, a crash, a hang.  The last line has the figures; exit status 1 on a failure.
"""

import gc
import random
import resource
import struct
import sys
import time
import traceback
from collections.abc import Callable

from watched import KERNEL_DATA, KERNEL_RODATA, KERNEL_TEXT, MODULES, Watched
from workers import attack

BATCH = 1500  # calls for one worker
BOOT_EVERY, DIGEST_EVERY, GETPID_EVERY, SIZE_EVERY = 300, 20, 5, 50  # calls
KERNELS = ("course", "4.19", "6.19")
CMDLINES = ("", "uid=1000", "nosmap nosmep")
SLOW = 2  # seconds
MOST_MEMORY = 700_000  # KiB of the host process, where Linux is the host
ADDRESS_SPACE = 6 << 30
REFUSALS = ("memory left", "may take")  # of the face: the arguments have no room
TASK_SIZE_MAX = 0x7FFFFFFFF000
VMALLOC = 0xFFFFC90000000000
MMAP, MPROTECT, MUNMAP, BRK, GETPID, EXITS = 9, 10, 11, 12, 39, (60, 231)
Argument = int | bytes | bytearray
PATHS = [
    *(b"/tmp/a", b"/tmp/b", b"/tmp", b"/", b".", b"..", b"/tmp/d", b"/tmp/d/e"),
    *(b"/dev/null", b"/dev/zero", b"/dev/tty", b"/dev/full", b"/dev/random", b"/dev/urandom", b"/dev/console"),
    *(b"/etc/hostname", b"/etc/passwd", b"", b"x" * 255, b"x" * 256, b"/" * 4095, b"a/" * 2047, b"a/b/c", b"\xff"),
    *(b"/proc/self/maps", b"/proc/self/fd/3", b"/proc/self/cwd", b"/proc/self/root", b"/proc/kallsyms"),
    *(b"/proc/meminfo", b"/proc/modules", b"/proc/self/status", b"/proc/self/cmdline", b"/proc/1", b"/proc/77/fd"),
    *(b"/proc/sys/kernel/tainted", b"/proc/sys/kernel/kptr_restrict", b"/proc/self/comm", b"/sys/module"),
    *(b"/home/student/loop", b"/home/student", b"/proc", b"/proc/self/fd", b"/proc/uptime", b"/proc/mounts"),
    *(b"/../../etc/shadow", b"/etc/../../../etc/passwd"),
]
EDGES = [
    *(0, 1, 2, 3, -1, -2, 8, 16, 255, 256, 1 << 31, (1 << 31) - 1, 1 << 32, (1 << 32) - 1, 1 << 62, 1 << 63),
    *((1 << 63) - 1, -100, 4095, 4096, 4097, 8192, 1 << 20, 1 << 30, TASK_SIZE_MAX, TASK_SIZE_MAX - 1),
    *(TASK_SIZE_MAX - 4096, 1 << 47, 1 << 46, 0x7FFFF000, (1 << 64) - 4096),
]
PLACES = [
    *(0x401000, 0x402000, TASK_SIZE_MAX - 0x1000, KERNEL_TEXT, KERNEL_RODATA, KERNEL_DATA, MODULES, VMALLOC),
    *(0x600000, 0x10000, 0x7FFFF7FF0000),
]
FLAGS = [
    *(0o100, 0o1101, 2, 0x10000, 0x80000, 0o777, 7, 3, 0x22, 0x32, 0x4000, 0x800),
    *(0o200000, 0o2000, 0x200000, 0x410000),
]
WORDS = [0, 1, 16, 4096, 1 << 63, 0x402000, 0x401000, 0xFFFFFFFF82400000]
SECONDS = [0, 1, -1, 10**9, 1 << 62, (1 << 63) - 1]
NANOSECONDS = [0, 1, -1, 999999999, 10**9, 1 << 40]
X32 = 1 << 30
FORKS = (57, 58)  # a child is a change of the lists of tasks in kernel memory, and rightly so
NUMBERS = [1 << 30, X32 | GETPID, (1 << 32) | GETPID, (1 << 31) | 1, -1, (1 << 63) | 60]


def argument(d: random.Random) -> Argument:
    """One argument: a path, a buffer, an address, flags, a descriptor, a struct, or noise."""
    makers: list[Callable[[], Argument]] = [
        lambda: d.choice(PATHS),
        lambda: bytearray(d.choice([0, 1, 8, 16, 64, 144, 390, 4096, 65536])),
        lambda: d.choice(PLACES) + d.choice([0, 0, 1, 8, 0xFF8, 0xFFF, 0x1000, d.randrange(0x3000)]),
        lambda: d.choice(EDGES),
        lambda: d.choice(FLAGS),
        lambda: d.randrange(-3, 12),
        lambda: d.randbytes(d.randrange(0, 200)),
        lambda: struct.pack("<8Q", *[d.choice([*WORDS, d.getrandbits(64)]) for _ in range(8)]),
        lambda: struct.pack("<2q", d.choice(SECONDS), d.choice(NANOSECONDS)),
        lambda: d.getrandbits(d.randrange(1, 65)),
    ]
    return makers[d.randrange(10)]()


def memory_call(d: random.Random) -> tuple[int, list[Argument]]:
    """A call that changes the memory map."""
    addresses = [0, 0, 0x10000, 0x600000, 0x401000, 0x402000, 0x7FFFFFFF0000, 0x7FFFF0000000]
    lengths = [4096, 8192, 65536, 1 << 20, 16 << 20, 64 << 20, 1 << 30, 1 << 46, 1 << 47, 0, 1]
    flags = [0x22, 0x32, 0x21, 0x62, 0x122, 0x4022, 0x100022, 0x2, 0x1]
    mmap: list[Argument] = [
        d.choice([*addresses, d.getrandbits(47) & ~0xFFF]),
        d.choice(lengths),
        d.randrange(8),
        d.choice(flags),
        d.choice([-1, 3, 4, 0]),
        d.choice([0, 4096, 1 << 40]),
    ]
    mprotect: list[Argument] = [
        d.choice(PLACES) & ~0xFFF,
        d.choice([4096, 8192, 16 << 20, 1 << 47]),
        d.randrange(8),
    ]
    munmap: list[Argument] = [
        d.choice([0x600000, 0x10000, 0x401000, 0x402000, 0x7FFFFFFFE000, 0x7FFFF7FF0000, 0]),
        d.choice([4096, 16 << 20, 1 << 46, 1 << 47]),
    ]
    brk: list[Argument] = [d.choice([0, 0, 0x1402000, 0x1403000, 0x2402000, 0x8000000, 1 << 46, (1 << 64) - 1])]
    return d.choice([(MMAP, mmap), (MPROTECT, mprotect), (MUNMAP, munmap), (BRK, brk)])


def call(d: random.Random, built: list[int]) -> tuple[int, list[Argument]]:
    """A number, mostly of a call that is built, and up to six arguments."""
    kind = d.random()
    if kind < 0.12:
        return memory_call(d)
    if kind < 0.22:
        nr = d.randrange(-5, 1001)
    elif kind < 0.25:
        nr = d.choice([d.getrandbits(64), d.getrandbits(32), *NUMBERS])
    else:
        nr = d.choice(built)
    if (nr in EXITS and d.random() < 0.9) or nr & 0xFFFF_FFFF in FORKS:
        nr = GETPID
    return nr, [argument(d) for _ in range(d.randrange(7))]


def fault(target: Watched, i: int) -> str | None:
    """What is wrong after call `i`."""
    if oops := target.oops():
        return oops
    if i % GETPID_EVERY == 0:
        pid, again, thread = (target.machine.syscall(name) for name in ("getpid", "getpid", "gettid"))
        if not pid or pid < 0 or (pid, pid) != (again, thread):
            return f"getpid answers {pid}, then {again}, gettid {thread}"
    if i % DIGEST_EVERY == 0 and target.machine.syscall("getpid") != target.pid:
        target.boot()  # rt_sigreturn has killed the shell's task: its successor has another number
    elif i % DIGEST_EVERY == 0 and (changed := target.changed()):
        return changed
    looked_at = i % SIZE_EVERY == 0 and sys.platform == "linux"
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if looked_at else 0
    return f"RSS {size} KiB" if size > MOST_MEMORY else None


def one(target: Watched, i: int, nr: int, args: list[Argument]) -> str | None:
    """Make a call and look; what went wrong."""
    started = time.time()
    try:
        target.machine.syscall(nr, *args)
        target.machine.take_output()
        took = time.time() - started
        return f"slow {took:.1f} s" if took > SLOW else fault(target, i)
    except ValueError as error:
        return None if any(refusal in str(error) for refusal in REFUSALS) else f"ValueError {error}"
    except BaseException as error:
        return f"{type(error).__name__}: {error} {traceback.format_exc()[-700:]}"


def child(numbers: range, tell: Callable[[int], None], report: Callable[[str], None]) -> None:
    """The calls of one worker: one seed, the first number, makes them all."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    d = random.Random(numbers.start)
    kernel = KERNELS[numbers.start // BATCH % len(KERNELS)]

    def fresh() -> Watched:
        gc.collect()  # two machines at once would need twice the memory
        return Watched(kernel, d.choice(CMDLINES))

    target = fresh()
    built = [row["nr"] for row in target.machine.execute("table --state built")["result"]["entries"]]
    for i, number in enumerate(numbers):
        tell(number)
        nr, args = call(d, built)
        bad = one(target, i, nr, args)
        if bad:
            report(f"batch {numbers.start} i {i} {kernel} {target.cmdline!r} nr {nr} args {args!r}"[:700] + f": {bad}")
        if bad or i % BOOT_EVERY == BOOT_EVERY - 1:
            del target
            target = fresh()


if __name__ == "__main__":
    sys.exit(attack("fuzz_calls", "calls", BATCH, child, lambda number: "one of the calls of its batch"))
