"""Random machine code in ring 0: it may oops, panic or answer anything, and the next call is right all the same.

    .venv/bin/python tests/tools/fuzz_ring0.py [PROGRAMS=200000] [SECONDS=180] [SEED=1] [WORKERS=2]

After each program a getpid is looked at, on a new machine where the last one panicked or its kernel memory was spoilt.
The last line has the figures; exit status 1 on a failure.  One seed again: fuzz_ring0.py 1 60 SEED 1.
"""

import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from fuzz_code import PREFIXES, instruction
from fuzz_exhaust_lib import movabs
from workers import attack

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.kernel.machine_code_lab import DATA, TEXT, MachineLab

BATCH = 200
SLOW = 5  # seconds
BUDGETS = (3000, 3000, 20_000)
SPOILT_OFTEN = 8  # programs a machine lives for: ring 0 may write where it likes
POINTERS = (
    *(
        0,
        1,
        0x12345,
        0x401000,
        0x500000,
        0x7FFFFFFFEFF0,
        1 << 47,
        (1 << 64) - 1,
        1 << 63,
        TEXT,
        TEXT + 0xFFD,
        DATA,
        DATA + 0xFFC,
    ),
    *(0xFFFFFFFF81000000, 0xFFFFFFFF81000010, 0xFFFFFFFF81000018, 0xFFFFFFFF81000040, 0xFFFFFFFF81001000),
    *(0xFFFFFFFF81000100, 0xFFFFFFFF810001CD, 0xFFFFFFFF810001E8, 0xFFFFFFFF810001EB, 0xFFFFFFFF810001F0),  # the way in
    *(0xFFFFFFFF8100A000, 0xFFFFFFFF82000000, 0xFFFFFFFF82400000, 0xFFFFC90000000000, 0xFFFFC90000003F58),
)
RING0 = [
    bytes.fromhex(text)
    for text in """
0f20c0 0f22c0 0f20d8 0f22d8 0f20e0 0f22e0 440f22c0 0f20d0 0f22d0 0f2100 0f01c1 0f01c1 ffd0 ffd0 ffd3 ffe0 f4 fa
fb cf 48cf cb 48cb ca0800 ff18 48ff18 ff28 48ff28 0f0110 0f0118 0f01f0 0f0138 0f01f8 0f00d0 0f00d8 8ed0 8ed8
8ee0 0fa1 0fa9 0fb200 0fb400 0f30 0f32 0f31 0f33 0f07 480f07 0f35 0f34 0f05 0faa 0f08 0f09 0f06 9d 6800010000
6800400000 6800000200 6802020000 4889c4 4889c5 50 58 5d 5b c9 c3 c20800 5c f00fabea f00fbae801 f3a4 f3aa
4883c408 4883ec08 488b00 488900 c600cc c7000f0b0000 8b07 48890f 488b4770 4825fffffeff 480d00000100 0d33000080
b833000580 b9800000c0 31c0 31d2 ec ee 6c 6e cd80 cd03 cd0e cc f1 0f0b ebfe e2fe 75f0 e8fbffffff e800000000 dbe3
0fae08 0fae1424 660fefc0 0f77
""".split()
]


def program(d: random.Random) -> bytes:
    """A program: noise, or instructions of either ring, pointers into the kernel, and a call of what is there."""
    if d.random() < 0.15:
        return d.randbytes(d.randrange(1, 120))
    parts = [bytes.fromhex("55 4889e5")] if d.random() < 0.5 else []
    for _ in range(d.randrange(1, 16)):
        kind = d.random()
        if kind < 0.35:
            code = d.choice(RING0)
        elif kind < 0.6:
            code = movabs(d.choice([0, 0, 0, 1, 2, 3, 4, 5, 6, 7]), d.choice([*POINTERS, d.getrandbits(64)]))
        elif kind < 0.7:
            code = movabs(0, 0xFFFFFFFF81000000 + 16 * d.randrange(0x1A00)) + bytes.fromhex("ffd0")
        else:
            code = bytes(d.choices(PREFIXES, k=d.choice([0, 0, 0, 1, 2, 14]))) + instruction(d)
        if d.random() < 0.05:
            code = bytes([d.randrange(256), *code[1:]])
        parts.append(code)
    return b"".join(parts) + d.choice([b"", b"\xc3", b"\x5d\xc3", b"\xeb\xfe"])


def attempt(lab: MachineLab, d: random.Random) -> str:
    """Run one program in ring 0, then a getpid; how it ended.  AssertionError where that is wrong."""
    code = program(d)
    at = d.choice([TEXT, TEXT, TEXT + 0x1000 - len(code), TEXT + 0x1000 - len(code) // 2])
    for page in (TEXT, TEXT + 0x1000):
        lab.k.memory.poke(page, b"\xcc" * 0x1000)
    lab.k.memory.protection.write_protect = True
    lab.k.memory.flush()
    lab.replace(at, code)
    lab.point(at)
    outcome = lab.syscall(*d.choices([*POINTERS, d.getrandbits(64)], k=6), budget=d.choice(BUDGETS)).outcome.kind
    assert outcome in ("returned", "killed", "budget", "exited"), outcome
    return outcome


def one(lab: MachineLab, number: int) -> tuple[str | None, bool]:
    """Run the program of a number: what went wrong, and whether the machine can be used again."""
    d, started = random.Random(number), time.time()
    try:
        attempt(lab, d)
        pid = lab.getpid()
        bad = None if pid == lab.k.shell_task.pid else f"getpid answers {pid}"
    except BaseException as error:
        if type(error).__name__ == "KernelPanic":
            return None, False
        bad = f"{type(error).__name__}: {error} {traceback.format_exc()[-1500:]}"
    if bad is None and time.time() - started > SLOW:
        bad = f"slow {time.time() - started:.1f} s"
    return bad and f"seed {number}: {bad}", number % SPOILT_OFTEN != 0


def main() -> int:
    """Attack; returns the exit status."""

    def child(numbers: range, tell: Callable[[int], None], report: Callable[[str], None]) -> None:
        lab = None
        for number in numbers:
            lab = lab or MachineLab(("course", "6.19")[number % 2], ("", "nosmap nosmep")[number % 3 == 0])
            tell(number)
            bad, usable = one(lab, number)
            if bad:
                report(bad)
            if bad or not usable:
                lab = None

    return attack("fuzz_ring0", "programs", BATCH, child, lambda number: f"code {program(random.Random(number)).hex()}")


if __name__ == "__main__":
    sys.exit(main())
