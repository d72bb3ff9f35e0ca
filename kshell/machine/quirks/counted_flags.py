"""The flags where a counted instruction has faulted: the emulator computes them from the wrong operands.

Before each instruction that it counts it puts the flags, made up, into cc_src, and says so in cc_op.  At a fault in the
middle of a block it takes cc_op back to what it was before, as if cc_src were still an operand.
"""

from __future__ import annotations

from typing import Any

from unicorn import x86_const as x86

ARITHMETIC = 0x8D5  # CF, PF, AF, ZF, SF, OF
MADE_UP = (0, 1)  # values of cc_op for flags that stand in cc_src
# The beginning of the emulator's own state (CPUX86State), in words of 8 bytes: the registers by their numbers,
# rip, the other flags, and then cc_dst, cc_src, cc_src2, cc_op.
GENERAL = ("RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", *(f"R{number}" for number in range(8, 16)))
REGISTERS = [getattr(x86, f"UC_X86_REG_{name}") for name in (*GENERAL, "RIP")]
CC_SRC, CC_OP = len(REGISTERS) + 2, len(REGISTERS) + 4


def mend_flags(uc: Any) -> None:
    """Write the flags that the faulting instruction has found; nothing where they are right, or not to be found."""
    state = bytes(uc.context_save())
    registers = b"".join(uc.reg_read(register).to_bytes(8, "little") for register in REGISTERS)
    start = state.find(registers)
    if start < 0 or start % 8:
        return
    words = memoryview(state)[start:].cast("B")
    source, operation = (int.from_bytes(words[8 * at : 8 * at + 8], "little") for at in (CC_SRC, CC_OP))
    if operation & 0xFFFF_FFFF not in MADE_UP and not source & ~ARITHMETIC:
        flags = uc.reg_read(x86.UC_X86_REG_EFLAGS)
        uc.reg_write(x86.UC_X86_REG_EFLAGS, flags & ~ARITHMETIC | source)
