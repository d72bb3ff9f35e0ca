"""Machine code that kshell writes itself.

Nothing here needs a library: a plain `syscall NR ARGS` works on every machine, also where no assembler is installed.
"""

from __future__ import annotations

from collections.abc import Sequence

# Linux's order of system call arguments. `syscall` overwrites rcx, so r10 stands in for it.
ARGUMENT_REGISTERS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")

ARGUMENT_REGISTERS_32 = ("rbx", "rcx", "rdx", "rsi", "rdi", "rbp")  # and of `int 0x80`, which takes their lower halves

SYSCALL = b"\x0f\x05"
INT80 = b"\xcd\x80"
LONGEST_INSTRUCTION = 15  # bytes

# What stands in kernel or module text where a body is Python: a call out of the machine, a return, and traps, so that
# jumping to +1 misbehaves as it would in real code.
KERNEL_FUNCTION_STUB: bytes = b"\x0f\x01\xc1\xc3" + b"\xcc" * 12
FUNCTION_SIZE = len(KERNEL_FUNCTION_STUB)  # of the kernel's own functions, which begin at a multiple of it

_NUMBERS = {"rax": 0, "rcx": 1, "rdx": 2, "rbx": 3, "rbp": 5, "rsi": 6, "rdi": 7, "r8": 8, "r9": 9, "r10": 10}
_LOW_NAMES = {name: f"{name}d" if name[1:].isdigit() else f"e{name[1:]}" for name in _NUMBERS}


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


def stub_listing(nr: int, args: Sequence[int], is_32: bool = False) -> list[tuple[bytes, str]]:
    """The stub of a plain system call, one (bytes, Intel text) pair per instruction; if it `is_32`, by `int 0x80`.

    Arguments and number are 64-bit values, negative or not; the text is what Capstone would print, so that a view
    need not load it. Raises ValueError for more than six arguments.
    """
    registers = ARGUMENT_REGISTERS_32 if is_32 else ARGUMENT_REGISTERS
    if len(args) > len(registers):
        raise ValueError(f"a system call takes at most {len(registers)} arguments, not {len(args)}")
    listing = [_load(register, value) for register, value in zip(registers, args, strict=False)]
    listing.append(_load("rax", nr))
    listing.append((INT80, "int 0x80") if is_32 else (SYSCALL, "syscall"))
    return listing
