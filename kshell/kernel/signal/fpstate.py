"""The x87 and SSE registers as `fxsave` stores them: 512 bytes at the end of a signal frame.

This CPU has no XSAVE, so there is nothing behind them.

C counterpart: struct fxregs_state, arch/x86/kernel/fpu/signal.c.
"""

from __future__ import annotations

import struct
from typing import Any

SIZE = 512
MXCSR_MASK = 0xFFFF  # the bits that this CPU's MXCSR has
_HEAD = struct.Struct("<HHBxHQQII")  # fcw, fsw, ftw (a bit a register), fop, rip, rdp, mxcsr, its mask
_ST, _XMM = 32, 160  # where the x87 registers begin, 16 bytes each, and the SSE ones
_VALID, _EMPTY = 0, 3  # in the tag word that the CPU itself has, two bits a register

INITIAL: list[Any] = [*[0] * 16, *[(0, 0)] * 8, 0x37F, 0, 0xFFFF, 0x1F80]
"""What a new program finds, and a handler (C: init_fpstate), in the order of Cpu.fpu_state."""


def pack(state: list[Any]) -> bytes:
    """What Cpu.fpu_state gave, as fxsave stores it."""
    xmm, x87, (fcw, fsw, tags, mxcsr) = state[:16], state[16:24], state[24:]
    top = fsw >> 11 & 7
    used = sum(1 << at for at in range(8) if tags >> 2 * at & 3 != _EMPTY)
    image = bytearray(SIZE)
    _HEAD.pack_into(image, 0, fcw, fsw, used, 0, 0, 0, mxcsr, MXCSR_MASK)
    for at in range(8):
        mantissa, exponent = x87[(top + at) & 7]
        struct.pack_into("<QH", image, _ST + 16 * at, mantissa, exponent)
    for at, value in enumerate(xmm):
        image[_XMM + 16 * at : _XMM + 16 * at + 16] = value.to_bytes(16, "little")
    return bytes(image)


def unpack(image: bytes) -> list[Any]:
    """The same back, for Cpu.set_fpu_state."""
    fcw, fsw, used, _, _, _, mxcsr, _ = _HEAD.unpack_from(image)
    top = fsw >> 11 & 7
    x87: list[tuple[int, int]] = [(0, 0)] * 8
    for at in range(8):
        x87[(top + at) & 7] = struct.unpack_from("<QH", image, _ST + 16 * at)
    tags = sum((_VALID if used >> at & 1 else _EMPTY) << 2 * at for at in range(8))
    xmm = [int.from_bytes(image[_XMM + 16 * at : _XMM + 16 * at + 16], "little") for at in range(16)]
    return [*xmm, *x87, fcw, fsw, tags, mxcsr]


def is_valid(image: bytes) -> bool:
    """Whether `fxrstor` takes it: bits that MXCSR does not have are a #GP."""
    return len(image) == SIZE and not _HEAD.unpack_from(image)[6] & ~MXCSR_MASK
