"""Where every slot without a call points.

C counterpart: kernel/sys_ni.c.
"""

from __future__ import annotations

from kshell.abi.errno import ENOSYS
from kshell.kernel.kernel import Kernel


def sys_ni_syscall(k: Kernel, regs: memoryview) -> int:
    """Where every slot without a call points."""
    return -ENOSYS
