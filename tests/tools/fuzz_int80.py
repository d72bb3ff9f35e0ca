"""Random registers by `int 0x80`, from 64-bit code, on three kernels.

    .venv/bin/python tests/tools/fuzz_int80.py [PROGRAMS=20000] [SECONDS=180] [SEED=1] [WORKERS=2]

A program makes six calls.  Fails on an exception, an oops, a wrong getpid, changed kernel memory, a crash, a hang.  The
last line has the figures; exit status 1 on a failure.
"""

import random
import sys
import traceback
from collections.abc import Callable

from fuzz_exhaust_lib import EXIT, movabs
from watched import Watched
from workers import attack

TEXT, DATA, DATA_SIZE = 0x401000, 0x500000, 0x10000
BATCH = 400  # programs for one worker
KERNELS = ("course", "4.19", "6.19")
CALLS, BUDGET = 6, 20_000
REGISTERS = (3, 1, 2, 6, 7, 5)  # rbx, rcx, rdx, rsi, rdi, rbp
NUMBERS = 480  # and a few above
VALUES = (
    *(0, 1, 2, 3, 5, 8, 10, 0x22, 4096, DATA, DATA + 64, DATA + DATA_SIZE - 4, TEXT, 0x7FFF_FFFF_E000),
    *(0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFF_8100_0000, (1 << 64) - 1, 1 << 32, 0xF7FF_D000),
)


def program(d: random.Random) -> bytes:
    """Its machine code."""
    code = b""
    for _ in range(CALLS):
        for register in REGISTERS:
            code += movabs(register, d.choice([*VALUES, d.getrandbits(64)]))
        code += movabs(0, d.choice([d.randrange(NUMBERS), d.randrange(NUMBERS), d.getrandbits(64)])) + b"\xcd\x80"
    return code + EXIT


def child(numbers: range, tell: Callable[[int], None], report: Callable[[str], None]) -> None:
    """Run the programs of these seeds."""
    watched = Watched(KERNELS[numbers.start // BATCH % len(KERNELS)])
    for number in numbers:
        tell(number)
        fault = _fault(watched, number)
        if fault:
            report(f"seed {number} on {watched.kernel}: {fault}")
            watched = Watched(watched.kernel)


def _fault(watched: Watched, number: int) -> str | None:
    """What went wrong with the program of this seed."""
    code = program(random.Random(number))
    machine = watched.machine
    try:
        done = machine.run([(TEXT, code, len(code), "r-x"), (DATA, b"", DATA_SIZE, "rw-")], TEXT, budget=BUDGET)
        return watched.stranger(done) or watched.oops() or watched.changed()
    except Exception:
        return traceback.format_exc()


if __name__ == "__main__":
    sys.exit(attack("fuzz_int80", "programs", BATCH, child, lambda number: f"the program of seed {number}"))
