"""Watched instructions, before which the emulator stops: does the real CPU raise an exception there?

code_watch.py finds them.
"""

from __future__ import annotations

import re

from kshell.machine.encode import LONGEST_INSTRUCTION
from kshell.machine.paging import READ
from kshell.machine.quirks.code_watch import DIVIDE, FLUSH, KILLER, LOAD_MXCSR, WAITING
from kshell.machine.quirks.misreported import PREFIXES
from kshell.machine.quirks.simd import Reader, Register, divide_flags, loads_reserved_bits
from kshell.machine.ram import PAGE_MASK, PAGE_SIZE
from kshell.machine.stop import FPU, GENERAL_PROTECTION, INTERRUPT, PAGE_FAULT, SIMD_FAULT, UNDEFINED, Stop

PENDING = 0x80  # of the x87 status word: an exception waits for the next instruction
# fnstenv and fnstcw, fnclex and fninit, fnsave and fnstsw.
NO_WAIT = re.compile(
    PREFIXES + rb"(?:\xd9[\x30-\x3f\x70-\x7f\xb0-\xbf]|\xdb[\xe2\xe3]|\xdd[\x30-\x3f\x70-\x7f\xb0-\xbf]|\xdf\xe0)"
)


def exception_at(rip: int, kind: str, register: Register, read: Reader) -> Stop | None:
    """The exception that the watched instruction at `rip` raises on a real CPU; None if it may be executed."""
    if kind == KILLER:
        return Stop(UNDEFINED, address=rip)
    if kind == DIVIDE and (flags := divide_flags(rip, register, read)):
        return Stop(SIMD_FAULT, vector=flags)
    if kind == WAITING and register("fpsw") & PENDING and not NO_WAIT.match(read(rip, LONGEST_INSTRUCTION)):
        return Stop(INTERRUPT, vector=FPU)
    if kind == FLUSH:
        return _flush_fault(rip, register, read)
    if kind == LOAD_MXCSR and loads_reserved_bits(rip, register, read):
        return Stop(INTERRUPT, vector=GENERAL_PROTECTION)
    return None


def _flush_fault(rip: int, register: Register, read: Reader) -> Stop | None:
    """A line that cannot be read cannot be flushed."""
    from kshell.machine.disassembler import memory_operand

    operand = memory_operand(read(rip, LONGEST_INSTRUCTION), rip)
    if operand is None or read(address := operand.address(register), 1):
        return None
    return Stop(PAGE_FAULT, address=address, access=READ, stack=operand.stack)


def page_behind(rip: int, read: Reader) -> int:
    """The page behind that of the instruction at `rip`, if that ends before it; -1 if it needs that page."""
    from kshell.machine.disassembler import decode_one

    page = (rip & PAGE_MASK) + PAGE_SIZE
    instruction = decode_one(read(rip, min(page - rip, LONGEST_INSTRUCTION)), rip)
    return -1 if instruction is None else page
