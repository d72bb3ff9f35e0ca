"""One instruction whose registers point into kernel memory, the GDT above all: it must neither read nor write that.

    .venv/bin/python tests/tools/fuzz_gdt.py [N=6000] [SEED=1]

Each runs in a forked child, behind a call whose machine code has just used the kernel's variables.  Told are: WROTE (a
byte of the kernel has changed), CRASH (of the host process), and an end
other than by a fault signal, where the instruction does touch memory (a read that came through).  The last line has the
figures; exit status 1 if anything was written or crashed.
"""

import collections
import os
import random
import sys
from typing import NamedTuple

import capstone
from capstone import CS_OP_MEM
from fuzz_code import run
from fuzz_exhaust_lib import EXIT, movabs, prog_sys
from watched import KERNEL_DATA, KERNEL_TEXT, Watched
from workers import options

from kshell.api import Machine

DESCRIPTORS, STACK = 0xFFFFFE0000001000, 0xFFFFC90000003000  # where the CPU reads the GDT; a kernel stack
PAGES = (KERNEL_DATA, KERNEL_DATA, DESCRIPTORS, DESCRIPTORS, KERNEL_TEXT, STACK)
TEST_CALL = prog_sys(335, 42)
ELSEWHERE = 0x500100  # what the other registers hold: the program's own data
BUDGET = 60_000
SP = 4
NAMES = {0: "rax", 3: "rbx", SP: "rsp", 5: "rbp", 6: "rsi", 7: "rdi"}
PREFIXES = [0x66, 0xF2, 0xF3, 0x48, 0x67, 0x26, 0x64, 0x65, 0xF0]
THROUGH_RAX = [0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38]  # ModRM bytes: [rax], with each register or operation
SPECIAL = [
    bytes.fromhex(text)
    for text in """
c8000001 c8100002 c810001f c9 d7 660ff7c1 0ff7c1 67d7 f3a4 a4 aa ac a6 50 58 9c 9d c3 ff30 8f00 ff10 ff18 e800000000
68aaaaaaaa 0fa0 0fa1 66c8000005 48c8000005 cf 48cf 66cf cb 48cb 66cb ca0800 48ca0800 ff1b 48ff1b 66ff1b ff2b 8e18 8e20
0fb200 0fb400 0f0200 0f0300 0f00e0 0f00e8 0f0020 0f0028 8f30 8f38
""".split()
]
FAULTS = ("SIGSEGV", "SIGILL", "SIGBUS", "SIGTRAP", "SIGFPE")
TOUCH_NOTHING = ("lea", "nop", "clflush", "clflushopt", "clwb", "bndmk")
MOST_WRITES_SHOWN = 12  # of one kind


class Trial(NamedTuple):
    """An instruction and the registers that point into the GDT's page."""

    code: bytes
    registers: dict[int, int]


def trial(d: random.Random) -> Trial:
    """An instruction with a memory operand at [rax], or one that touches memory by itself."""
    kind = d.random()
    if kind < 0.7:
        prefix = bytes([d.choice(PREFIXES)] * (d.random() < 0.4))
        if kind < 0.35:
            code = prefix + bytes([0x0F, d.randrange(256), d.choice(THROUGH_RAX), 0, 0])
        else:
            code = prefix + bytes([d.randrange(256), d.choice(THROUGH_RAX), *d.randbytes(4)])
    elif kind < 0.85:
        prefix = bytes([0x66] * (d.random() < 0.5))
        code = prefix + bytes(
            [0x0F, d.choice([0x38, 0x3A]), d.randrange(256), d.choice([0, 8, 0x10, 0x38]), d.randrange(256)]
        )
    else:
        code = d.choice(SPECIAL)
    registers = [0, 3, 5, 6, 7] if d.random() < 0.6 else [0, 3, SP, 5, 6, 7]
    page = d.choice(PAGES)
    return Trial(code, {register: page + d.choice([0, 8, 0x28, 0x100, 0xFF8, 0x800]) for register in registers})


def outcome(machine: Machine, code: bytes, registers: dict[int, int]) -> str:
    """How it ends in a forked child: a signal's name, "exited" or "budget", with WROTE before it; or CRASH."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(writing, _outcome(machine, code, registers).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode()
    status = os.waitpid(pid, 0)[1]
    return text or f"CRASH {status:#x}"


def _outcome(machine: Machine, code: bytes, registers: dict[int, int]) -> str:
    moves = [movabs(0, 1)] + [movabs(r, registers.get(r, ELSEWHERE)) for r in range(16) if r != SP]
    if SP in registers:
        moves.append(movabs(SP, registers[SP]))
    before = machine.kernel_digest()
    try:
        done = run(machine, TEST_CALL + b"".join(moves) + code + EXIT, BUDGET)
    except BaseException as error:
        return repr(error)
    wrote = "WROTE " if machine.kernel_digest() != before else ""
    return wrote + (done.signal.name if done.signal is not None else done.kind)


def suspicious(disassembler: capstone.Cs, code: bytes, ended: str, registers: dict[int, int]) -> str | None:
    """What is odd about an end, None if nothing is."""
    if ended in FAULTS:
        return None
    if ended not in ("exited", "budget"):
        return ended
    read = next(disassembler.disasm(code, 0), None)
    if read is None:
        return f"{ended} undecodable"
    if read.mnemonic in TOUCH_NOTHING or "prefetch" in read.mnemonic:
        return None
    pointing = {NAMES[register] for register in registers}
    places = [operand.mem for operand in read.operands if operand.type == CS_OP_MEM]
    through = {read.reg_name(register) for place in places for register in (place.base, place.index) if register}
    return f"{ended} {read.mnemonic}" if through & pointing else None


def main() -> int:
    """Try them all; returns the exit status."""
    count, seed = (int(option) for option in options(6000, 1))
    d = random.Random(seed)
    machine = Watched("course").machine
    machine.execute("modprobe syscallModule")
    disassembler = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    disassembler.detail = True
    seen: collections.Counter[str] = collections.Counter()
    for _ in range(count):
        code, registers = trial(d)
        key = suspicious(disassembler, code, outcome(machine, code, registers), registers)
        if key is None:
            continue
        seen[key] += 1
        if seen[key] == 1 or (seen[key] <= MOST_WRITES_SHOWN and "WROTE" in key):
            print(key, code.hex(), {register: hex(value) for register, value in registers.items()}, flush=True)
    print(f"fuzz_gdt: {count} instructions, {seen.total()} suspicious {dict(seen)}")
    return int(any(not key.startswith(("exited ", "budget ")) for key in seen))


if __name__ == "__main__":
    sys.exit(main())
