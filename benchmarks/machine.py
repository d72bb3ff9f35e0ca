"""How fast the machine is, as ratios to raw Unicorn in the same run."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from typing import Any

from unicorn import Uc  # type: ignore[attr-defined]
from unicorn.unicorn_const import UC_ARCH_X86, UC_HOOK_INSN, UC_MODE_64, UC_PROT_READ, UC_PROT_WRITE
from unicorn.x86_const import UC_X86_INS_SYSCALL

from benchmarks.ratio import Figure, speed
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
# Eight instructions of a random number generator and the loop around them, all in registers.
ALU_LOOP = bytes.fromhex("69c06d4ec641 0539300000 89c1 c1e910 31ca 01c6 ffcb 75e8")


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
    outcome = run_program(k, task, budget)
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


def null_call(rounds: int) -> Figure:
    """A system call (getpid, with table, wrapper, statistics, pt_regs) against an empty callback."""
    k, code = boot("course"), getpid_loop()
    name = "null system call / raw Unicorn's empty callback"
    return speed(name, lambda: ours(k, code), lambda: raw(code, hook=True), rounds, least=1 / 8)


def registers_only(rounds: int, turns: int = 10_000_000) -> Figure:
    """A loop that touches no memory, against Unicorn without hooks.

    A tight loop runs at one of two speeds, three times apart, by where the emulator happens to put its translation,
    with hooks and without.  So each round begins afresh, and there are more of them.
    """
    code = b"\xbb" + struct.pack("<I", turns) + ALU_LOOP
    name = "computation in registers / raw Unicorn"
    return speed(name, lambda: ours(boot("course"), code), lambda: raw(code), 2 * rounds, least=0.9)


def computation(size: int, rounds: int, touches: int = 20_000_000) -> Figure:
    """Reading and writing `size` bytes round and round, against Unicorn without hooks: well above 1, since Unicorn's
    own TLB mode looks each access up in its list of regions and the virtual one does not."""
    k, code = boot("course"), touch_loop(size, touches, 64)
    name = f"computation in {size >> 10} KiB / raw Unicorn"
    return speed(name, lambda: ours(k, code, size), lambda: raw(code, size), rounds, least=0.9)


def counted(rounds: int, size: int = 16 << 10, touches: int = 4_000_000) -> Figure:
    """The same with an instruction budget, against the same without."""
    k, code = boot("course"), touch_loop(size, touches, 64)
    name = "counted / uncounted computation"
    return speed(name, lambda: ours(k, code, size, BUDGET), lambda: ours(k, code, size), rounds)


def many_pages(rounds: int, touches: int = 4_000_000) -> Figure:
    """One access to each page of 4 MiB, round and round, against the same in 64 KiB."""
    k = boot("course")
    few, many = touch_loop(64 << 10, touches, 4096), touch_loop(4 << 20, touches, 4096)
    name = "4 MiB page by page / 64 KiB page by page"
    return speed(name, lambda: ours(k, many, 4 << 20), lambda: ours(k, few, 64 << 10), rounds, least=1 / 3)


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    """All of them."""
    yield null_call(rounds)
    yield registers_only(rounds)
    for size in (16 << 10, 256 << 10, 1 << 20):
        yield computation(size, rounds)
    yield counted(rounds)
    yield many_pages(rounds)
