"""A few instructions of x86-64, as bytes."""

import struct

ARGUMENT_MOVES = (b"\x48\xbf", b"\x48\xbe", b"\x48\xba", b"\x49\xba", b"\x49\xb8", b"\x49\xb9")  # rdi rsi rdx r10 r8 r9
U64 = (1 << 64) - 1


def movabs(register: int, value: int) -> bytes:
    """mov of a 64-bit number into one of the sixteen registers."""
    return bytes([0x48 | register >> 3, 0xB8 + (register & 7)]) + struct.pack("<Q", value & U64)


def prog_sys(nr: int, *args: int) -> bytes:
    """A system call with up to six arguments."""
    moves = b"".join(move + struct.pack("<Q", arg & U64) for move, arg in zip(ARGUMENT_MOVES, args, strict=False))
    return moves + b"\xb8" + struct.pack("<I", nr & 0xFFFFFFFF) + b"\x0f\x05"


EXIT = bytes.fromhex("31ffb83c0000000f05")  # exit(0)
