"""Random byte programs in ring 3, with a handler for every fault: it goes on behind the byte that faulted, and half of
them change their frame at random before rt_sigreturn takes it.

    .venv/bin/python tests/tools/fuzz_handlers.py [PROGRAMS=200000] [SECONDS=180] [SEED=1] [WORKERS=2]

What is looked at after each is fuzz_code's.  The last line has the figures; exit status 1 on a failure.
"""

import random
import struct
import sys

import fuzz_code
from fuzz_code import DATA, DATA_SIZE, TEXT, Kind
from fuzz_exhaust_lib import EXIT, prog_sys

SIGNALS = (4, 5, 7, 8, 11, 13, 14, 31)
FLAGS = (0x4C000004, 0x44000004, 0x4C000004, 0x0C000004)  # SA_SIGINFO, SA_RESTORER; SA_ONSTACK and SA_NODEFER or not
COUNT, MOST = DATA + DATA_SIZE - 8, 40  # how many handlers have run, and how many may
ALTSTACK, ALTSTACK_SIZE = DATA + DATA_SIZE - 0x9000, 0x8000
RT_SIGACTION, SIGALTSTACK = 13, 131
BUDGETS = (20_000, 200_000, 200_000)  # a fault is charged 3,000 instructions
SLOW = 15
SIGRETURN = bytes.fromhex("b80f0000000f05")
JUMP_SIZE, ACTION_SIZE, STACK_SIZE = 5, 32, 24
ACTION, STACK = TEXT + JUMP_SIZE, TEXT + JUMP_SIZE + ACTION_SIZE
RESTORER, HANDLER = STACK + STACK_SIZE, STACK + STACK_SIZE + len(SIGRETURN)
FRAME = (-8, 432)  # where the frame is, from the address of its ucontext


def handler(d: random.Random) -> bytes:
    """inc count; cmp count, MOST; jle over; exit; over: inc [rdx + rip]; perhaps changes; ret."""
    code = b"\xff\x04\x25" + struct.pack("<I", COUNT) + b"\x83\x3c\x25" + struct.pack("<IB", COUNT, MOST)
    code += b"\x7e" + bytes([len(EXIT)]) + EXIT + b"\x48\xff\x82" + struct.pack("<i", 168)
    for _ in range(d.choice([0, 0, 0, 1, 1, 4])):  # xor qword ptr [rdx + at], bits
        bits = d.choice([1, 0x40, 0x100, 0x4000, 0x20000, d.getrandbits(31)])
        code += b"\x48\x81\xb2" + struct.pack("<iI", d.randrange(*FRAME), bits)
    return code + b"\xc3"


def program(d: random.Random) -> bytes:
    """One program."""
    action = struct.pack("<QQQQ", HANDLER, d.choice(FLAGS), RESTORER, d.choice([0, 0, 1 << 10, (1 << 64) - 1]))
    stack = struct.pack("<QQQ", ALTSTACK, d.choice([0, 1 << 31]), ALTSTACK_SIZE)
    parts = action + stack + SIGRETURN + handler(d)
    begin = prog_sys(SIGALTSTACK, STACK, 0)
    for signo in SIGNALS:
        begin += prog_sys(RT_SIGACTION, signo, ACTION, 0, 8)
    return b"\xe9" + struct.pack("<i", len(parts)) + parts + begin + fuzz_code.program(d)


if __name__ == "__main__":
    sys.exit(fuzz_code.main("fuzz_handlers", Kind(program, at_page_end=False, budgets=BUDGETS, slow=SLOW)))
