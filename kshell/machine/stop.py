"""Why user code stopped: what the CPU tells the kernel at the end of a run."""

from __future__ import annotations

from typing import NamedTuple

STOPPED = "stopped"  # the kernel said so, in a callback
PAGE_FAULT = "page fault"
INTERRUPT = "interrupt"  # an exception or an `int n`, by its vector
UNDEFINED = "undefined opcode"
PRIVILEGED = "privileged"  # in, out: the CPU let them pass, the kernel must not
SYSENTER = "sysenter"
SIMD_FAULT = "simd fault"  # an SSE instruction met what MXCSR does not mask
SLEEPING = "sleeping"  # a kernel path waits: its `vmcall` is to be executed anew when it goes on
PROBED = "probe"  # ring 0 stands before an instruction at which somebody wants to look around
HALTED = "halted"  # ring 0 stands before a `hlt`, with interrupts off: nothing would wake it
RETURNED = "returned"  # a call from outside of a run
TRIPLE_FAULT = "triple fault"  # ring 0 took away what the CPU itself needs
BUDGET = "budget"
CTRL_C = "Ctrl-C"
CUT = "cut"  # a moment is reached at which somebody wants the run to end

# Vectors (C: X86_TRAP_DE, ...).
DIVIDE_ERROR, DEBUG, BREAKPOINT, OVERFLOW, UNDEFINED_OPCODE = 0, 1, 3, 4, 6
STACK_SEGMENT, GENERAL_PROTECTION, PAGE, FPU, SIMD = 12, 13, 14, 16, 19
INT80 = 0x80  # the way in of 32-bit programs (C: IA32_SYSCALL_VECTOR)
DR_STEP = 0x4000
_IDT = 2


class Stop(NamedTuple):
    """Why a run ended: `kind`; for an interrupt its `vector`, and the `error` code that the CPU pushes, or DR6 for #DB;
    for a page fault, or an address that is none, `address` (CR2), `access`, and whether it went through the `stack`
    segment; for int1 and #UD the instruction's `address`; for a SIMD fault the exceptions, as bits of MXCSR, in
    `vector`; and the `ring` that it ran in."""

    kind: str
    vector: int = 0
    address: int = 0
    access: int = 0
    stack: bool = False
    error: int = 0
    ring: int = 3


def gate_error(vector: int) -> int:
    """What the CPU pushes for a gate of the IDT that ring 3 may not use: its number, and bit 1 for "IDT"."""
    return vector * 8 + _IDT


def closed_gate(error: int) -> int | None:
    """The number of the gate that an error code names; None if it names none."""
    return error >> 3 if error & _IDT else None
