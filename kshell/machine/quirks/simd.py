"""SSE exceptions, which the emulator never raises: what a division would have raised, by the rules of the SDM.

Only divisions are looked at, and of their exceptions only the two that lessons are about: invalid operation and
division by zero.
"""

from __future__ import annotations

from collections.abc import Callable

from kshell.machine.encode import LONGEST_INSTRUCTION

Register = Callable[[str], int]  # the value of a register, by its name
Reader = Callable[[int, int], bytes]  # the bytes at an address; fewer where they cannot be read
INVALID, ZERO_DIVIDE = 1, 4  # flags in MXCSR; the masks stand 7 bits higher
DAZ = 1 << 6
MASK_SHIFT = 7
MXCSR_BITS = 0xFFFF
FXSAVE_MXCSR = 24  # its place in what fxsave stores


def unmasked(mxcsr: int) -> bool:
    """Whether a division could raise an exception."""
    return ~mxcsr >> MASK_SHIFT & (INVALID | ZERO_DIVIDE) != 0


def loads_reserved_bits(rip: int, register: Register, read: Reader) -> bool:
    """Whether the ldmxcsr or fxrstor at `rip` would set a bit of MXCSR that does not exist, which is #GP."""
    from kshell.machine.disassembler import memory_operand

    operand = memory_operand(read(rip, LONGEST_INSTRUCTION), rip)
    if operand is None:
        return False
    offset = 0 if operand.size == 4 else FXSAVE_MXCSR
    return int.from_bytes(read(operand.address(register) + offset, 4), "little") > MXCSR_BITS


def divide_flags(rip: int, register: Register, read: Reader) -> int:
    """The unmasked exceptions that the instruction at `rip` is about to raise: INVALID and ZERO_DIVIDE, or 0.

    Where memory cannot be read the answer is 0: the instruction faults by itself.
    """
    from kshell.machine.disassembler import sse_divide

    divide = sse_divide(read(rip, LONGEST_INSTRUCTION), rip)
    if divide is None:
        return 0
    size = divide.width * divide.count
    if isinstance(divide.divisor, str):
        divisor = register(divide.divisor)
    else:
        data = read(divide.divisor.address(register), size)
        if len(data) < size:
            return 0
        divisor = int.from_bytes(data, "little")
    dividend, mxcsr, bits, flags = register(divide.dividend), register("mxcsr"), 8 * divide.width, 0
    for lane in range(divide.count):
        shift = lane * bits
        flags |= _flags(dividend >> shift, divisor >> shift, divide.width, bool(mxcsr & DAZ))
    return flags & ~mxcsr >> MASK_SHIFT


ZERO, FINITE, INFINITE, QUIET, SIGNALLING = range(5)


def _flags(dividend: int, divisor: int, width: int, daz: bool) -> int:
    a, b = _kind(dividend, width, daz), _kind(divisor, width, daz)
    if SIGNALLING in (a, b):
        return INVALID
    if QUIET in (a, b):
        return 0
    if a == b and a in (ZERO, INFINITE):
        return INVALID
    return ZERO_DIVIDE if b == ZERO and a == FINITE else 0


def _kind(value: int, width: int, daz: bool) -> int:
    fraction_bits, exponent_bits = (23, 8) if width == 4 else (52, 11)
    fraction = value & ((1 << fraction_bits) - 1)
    exponent = value >> fraction_bits & ((1 << exponent_bits) - 1)
    if exponent == (1 << exponent_bits) - 1:
        if not fraction:
            return INFINITE
        return QUIET if fraction >> (fraction_bits - 1) else SIGNALLING
    return ZERO if not exponent and (not fraction or daz) else FINITE
