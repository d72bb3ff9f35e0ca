"""The OOM killer: RAM is used up, and a task must go.

C counterpart: mm/oom_kill.c.  There is one task that could have used it up: the current one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.abi.signal import SIGKILL
from kshell.kernel.core.signal import Siginfo, force_sig_info
from kshell.machine.ram import PAGE_SIZE

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

GFP = "gfp_mask=0x6280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO)"
WHY = "the machine has no memory left, and the kernel chose this task to end (OOM killer)"


def out_of_memory(k: Kernel) -> Siginfo:
    """Report it, and send the current task SIGKILL, which is also the result; it acts when the task next returns to
    user mode."""
    task = k.current
    already = next((info for info in task.signals.queued if info.signo == SIGKILL), None)
    if already is not None:
        return already
    total = sum(vma.end - vma.start for vma in task.mm.vmas) >> 10
    resident = sum(1 for _ in task.mm.resident()) * PAGE_SIZE >> 10
    k.printk(KERN_WARNING, f"{task.comm} invoked oom-killer: {GFP}, order=0, oom_score_adj=0")
    sizes = f"total-vm:{total}kB, anon-rss:{resident}kB, file-rss:0kB, shmem-rss:0kB"
    if k.profile.version < (5, 0):
        score = 1000 * resident // (k.ram.size >> 10)
        k.printk(KERN_ERR, f"Out of memory: Kill process {task.pid} ({task.comm}) score {score} or sacrifice child")
        k.printk(KERN_ERR, f"Killed process {task.pid} ({task.comm}) {sizes}")
    else:
        k.printk(KERN_ERR, f"Out of memory: Killed process {task.pid} ({task.comm}) {sizes}, UID:{task.cred.uid}")
    signal = Siginfo(SIGKILL, why=WHY)
    force_sig_info(k, signal)
    return signal
