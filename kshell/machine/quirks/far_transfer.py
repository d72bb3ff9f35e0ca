"""Far transfers of user code: iret, far return and far call are executed here, not by the emulator.

It takes what they pop and push for accesses of ring 0, so that they would read and write kernel memory; it knows a
virtual-8086 mode that a CPU in long mode does not have; and it cuts their stack pointer to 32 bits.

Intel SDM volume 2, in 64-bit mode with a flat address space: user code is at one selector, its stack at another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from kshell.machine.disassembler import memory_operand
from kshell.machine.encode import LONGEST_INSTRUCTION
from kshell.machine.paging import READ, WRITE, is_canonical
from kshell.machine.ring3 import USER_CS, USER_SS
from kshell.machine.stop import DEBUG, GENERAL_PROTECTION, INTERRUPT, PAGE_FAULT, Stop

FAR_TRANSFERS = re.compile(rb"\xcf|[\xca\xcb]|\xff[\x18-\x1f\x58-\x5f\x98-\x9f]", re.DOTALL)
_WITH_PREFIXES = re.compile(rb"([\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf2\xf3]*)(.)", re.DOTALL)
IRET, RETF_IMM16, CALL = 0xCF, 0xCA, 0xFF
TRAP_FLAG, NESTED_TASK = 0x100, 0x4000
_RETURNED_FLAGS = 0x244DD5  # that iret may change in ring 3
_SELECTOR = 0xFFFC  # the part of a selector that is an error code
_U64 = (1 << 64) - 1


class UserMemory(Protocol):
    """Memory as user code reaches it."""

    def read_user(self, address: int, size: int) -> bytes:
        """The bytes at `address`; fewer where it cannot."""

    def write_user(self, address: int, data: bytes) -> int:
        """Put `data` there; how many bytes it could."""


class Landing(NamedTuple):
    """Where the transfer goes, and what it leaves in rsp and in the flags."""

    rip: int
    rsp: int
    eflags: int


def far_transfer(rip: int, register: Callable[[str], int], memory: UserMemory) -> Landing | Stop:
    """What the far transfer at `rip` comes to: new registers, or the exception that it raises."""
    code = memory.read_user(rip, LONGEST_INSTRUCTION)
    match = _WITH_PREFIXES.match(code)
    assert match is not None
    prefixes, opcode = match[1], match[2][0]
    wide = prefixes[-1:] >= b"\x48" and prefixes[-1:] <= b"\x4f"
    size = 8 if wide else 2 if b"\x66" in prefixes else 4
    if opcode == CALL:
        return _call(code, rip, size, register, memory)
    flags, rsp = register("eflags"), register("rsp")
    if opcode == IRET and flags & NESTED_TASK:
        return _protection(0)
    words = _pop(memory, rsp, size, 5 if opcode == IRET else 2)
    if isinstance(words, Stop):
        return words
    if words[1] & 0xFFFF != USER_CS:
        return _protection(words[1])
    if opcode == IRET:
        if words[4] & 0xFFFF != USER_SS:
            return _protection(words[4])
        mask = _RETURNED_FLAGS & (0xFFFF if size == 2 else _U64)
        landing = Landing(words[0], words[3], flags & ~mask | words[2] & mask)
    else:
        more = int.from_bytes(code[match.end() : match.end() + 2], "little") if opcode == RETF_IMM16 else 0
        landing = Landing(words[0], rsp + 2 * size + more & _U64, flags)
    return landing if is_canonical(landing.rip) else _protection(0)


def _call(code: bytes, rip: int, size: int, register: Callable[[str], int], memory: UserMemory) -> Landing | Stop:
    operand = memory_operand(code, rip)
    if operand is None:
        return Stop(INTERRUPT, vector=GENERAL_PROTECTION)
    pointer = operand.address(register)
    found = memory.read_user(pointer, size + 2)
    if len(found) < size + 2:
        return Stop(PAGE_FAULT, address=pointer + len(found) & _U64, access=READ, stack=operand.stack)
    target, selector = int.from_bytes(found[:size], "little"), int.from_bytes(found[size:], "little")
    if selector & _SELECTOR != USER_CS & _SELECTOR:
        return _protection(selector)
    if not is_canonical(target):
        return _protection(0)
    rsp = register("rsp")
    for word in (USER_CS, operand.next_rip):
        rsp = rsp - size & _U64
        written = memory.write_user(rsp, (word & (1 << 8 * size) - 1).to_bytes(size, "little"))
        if written < size:
            return Stop(PAGE_FAULT, address=rsp + written & _U64, access=WRITE, stack=True)
    return Landing(target, rsp, register("eflags"))


def _pop(memory: UserMemory, rsp: int, size: int, count: int) -> list[int] | Stop:
    """So many words of `size` bytes from the stack."""
    found = memory.read_user(rsp, size * count)
    if len(found) < size * count:
        return Stop(PAGE_FAULT, address=rsp + len(found) & _U64, access=READ, stack=True)
    return [int.from_bytes(found[at : at + size], "little") for at in range(0, len(found), size)]


def _protection(selector: int) -> Stop:
    return Stop(INTERRUPT, vector=GENERAL_PROTECTION, error=selector & _SELECTOR)


def trap_after(flags: int) -> Stop | None:
    """What follows an instruction that began with these flags."""
    return Stop(INTERRUPT, vector=DEBUG) if flags & TRAP_FLAG else None
