"""The general registers by their numbers in an instruction, and a place in memory as an instruction names it."""

from __future__ import annotations

from typing import NamedTuple

RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11 = range(12)
ARGUMENTS = (RDI, RSI, RDX, RCX, R8, R9)


class Memory(NamedTuple):
    """``[base + displacement]``, or with no base (None) the absolute ``[symbol + displacement]``, which lies in the top
    two gigabytes, or the lowest: 32 bits that are sign-extended."""

    base: int | None
    displacement: int
    symbol: str = ""
