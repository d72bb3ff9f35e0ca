"""iretd with the VM flag and odd selectors into random 16-bit code: user code must not get into virtual-8086 mode.

    .venv/bin/python tests/tools/fuzz_vm86.py [PROGRAMS] [SECONDS] [SEED] [WORKERS]

The checks are fuzz_code's, the last line has the figures, exit status 1 on a failure.
"""

import random
import struct
import sys

from fuzz_code import TEXT, Kind, instruction, main
from fuzz_exhaust_lib import prog_sys

LOW, LOW_SIZE = (
    0,
    0x20000,
)  # what 16-bit code can reach is mapped there: mmap(0, LOW_SIZE, rwx, private fixed anonymous)
MMAP, RWX, PRIVATE_FIXED_ANONYMOUS = 9, 7, 0x32
CODE_AT, CODE_SIZE = 0x500, 200
VM = 0x20000
FLAGS = (VM | 0x202, VM | 0x3202, VM | 0x3302, VM | 0x302)
FRAME_WORDS = 9  # ip, cs, flags, sp, ss, es, ds, fs, gs


def program(d: random.Random) -> bytes:
    """Map the first pages, copy 16-bit code to 0x500, and iretd there."""
    mapping = prog_sys(MMAP, LOW, LOW_SIZE, RWX, PRIVATE_FIXED_ANONYMOUS, -1, 0)
    pieces = [instruction(d) if d.random() < 0.6 else d.randbytes(d.randrange(1, 6)) for _ in range(d.randrange(1, 20))]
    code = b"".join(pieces)[:CODE_SIZE].ljust(CODE_SIZE, d.choice([b"\x90", b"\xcc", b"\xcf", b"\xf4"]))
    frame = _frame(d)
    size = len(mapping) + 5 + 5 + 5 + 2 + 5 + 1
    at = TEXT + size
    body = (
        *(b"\xbe", struct.pack("<I", at + len(frame))),  # mov esi, code
        *(b"\xbf", struct.pack("<I", CODE_AT), b"\xb9", struct.pack("<I", CODE_SIZE), b"\xf3\xa4"),  # rep movsb
        *(b"\xbc", struct.pack("<I", at), b"\xcf"),  # mov esp, frame; iretd
    )
    return mapping + b"".join(body) + frame + code


def _frame(d: random.Random) -> bytes:
    """What iretd pops: with VM in the flags, nine words."""
    selector = d.choice([0, 0x10, 0x40])
    words = [CODE_AT - 0x10 * selector, selector]
    words.append(d.choice([*FLAGS, d.getrandbits(22) | VM]))
    words.append(d.choice([0x1000, 0xFFFE, d.getrandbits(32)]))
    while len(words) < FRAME_WORDS:
        words.append(d.choice([0, 0x10, 0x2B, 0x33, 0x1000, 0xFFFF, d.getrandbits(16)]))
    return b"".join(struct.pack("<I", word & 0xFFFFFFFF) for word in words)


if __name__ == "__main__":
    sys.exit(main("fuzz_vm86", Kind(program, at_page_end=False)))  # its addresses are absolute
