"""The bytes that end the emulator's process, and kshell with it: LOCK before a bit test of a register."""

from __future__ import annotations

import re

from kshell.machine.encode import LONGEST_INSTRUCTION

# The bytes that may stand before an opcode in 64-bit mode. Unicorn takes a REX byte anywhere among them.
_PREFIXES = rb"\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf0\xf2\xf3"
_PREFIX_BYTES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3") | frozenset(range(0x40, 0x50))

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
