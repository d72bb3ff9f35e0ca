"""Machine code that kshell writes itself, and the byte sequences that its emulator must never be shown.

Nothing here needs a library: a plain `syscall NR ARGS` works on every machine, also where no assembler is installed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Linux's order of system call arguments. `syscall` overwrites rcx, so r10 stands in for it.
ARGUMENT_REGISTERS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")

SYSCALL = b"\x0f\x05"

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


# The bytes that may stand before an opcode in 64-bit mode. Unicorn takes a REX byte anywhere among them.
_PREFIXES = rb"\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3"
_PREFIX_BYTES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3") | frozenset(range(0x40, 0x50))
LONGEST_INSTRUCTION = 15

# A LOCK prefix, more prefixes, then BT/BTS/BTR/BTC whose destination is a register (top two bits of ModRM set).
LOCK_BT = re.compile(
    rb"\xf0[" + _PREFIXES + rb"]{0,11}\x0f(?:[\xa3\xab\xb3\xbb][\xc0-\xff]|\xba[\xe0-\xff])",
    re.DOTALL,
)


def host_killer_starts(code: bytes) -> list[int]:
    """Every offset from which decoding would read a locked bit-test that would end this very process, in rising order.

    Found by experiment with Unicorn 2.1.4, ring 3, virtual TLB mode:

    - `0f a3`, `0f ab`, `0f b3`, `0f bb` (BT, BTS, BTR, BTC with a register number) and `0f ba /4` to `/7` (with an
      immediate), each with a register destination and a LOCK anywhere among its prefixes, fail an assertion of the
      code generator: SIGABRT. Any other prefixes may stand around the LOCK, REX bytes included, even where a real
      CPU would ignore them. A memory destination is harmless, as are `0f ba /0` to `/3` and every other locked
      instruction with a register (all #UD).
    - The cause: the generator uses an address that no code computed. If an earlier instruction of the same block had
      a memory operand, its address is used instead: no abort, but a store to a place nobody named. So such an
      instruction must never be translated, killed or not.
    - It happens at translation. The block is translated in a straight line, so executing the bytes is not needed:
      a conditional fault before them does not help, only a jump, call, `syscall`, `int` or undefined opcode does,
      since these end the block. `emu_start(count=1)` translates the whole block too, so stepping is no shelter.
    - Instructions over 15 bytes raise #GP and are harmless. One that straddles two pages aborts like any other, so
      whoever scans a page must also see the last 14 bytes of the page before and the first 14 of the page after.

    A real CPU answers every one of them with #UD: SIGILL at the instruction's first prefix.

    With prefixes before the LOCK there are several, for nobody knows where the program will jump. The translator
    stops before an address that is one of its exits, and only if an instruction really begins there; so
    `ctl_exits_enabled(True)` and these addresses as `ctl_set_exits` make a killer an exact stop at its first byte,
    and leave alone the same bytes inside an immediate or a string.
    """
    starts: set[int] = set()
    position = 0
    while match := LOCK_BT.search(code, position):
        opcode = match.end() - 3
        length_after_opcode = 4 if code[opcode + 1] == 0xBA else 3
        earliest = max(0, opcode + length_after_opcode - LONGEST_INSTRUCTION)
        last_lock = code.rfind(b"\xf0", match.start(), opcode)
        at = last_lock
        while at >= earliest and code[at] in _PREFIX_BYTES:
            starts.add(at)
            at -= 1
        position = opcode + 1
    return sorted(starts)
