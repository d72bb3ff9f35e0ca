"""Random byte programs in ring 3: does anything of them reach the kernel, or the next program?

    .venv/bin/python tests/tools/fuzz_code.py [PROGRAMS=200000] [SECONDS=180] [SEED=1] [WORKERS=2]

After each program the kernel's digest, a getpid and the count of oopses are looked at, after every eighth a program
that writes down flags and FPU state, and the free memory.  The last line has the figures; exit status 1 on a failure.
One seed again: fuzz_code.py 1 60 SEED 1.
"""

import random
import struct
import sys
import time
import traceback
from collections.abc import Callable
from typing import NamedTuple

from fuzz_exhaust_lib import EXIT, movabs, prog_sys
from watched import PAGE, Watched
from workers import attack

from kshell.api import Machine, Run

TEXT, DATA, DATA_SIZE = 0x401000, 0x500000, 0x100000
BATCH = 400  # programs for one worker; every third batch runs on the newest kernel, the others on the course's
SLOW = 3  # seconds
PROBE_EVERY = 8
PROBE_BUDGET = 100_000
BUDGETS = (3000, 3000, 3000, 20_000, 300_000)
LIMIT = 1 << 47
PREFIXES = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3, *range(0x40, 0x50)]
INSTRUCTIONS = [
    bytes.fromhex(text)
    for text in """
0f05 b827000000 b80c000000 b809000000 b80b000000 b80a000000 bf00105000 be00200000 ba07000000 f00fabea f30fa4
f3a4 f3aa f3ab a5 aa ac e800000000 ebfe 75f0 e2f0 c3 ff24250050 50 58 5c 5d c9 0f31 0fa2 0f0b cc cd80 cd03 f1 f4
fa fb ec ee 6c 6e 0f3e 0f34 0f32 0f33 cf 48cf cb ca0000 9c 9d f7f1 f7f9 48f7f1 0f5ec8 f20f5ec1 0fae142500005000
0fae5424f0 0fae0c2500005000 dbe3 d9e8 def9 9b d92c24 dd2424 8ed0 8ed8 8ee0 8ee8 8ec0 0f01d0 0f01f9 0f00d8 62 c4
c5 8fc8100000 6690 0f1f00 c6050000000090 880500000000 4889e0 4889c4 bc00005000 48c7c000005000 488b00 488900
48b9ffffffffffffffff 48bcffffffffffff0080 48bc00f0ffffff7f0000 48bcf0efffffff7f0000 f348a5 f348ab f348ad f3a6
f2ae f348a7 fd fc 6681cc0001 6a00 6800010000 6800020000 6800400000 6800300000 6800040400 9d 9d909090
68000104009d 0fb2042500005000 0fb4042500005000 0fb5042500005000 ff1c2500005000 ff2c2500005000 48ff1c2500005000
48ff2c2500005000 6a336800105000cb 6a2b 6a33 6a10 6a18 6a07 6a0f 6a23 0f02c8 0f03c8 0f00e0 0f00e8 0f00d0 0f00c0
0f00c8 0f00d9 0f01142500005000 0f011c2500005000 0f01042500005000 0f010c2500005000 0f01e0 0f01f0 0f01f8 0f0138
0f20c0 0f22c0 0f20e0 0f22e0 0f22d8 0f21c0 0f23c0 0f23f8 0f30 0f06 0f08 0f09 f30faee0 f30faec0 f30faed0 f30faed8
f3480faed0 0faee8 0faef0 0faef8 0fae242500005000 0fae2c2500005000 480fae042500005000 480fae0c2500005000
0fae0425c01f5000 0fae34250050 d8c0 d9f0 d9f2 d9f8 d9fe d9ff dbc0 dc00 df2c2500005000 dfe0 dd3c2500005000
dd242500005000 d9342500005000 d9242500005000 0f77 0f0d00 0f7fc0 660f6fc0 f30f6fc0 f30f7ec0 0f2bc0 0fe700 0fc3c0
0ff7c1 660ff7c1 660f3a0fc108 0f38f0c0 f20f38f1c0 660f3880c0 660f3882c0 0f3a0fc108 660f3a63c000 660f3a44c000
f30fb8c0 f30fbdc0 0fc7f0 0fc7f8 480fc70c2500005000 f0480fc70c2500005000 f00fc7c8 488d0500000000 c60090
c60590000000cc 66c705000000000f05 ff25f6ffffff e9fbffffff 0f85f0ffffff e3f0 67e3f0 c8ffff1f c8000000 d7
a1ffffffffffffff7f a30000000000000080 a000105000000000 0fa3c0 0fabc0 0fbae0ff 480fa304250050500000
480fab042500505000 65488b042500000000 64488b042500000000 6548890425 0fc8 0fb6c0 98 99 4898 9e 9f f5 f8 f9
87042500005000 f087042500005000 0fb10425 f0480fb1042500505000 c7f8f0ffffff c6f8f0 0f01d5 0f01d6 0f01c1 0f01d8
0f01d9 0f01ca 0f01cb 0f01dd 0f01de 0faa f36f f26e f36c f36d e4e4 e500 e600 ef ed 0fff 0fb9 d6 82 0e 1f 27 d5 9a
ea 60 61 ce 06 c0f0ff d0f0 d3f8 0fa4c0ff 0facc0ff 0fa5c0 0fadc0 6690f4 480f05 660f05 f30f05 f20f05 f00f05 0f0548
0f07 480f07 0f35 480f35 f30f1efa f30f01e8 f30fa6c0 f30fa7c0 0fa6c0 0fa7c8 0f0e 0f24c0 0f26c0 0f36 0f37 0f39 0f3b
0f04 0f0a 0f0c
""".split()
]
ESCAPES = (0x38, 0x3A, 0x01, 0xAE, 0xC7, 0x00, 0xBA, 0x18, 0x71, 0x72, 0x73)  # second bytes with a third behind them
CALLS = (0, 1, 2, 3, 8, 9, 10, 11, 12, 22, 32, 33, 35, 39, 60, 77, 96, 158, 201, 218, 228, 231, 257, 318, 334, 335)
CALL_VALUES = (
    *(0, 1, 7, 0x32, 0x1000, 0x401000, 0x500000, 0x501000, 0x600000, 0x7FFFFFFDE000, 0x7FFFFFFFE000),
    *(0xFFFFFFFF81000000, LIMIT, (1 << 64) - 1, 4096, 1 << 20),
)
STACKS = (
    *(0, 8, 0x401000, 0x402000, 0x500000, 0x600000, 0x7FFFFFFFF000, 0x7FFFFFFFEFF8, LIMIT, (1 << 64) - 8),
    *(0xFFFFFFFF81000000, 0xFFFFFFFF82400000, 0xFFFFC90000004000),
)
POINTERS = (
    *(0, 1, 0x401000, 0x401FFC, 0x500000, 0x5FFFFC, 0xFFFFFFFF81000000, 0xFFFFFFFF82000000, 0xFFFFFFFF82400000),
    *(0x7FFFFFFFEFF0, 0x7FFFFFFFF000, LIMIT, (1 << 64) - 1, 1 << 63),
)
# pushfq; pop [500000]; stmxcsr, fnstcw, fnstsw, ds, es, fs, gs, cs, ss and xmm0 behind it; write(1, 0x500000, 48); exit
PROBE = (
    bytes.fromhex("9c8f042500005000 0fae1c2508005000 d93c250c005000 dd3c250e005000 8c1c2510005000 8c042512005000")
    + bytes.fromhex("8c242514005000 8c2c2516005000 8c0c2518005000 8c14251a005000 66480f7e042520005000")
    + bytes.fromhex("bf01000000 be00005000 ba30000000 b801000000 0f05")
    + EXIT
)


def instruction(d: random.Random) -> bytes:
    """One instruction, or what looks like one."""
    kind = d.randrange(9)
    if kind < 5:
        return d.choice(INSTRUCTIONS)
    if kind == 5:
        return bytes([0x0F, d.randrange(256), d.randrange(256), *d.randbytes(d.randrange(6))])
    if kind == 6:
        return bytes([d.randrange(256), d.randrange(256), *d.randbytes(d.randrange(6))])
    if kind == 7:
        return bytes([0x0F, d.choice(ESCAPES), d.randrange(256), d.randrange(256), d.randrange(256)])
    return bytes([d.choice([0xC4, 0xC5, 0x62, 0x8F]), *d.randbytes(d.randrange(2, 9))])


def system_call(d: random.Random) -> bytes:
    """A system call; the registers that it does not set keep what they have."""
    nr = d.choice([*CALLS, d.randrange(600), d.getrandbits(32)])
    code = b""
    for register in (7, 6, 2, 10, 8, 9):
        if d.random() < 0.6:
            code += movabs(register, d.choice([*CALL_VALUES, d.getrandbits(64)]))
    return code + prog_sys(nr)


def program(d: random.Random) -> bytes:
    """A program: noise, or up to 21 instructions, calls and pointers."""
    kind = d.random()
    if kind < 0.2:
        return d.randbytes(d.randrange(1, 120))
    parts = []
    if kind < 0.3:  # TF, AC, NT, IOPL or DF by popf
        flags = d.getrandbits(22) | d.choice([0x100, 0x400, 0x4000, 0x3000, 0x40000, 0])
        parts.append(b"\x68" + struct.pack("<I", flags) + b"\x9d")
    if kind > 0.9:
        parts.append(movabs(4, d.choice([*STACKS, d.getrandbits(64)])))
    for _ in range(d.randrange(1, 22)):
        parts.append(_part(d))
    return b"".join(parts)


def _part(d: random.Random) -> bytes:
    """A call, a pointer in a register, or an instruction with prefixes and perhaps a wrong byte."""
    kind = d.random()
    if kind < 0.12:
        return system_call(d)
    if kind < 0.17:
        register = d.randrange(8)
        return movabs(register, d.choice([*POINTERS, d.getrandbits(64)]))
    prefixes = bytes(d.choices(PREFIXES, k=d.choice([0, 0, 0, 0, 0, 1, 1, 2, 4, 14])))
    code = bytearray(instruction(d))
    if d.random() < 0.2:
        code[d.randrange(len(code))] = d.randrange(256)
    return prefixes + code + (d.randbytes(d.randrange(1, 5)) if d.random() < 0.06 else b"")


def run(machine: Machine, text: bytes, budget: int, entry: int = TEXT, prot: str = "r-x") -> Run:
    """Run text, with 1 MiB of zeros as data."""
    return machine.run([(TEXT, text, len(text), prot), (DATA, b"", DATA_SIZE, "rw-")], entry, budget=budget)


class Target(Watched):
    """A machine that runs programs, and what the probe sees on it."""

    def __init__(self, kernel: str) -> None:
        super().__init__(kernel)
        self.state = self.probe()

    def probe(self) -> tuple[str, int | None, bytes]:
        """Flags, FPU state and segment registers as a fresh program finds them."""
        done = run(self.machine, PROBE, PROBE_BUDGET)
        return done.kind, done.exit_status, done.output

    def fault(self, number: int, done: Run) -> str | None:
        """What is wrong after a program."""
        found = self.stranger(done) or self.oops() or self.changed()
        if found or number % PROBE_EVERY:
            return found
        if (state := self.probe()) != self.state:
            return f"state leaks: {state} instead of {self.state}"
        if (free := self.free_memory()) != self.free:
            return f"memory leaks: {self.free - free} bytes"
        return None


class Kind(NamedTuple):
    """Which programs: how one is made, whether some stand at the end of a page, how many instructions they may run,
    and how many seconds that may take."""

    make: Callable[[random.Random], bytes] = program
    at_page_end: bool = True
    budgets: tuple[int, ...] = BUDGETS
    slow: float = SLOW


def one(target: Target, number: int, kind: Kind) -> str | None:
    """Run the program of a number; what went wrong, with how to see it again."""
    d = random.Random(number)
    code = kind.make(d)
    moved = d.random() < 0.3 and kind.at_page_end
    text = bytes(PAGE - len(code) % PAGE) + code if moved else code
    entry = TEXT + len(text) - len(code)
    prot = d.choice(["r-x", "rwx"])
    started = time.time()
    try:
        done = run(target.machine, text, d.choice(kind.budgets), entry, prot)
        took = time.time() - started
        if done.kind not in ("exited", "signal", "budget"):
            bad: str | None = f"ended by {done.kind}"
        else:
            bad = f"slow {took:.1f} s" if took > kind.slow else target.fault(number, done)
    except BaseException as error:
        bad = f"{type(error).__name__}: {error} {traceback.format_exc()[-600:]}"
    return bad and f"seed {number} entry {entry:#x} prot {prot} code {code.hex()}: {bad}"


def main(tool: str, kind: Kind) -> int:
    """Attack with programs of that kind; returns the exit status."""

    def child(numbers: range, tell: Callable[[int], None], report: Callable[[str], None]) -> None:
        target = Target("course" if numbers.start // BATCH % 3 else "6.19")
        for number in numbers:
            tell(number)
            if bad := one(target, number, kind):
                report(bad)
                target = Target(target.kernel)

    def describe(number: int) -> str:
        return f"code {kind.make(random.Random(number)).hex()}"

    return attack(tool, "programs", BATCH, child, describe)


if __name__ == "__main__":
    sys.exit(main("fuzz_code", Kind()))
