"""Random bytes as programs: whatever they do, the kernel answers the next call.

Each child process runs many of them on one kernel; a crash of the emulator is a child that did not report.
"""

from __future__ import annotations

import os
import random
import sys

import pytest

from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from tests.kernel.lab import in_child, run

PER_CHILD = 50
COUNT = int(os.environ.get("KSHELL_FUZZ_PROGRAMS", "300"))
BUDGET = 20_000
KINDS = {"exited", "killed", "budget"}
PREFIXES = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3, *range(0x40, 0x50)]
# Instructions that matter most: each system call shape, string moves, branches, LOCK, divides, SSE state, x87, ports.
SEEDS = """
    0f05 b827000000 b80c000000 b809000000 b80b000000 b80a000000 bf00104000 be00200000 ba07000000
    f00fabea f00fbae903 f30fa4 f3a4 f3aa f3ab a5 aa ac e800000000 ebfe 75f0 e2f0 c3 ff24250050 50 58 5c 5d c9
    0f31 0fa2 0f0b cc cd80 cd03 f1 f4 fa fb ec ee 6c 6e 0f3e 0f34 0f32 0f33 cf 48cf cb ca0000 9c 9d 9d9c
    f7f1 f7f9 48f7f1 0f5ec8 f20f5ec1 0fae14250000 0fae5424f0 0fae0c2500005000 dbe3 d9e8 def9 9b d92c24 dd2424
    8ed0 8ed8 8ee0 0f01d0 0f01f9 0f00d8 62 c4 c5 8fc8100000 6690 0f1f00 c6050000000090 880500000000
    4889e0 4889c4 bc00005000 48c7c000005000 488b00 488900 e8fbffffff 0f0501c3 48ffc0
"""
PARTS = [bytes.fromhex(text) for text in SEEDS.split()]


def program(dice: random.Random) -> bytes:
    """Half of them are noise, half are built of instructions and prefixes."""
    if dice.random() < 0.5:
        return dice.randbytes(dice.randrange(1, 120))
    parts = []
    for _ in range(dice.randrange(1, 25)):
        parts.append(bytes(dice.choices(PREFIXES, k=dice.choice([0, 0, 0, 1, 1, 2, 4, 14]))))
        part = bytearray(dice.choice(PARTS))
        if dice.random() < 0.2:
            part[dice.randrange(len(part))] = dice.randrange(256)
        parts.append(bytes(part))
        if dice.random() < 0.1:
            parts.append(dice.randbytes(dice.randrange(1, 5)))
    return b"".join(parts)


def run_many(first: int, count: int) -> str:
    k = boot("course")
    for seed in range(first, first + count):
        dice = random.Random(seed)
        code = program(dice)
        at_the_end_of_a_page = dice.random() < 0.3
        text = bytes(4096 - len(code)) + code if at_the_end_of_a_page else code
        entry = 0x40_1000 + len(text) - len(code)
        try:
            outcome = run(k, text, BUDGET, entry=entry, prot=dice.choice(["r-x", "rwx"]))
        except BaseException as problem:
            return f"seed {seed} {code.hex()}: {type(problem).__name__}: {problem}"
        if outcome.kind not in KINDS:
            return f"seed {seed} {code.hex()}: {outcome}"
        call = run_stub(k, 39, []).call
        if call is None or call.ret != k.shell_task.pid:
            return f"seed {seed} {code.hex()}: getpid answers {call.ret if call else None}"
        if k.oopses:
            return f"seed {seed} {code.hex()}: oops"
    return "fine"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each batch runs in a forked process, so that a crash is a failure")
def test_random_code_never_ends_the_kernel_nor_the_process() -> None:
    first = int(os.environ.get("KSHELL_FUZZ_SEED", "1"))
    failures = []
    for start in range(first, first + COUNT, PER_CHILD):
        result = in_child(lambda start=start: run_many(start, PER_CHILD), seconds=120)  # type: ignore[misc]
        if result != "fine":
            failures.append(f"from seed {start}: {result}")
    assert not failures, "\n".join(failures)


if __name__ == "__main__":  # one seed, to look at
    print(run_many(int(sys.argv[1]), 1))
