"""A call that waits is made again.

C counterpart: none; on Linux a call that waits stands on its kernel stack.
"""

from __future__ import annotations

from kshell.abi.ptregs import AX, IP, ORIG_AX
from kshell.kernel.kernel import Kernel


def call_again(k: Kernel, regs: memoryview, size: int) -> None:
    """Have the instruction of a call, `size` bytes long, executed anew when its task goes on; it is told once.

    0 where it is the path in the kernel that stands still."""
    if k.tracer is not None and k.tracer.running is not None:
        k.tracer.running.waits = True
    regs[IP], regs[AX] = regs[IP] - size, regs[ORIG_AX]
