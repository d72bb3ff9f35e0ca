"""Watched instructions, before which the emulator stops: does the real CPU raise an exception there?

code_watch.py finds them.
"""

from __future__ import annotations

from kshell.machine.quirks.code_watch import DIVIDE, KILLER, LOAD_MXCSR
from kshell.machine.quirks.simd import Reader, Register, divide_flags, loads_reserved_bits
from kshell.machine.stop import GENERAL_PROTECTION, INTERRUPT, SIMD_FAULT, UNDEFINED, Stop


def exception_at(rip: int, kind: str, register: Register, read: Reader) -> Stop | None:
    """The exception that the watched instruction at `rip` raises on a real CPU; None if it may be executed."""
    if kind == KILLER:
        return Stop(UNDEFINED, address=rip)
    if kind == DIVIDE and (flags := divide_flags(rip, register, read)):
        return Stop(SIMD_FAULT, vector=flags)
    if kind == LOAD_MXCSR and loads_reserved_bits(rip, register, read):
        return Stop(INTERRUPT, vector=GENERAL_PROTECTION)
    return None
