"""Machine code that kshell writes itself.

Nothing here needs a library: a plain `syscall NR ARGS` works on every machine, also where no assembler is installed.
"""

from __future__ import annotations

from collections.abc import Sequence

# Linux's order of system call arguments. `syscall` overwrites rcx, so r10 stands in for it.
ARGUMENT_REGISTERS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")

SYSCALL = b"\x0f\x05"
LONGEST_INSTRUCTION = 15  # bytes

# What stands in kernel or module text where a body is Python: a call out of the machine, a return, and traps, so that
# jumping to +1 misbehaves as it would in real code.
KERNEL_FUNCTION_STUB: bytes = b"\x0f\x01\xc1\xc3" + b"\xcc" * 12

_NUMBERS = {"rax": 0, "rdx": 2, "rsi": 6, "rdi": 7, "r8": 8, "r9": 9, "r10": 10}
_LOW_NAMES = {"rax": "eax", "rdx": "edx", "rsi": "esi", "rdi": "edi", "r8": "r8d", "r9": "r9d", "r10": "r10d"}


def _spell(value: int) -> str:
    """An unsigned number as Capstone writes it: below ten in decimal, else in hexadecimal."""
    return str(value) if value < 10 else f"{value:#x}"


def _load(register: str, value: int) -> tuple[bytes, str]:
    """The shortest `mov` that puts `value` (taken modulo 2**64) into a 64-bit register, and its text."""
    value &= 0xFFFF_FFFF_FFFF_FFFF
    number = _NUMBERS[register]
    high = number >> 3
    if value < 1 << 32:  # writing the low half clears the upper one
        rex = b"\x41" if high else b""
        code = rex + bytes([0xB8 | number & 7]) + value.to_bytes(4, "little")
        return code, f"mov {_LOW_NAMES[register]}, {_spell(value)}"
    rex = bytes([0x48 | high])
    if value >= (1 << 64) - (1 << 31):  # a negative number that the CPU sign-extends from 32 bits
        low = (value & 0xFFFF_FFFF).to_bytes(4, "little")
        return rex + bytes([0xC7, 0xC0 | number & 7]) + low, f"mov {register}, {_spell(value)}"
    return rex + bytes([0xB8 | number & 7]) + value.to_bytes(8, "little"), f"movabs {register}, {_spell(value)}"


def stub_listing(nr: int, args: Sequence[int]) -> list[tuple[bytes, str]]:
    """The stub of a plain system call, one (bytes, Intel text) pair per instruction.

    Arguments and number are 64-bit values, negative or not; the text is what Capstone would print, so that a view
    need not load it. Raises ValueError for more than six arguments.
    """
    if len(args) > len(ARGUMENT_REGISTERS):
        raise ValueError(f"a system call takes at most {len(ARGUMENT_REGISTERS)} arguments, not {len(args)}")
    listing = [_load(register, value) for register, value in zip(ARGUMENT_REGISTERS, args, strict=False)]
    listing.append(_load("rax", nr))
    listing.append((SYSCALL, "syscall"))
    return listing
