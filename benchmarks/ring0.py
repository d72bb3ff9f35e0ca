"""How fast machine code in ring 0 is: a call through a slot and a pointer, and a loop."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from benchmarks.machine import ALU_LOOP, CALLS, getpid_loop, ours, raw
from benchmarks.ratio import Figure, slower, speed
from kshell.abi.c_types import Int
from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.pointers import function_at
from kshell.kernel.kernel import Kernel
from kshell.machine.ram import PAGE_SIZE

NR = 335
BODY, HANDLER, WRAPPER = layout.MODULES, layout.MODULES + 0x100, layout.MODULES + 0x200
CALLS_OF_MODULE = CALLS // 8
PROLOGUE, EPILOGUE = bytes.fromhex("55 4889e5 4883ec10"), bytes.fromhex("c9 c3")


def note(k: Kernel, level: Int, number: Int) -> Int:
    """A body as light as one can be: what is measured is the way to it."""
    return 0


def _call(address: int) -> bytes:
    return b"\x48\xb8" + struct.pack("<Q", address) + bytes.fromhex("ffd0")


def with_module(stub: int = layout.MODULES + 0x1000) -> Kernel:
    """A kernel whose call 335 is machine code: it calls `note`, and a handler through a pointer, which calls it too."""
    k = boot("course")
    k.memory.map(layout.MODULES, PAGE_SIZE, writable=False, executable=True)
    k.memory.map(stub, PAGE_SIZE, writable=True)
    k.memory.store(stub, HANDLER)
    k.define_functions(function_at(BODY, "note", note))
    say = bytes.fromhex("897dfc 8b75fc bf05000000") + _call(BODY)  # the number goes through memory, as unoptimised C
    k.memory.poke(HANDLER, PROLOGUE + say + bytes.fromhex("8b45fc") + EPILOGUE)
    through = b"\x48\xb8" + struct.pack("<Q", stub) + bytes.fromhex("488b00 4885c0 7405 8b7dfc ffd0")
    k.memory.poke(WRAPPER, PROLOGUE + bytes.fromhex("8b7f70") + say + through + EPILOGUE)
    k.symbols.add(Symbol("sys_bench", WRAPPER, "t", 0x80, module="bench"))
    return point(k, WRAPPER)


def point(k: Kernel, address: int) -> Kernel:
    """Let call 335 go there."""
    k.memory.poke(k.sys_call_table + 8 * NR, address.to_bytes(8, "little"))
    k.cpu.flush_code()
    return k


def module_loop(count: int) -> bytes:
    """mov ebx, count; again: mov eax, 335; mov edi, 42; syscall; dec ebx; jnz again"""
    begin = b"\xbb" + struct.pack("<I", count) + b"\xb8" + struct.pack("<I", NR)
    return begin + bytes.fromhex("bf2a000000 0f05 ffcb 75f0")


def module_call(rounds: int) -> Figure:
    """A call into machine code and on through a pointer, two bodies in Python on the way, against a getpid."""
    k, calls, getpids = with_module(), module_loop(CALLS_OF_MODULE), getpid_loop(CALLS_OF_MODULE)
    name = "a call into a module, two Python bodies / getpid"
    return slower(name, lambda: ours(k, calls), lambda: ours(k, getpids), rounds, 8)


def kernel_loop(rounds: int, turns: int = 10_000_000) -> Figure:
    """A loop in ring 0 that touches no memory, against Unicorn without hooks."""
    loop = b"\xbb" + struct.pack("<I", turns) + ALU_LOOP
    name = "a loop in ring 0 / raw Unicorn"
    return speed(name, lambda: in_ring0(loop), lambda: raw(loop), 2 * rounds, least=0.5)


def in_ring0(loop: bytes) -> float:
    """Seconds for one call that is that loop, on a machine of its own."""
    k = boot("course")
    k.memory.map(layout.MODULES, PAGE_SIZE, writable=False, executable=True)
    k.memory.poke(WRAPPER, b"\x53" + loop + b"\x5b\xc3")
    return ours(point(k, WRAPPER), module_loop(1))


def figures(rounds: int) -> Iterator[Figure]:
    """Both."""
    yield module_call(rounds)
    yield kernel_loop(rounds)
