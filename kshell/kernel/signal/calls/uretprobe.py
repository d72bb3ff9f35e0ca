"""The call that stands at 335 since Linux 6.11.

C counterpart: arch/x86/kernel/uprobes.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Long
from kshell.abi.errno import ENXIO
from kshell.abi.signal import SI_KERNEL, SIGILL
from kshell.kernel.core.declare import SYSCALL_DEFINE0
from kshell.kernel.core.signal import Siginfo, force_sig_info
from kshell.kernel.kernel import Kernel


@SYSCALL_DEFINE0
def uretprobe(k: Kernel) -> Long:
    """Return from a probed function; only the kernel's own trampoline may call it.

    It does not return. Any other caller is killed by SIGILL: a program that takes 335 for a free number dies here.
    """
    why = "uretprobe (335 since Linux 6.11) is for the kernel's own trampoline; any other caller gets SIGILL"
    force_sig_info(k, Siginfo(SIGILL, SI_KERNEL, why=why))
    return -1


@SYSCALL_DEFINE0
def uprobe(k: Kernel) -> Long:
    """Enter a probed function; only the kernel's own trampoline may call it.

    ENXIO  the caller is not that trampoline
    """
    return -ENXIO
