"""Exceptions that the emulator takes for others: the bytes of the instruction tell what a real CPU raises."""

from __future__ import annotations

import re

from kshell.machine.encode import LONGEST_INSTRUCTION
from kshell.machine.paging import FETCH, is_canonical
from kshell.machine.quirks.simd import Reader
from kshell.machine.stop import (
    BREAKPOINT,
    DEBUG,
    DIVIDE_ERROR,
    DR_STEP,
    GENERAL_PROTECTION,
    INT80,
    INTERRUPT,
    OVERFLOW,
    PAGE_FAULT,
    PRIVILEGED,
    STACK_SEGMENT,
    STOPPED,
    UNDEFINED,
    UNDEFINED_OPCODE,
    Stop,
    gate_error,
)

PREFIXES = rb"[\x26\x2e\x36\x3e\x40-\x4f\x64-\x67\xf2\xf3]*"
SYSCALL = b"\x0f\x05"


def _instruction(opcode: bytes) -> re.Pattern[bytes]:
    return re.compile(PREFIXES + opcode, re.DOTALL)


DIVIDES = _instruction(rb"[\xf6\xf7][\x30-\x3f\x70-\x7f\xb0-\xbf\xf0-\xff]")
PORT_STRINGS = _instruction(rb"[\x6c-\x6f]")
INT1 = _instruction(rb"\xf1")
INT6 = _instruction(rb"\xcd\x06")
PRIVILEGED_CODE = _instruction(rb"\x0f(?:\x33|\x07|\x01\xf9)")  # rdpmc, sysret, rdtscp
NO_SUCH_CONTROL_REGISTER = re.compile(
    rb"[\x66\xf2\xf3]*(?:[\x40-\x43\x48-\x4b]?\x0f[\x20\x22][\xc8-\xcf\xe8-\xff]|[\x44-\x47\x4c-\x4f]\x0f[\x20\x22][\xc8-\xff])"
)


def true_exception(stop: Stop, rip: int, read: Reader) -> tuple[Stop, int]:
    """What a real CPU raises where the emulator stopped at `rip` for `stop`, and the rip that it saves then.

    Stop(STOPPED) where it raises nothing.
    """
    code = read(rip, LONGEST_INSTRUCTION)
    if stop.kind == PAGE_FAULT:
        return _page_fault(stop, code), rip
    if stop.kind == UNDEFINED:
        return _undefined(stop, code, rip)
    if stop.kind == INTERRUPT:
        return _interrupt(stop, code, rip, read(rip - 2, 2) if rip >= 2 else b"")
    return stop, rip


def _page_fault(stop: Stop, code: bytes) -> Stop:
    """ins and outs may not even try; an address that is none is not looked up.

    After a jump to such an address rip is its target here, the jump itself on a real CPU.
    """
    if stop.access != FETCH and PORT_STRINGS.match(code):
        return Stop(PRIVILEGED)
    if is_canonical(stop.address):
        return stop
    return stop._replace(kind=INTERRUPT, vector=STACK_SEGMENT if stop.stack else GENERAL_PROTECTION)


def _undefined(stop: Stop, code: bytes, rip: int) -> tuple[Stop, int]:
    if (int1 := INT1.match(code)) is not None:
        return Stop(INTERRUPT, vector=DEBUG, address=rip), rip + int1.end()
    if INT6.match(code):
        return Stop(INTERRUPT, vector=GENERAL_PROTECTION, error=gate_error(UNDEFINED_OPCODE)), rip
    if PRIVILEGED_CODE.match(code):
        return Stop(INTERRUPT, vector=GENERAL_PROTECTION), rip
    return stop, rip


def _interrupt(stop: Stop, code: bytes, rip: int, before: bytes) -> tuple[Stop, int]:
    """`int n` comes as exception n, but with rip behind it."""
    vector = stop.vector
    if vector in (BREAKPOINT, OVERFLOW, INT80):  # the three gates that are open to user code
        return stop, rip
    if before == bytes((0xCD, vector)) and not (vector == DIVIDE_ERROR and DIVIDES.match(code)):
        return Stop(INTERRUPT, vector=GENERAL_PROTECTION, error=gate_error(vector)), rip - 2
    if vector == DEBUG:  # the return from a system call sets the trap flag again: it is the next instruction that traps
        return (Stop(STOPPED) if before == SYSCALL else stop._replace(error=DR_STEP)), rip
    if NO_SUCH_CONTROL_REGISTER.match(code):
        return Stop(UNDEFINED, address=rip), rip
    return stop, rip
