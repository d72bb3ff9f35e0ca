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
BUDGET = "budget"
CTRL_C = "Ctrl-C"


class Stop(NamedTuple):
    """Why a run ended: `kind`; for an interrupt its `vector`; for a page fault its `address` (CR2), `access`, and
    whether it went through the `stack` segment; for a SIMD fault the exceptions, as bits of MXCSR, in `vector`."""

    kind: str
    vector: int = 0
    address: int = 0
    access: int = 0
    stack: bool = False
