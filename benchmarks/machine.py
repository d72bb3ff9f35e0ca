"""How fast the machine is, as ratios to raw Unicorn in the same run.

Each function alternates what it measures with its baseline and answers the median of the rounds' ratios.
"""

from __future__ import annotations

import statistics
import struct
import time
from collections.abc import Callable
from typing import Any

from unicorn import Uc  # type: ignore[attr-defined]
from unicorn.unicorn_const import UC_ARCH_X86, UC_HOOK_INSN, UC_MODE_64, UC_PROT_READ, UC_PROT_WRITE
from unicorn.x86_const import UC_X86_INS_SYSCALL

from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import load_program
from kshell.kernel.entry.run import run_program
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.binfmt import Segment

TEXT, DATA = 0x40_1000, 0x50_0000
CALLS = 200_000
ROUNDS = 5
EXIT = bytes.fromhex("31ff b83c000000 0f05")
GETPID = 39
BUDGET = 1 << 40

Measurement = Callable[[], float]  # seconds


def getpid_loop(count: int = CALLS) -> bytes:
    """mov ebx, count; again: mov eax, 39; syscall; dec ebx; jnz again"""
    return b"\xbb" + struct.pack("<I", count) + b"\xb8" + struct.pack("<I", GETPID) + bytes.fromhex("0f05 ffcb 75f5")


def touch_loop(size: int, touches: int, stride: int) -> bytes:
    """Add to one word every `stride` bytes of `size` bytes (powers of two), round and round."""
    # mov ebx, touches; xor eax, eax; again: add [rax+DATA], ebx; add eax, stride; and eax, size-1; dec ebx; jnz again
    body = bytes.fromhex("0198") + struct.pack("<I", DATA) + b"\x05" + struct.pack("<I", stride)
    body += b"\x25" + struct.pack("<I", size - 1) + bytes.fromhex("ffcb")
    loop = body + b"\x75" + struct.pack("<b", -len(body) - 2)
    return b"\xbb" + struct.pack("<I", touches) + bytes.fromhex("31c0") + loop


def ours(k: Kernel, code: bytes, size: int = 4096, budget: int = 0) -> float:
    """Seconds to run `code` on a booted kernel, loading not counted."""
    segments = [Segment(TEXT, code + EXIT, 4096, "r-x"), Segment(DATA, b"", size, "rw-")]
    task = load_program(k, segments, TEXT, "bench", ["bench"])
    began = time.perf_counter()
    outcome = run_program(k, task, budget).outcome
    seconds = time.perf_counter() - began
    if (outcome.kind, outcome.status) != ("exited", 0):
        raise RuntimeError(f"the benchmark's program did not end as it should: {outcome}")
    return seconds


def raw(code: bytes, size: int = 4096, hook: bool = False) -> float:
    """Seconds that Unicorn needs by itself, with an empty callback for `syscall` if `hook` says so."""
    uc: Any = Uc(UC_ARCH_X86, UC_MODE_64)  # type: ignore[no-untyped-call]
    uc.mem_map(TEXT & ~0xFFF, 0x1000)
    uc.mem_map(DATA, size, UC_PROT_READ | UC_PROT_WRITE)
    uc.mem_write(TEXT, code)
    if hook:
        uc.hook_add(UC_HOOK_INSN, lambda _uc, _data: None, None, 1, 0, UC_X86_INS_SYSCALL)
    began = time.perf_counter()
    uc.emu_start(TEXT, TEXT + len(code))
    return time.perf_counter() - began


def ratio(baseline: Measurement, measured: Measurement, rounds: int = ROUNDS) -> float:
    """The speed of `measured` as a part of the baseline's: 1 is as fast, 0.5 takes twice as long."""
    return statistics.median(baseline() / measured() for _ in range(rounds))


def null_call() -> float:
    """A system call (getpid, with table, wrapper, statistics, pt_regs) against an empty callback.  At least 1/8."""
    k, code = boot("course"), getpid_loop()
    return ratio(lambda: raw(code, hook=True), lambda: ours(k, code))


# Eight instructions of a random number generator and the loop around them, all in registers.
ALU_LOOP = bytes.fromhex("69c06d4ec641 0539300000 89c1 c1e910 31ca 01c6 ffcb 75e8")


def registers_only(turns: int = 10_000_000, rounds: int = 9) -> float:
    """A loop that touches no memory, against Unicorn without hooks.  At least 0.9.

    A tight loop runs at one of two speeds, three times apart, by where the emulator happens to put its translation,
    with hooks and without.  So each round begins afresh, and the best of one side is compared with that of the other.
    """
    code = b"\xbb" + struct.pack("<I", turns) + ALU_LOOP
    baseline, measured = [], []
    for _ in range(rounds):
        baseline.append(raw(code))
        measured.append(ours(boot("course"), code))
    return min(baseline) / min(measured)


def computation(size: int, touches: int = 20_000_000) -> float:
    """Reading and writing `size` bytes round and round, against Unicorn without hooks.  At least 0.9, and well above 1,
    since Unicorn's own TLB mode looks each access up in its list of regions and the virtual one does not."""
    k, code = boot("course"), touch_loop(size, touches, 64)
    return ratio(lambda: raw(code, size), lambda: ours(k, code, size))


def counted(size: int = 16 << 10, touches: int = 4_000_000) -> float:
    """The same with an instruction budget, against the same without."""
    k, code = boot("course"), touch_loop(size, touches, 64)
    return ratio(lambda: ours(k, code, size), lambda: ours(k, code, size, BUDGET))


def many_pages(touches: int = 4_000_000) -> float:
    """One access to each page of 4 MiB, round and round, against the same in 64 KiB.  At least 1/3."""
    k = boot("course")
    few, many = touch_loop(64 << 10, touches, 4096), touch_loop(4 << 20, touches, 4096)
    return ratio(lambda: ours(k, few, 64 << 10), lambda: ours(k, many, 4 << 20))


def results() -> list[tuple[str, float, float | None]]:
    """(what, ratio, the least that it must be or None) for each."""
    return [
        ("null system call / raw Unicorn's empty callback", null_call(), 1 / 8),
        ("computation in registers / raw Unicorn", registers_only(), 0.9),
        ("computation in 16 KiB / raw Unicorn", computation(16 << 10), 0.9),
        ("computation in 256 KiB / raw Unicorn", computation(256 << 10), 0.9),
        ("computation in 1 MiB / raw Unicorn", computation(1 << 20), 0.9),
        ("counted / uncounted computation", counted(), None),
        ("4 MiB page by page / 64 KiB page by page", many_pages(), 1 / 3),
    ]


if __name__ == "__main__":
    for what, value, least in results():
        print(f"{value:7.3f}  {what}" + (f" (at least {least:.3f})" if least else ""))
