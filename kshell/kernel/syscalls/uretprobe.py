"""The call that stands at 335 since Linux 6.11.

C counterpart: arch/x86/kernel/uprobes.c.
"""

from __future__ import annotations

from kshell.abi import ptregs
from kshell.abi.c_types import Long
from kshell.abi.errno import ENXIO
from kshell.abi.signal import ILL_ILLOPN, SIGILL
from kshell.kernel.declare import SYSCALL_DEFINE0
from kshell.kernel.kernel import Kernel
from kshell.kernel.task import Siginfo


@SYSCALL_DEFINE0
def uretprobe(k: Kernel) -> Long:
    """Return from a probed function; only the kernel's own trampoline may call it.

    Any other caller is killed with SIGILL, so a program that takes 335 for a free number dies here.
    """
    ip = k.current.regs[ptregs.IP]
    why = "uretprobe (335 since Linux 6.11) is for the kernel's own trampoline; any other caller gets SIGILL"
    k.force_signal(Siginfo(SIGILL, ILL_ILLOPN, ip, ip, why))
    return -1


@SYSCALL_DEFINE0
def uprobe(k: Kernel) -> Long:
    """Enter a probed function; only the kernel's own trampoline may call it.

    ENXIO  the caller is not that trampoline
    """
    return -ENXIO
