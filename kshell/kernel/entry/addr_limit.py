"""What becomes of a call that has moved its task's limit of user memory, and ends: 4.19 kills the task.

C counterpart: addr_limit_user_check() in include/linux/syscalls.h; gone with set_fs in 5.10.
"""

from __future__ import annotations

from kshell.abi.signal import SI_KERNEL, SIGKILL
from kshell.kernel.core.layout import TASK_ADDR_LIMIT, TASK_SIZE_MAX
from kshell.kernel.core.signal import send_sig
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel

WHY = "kernel code called set_fs(KERNEL_DS) and did not put USER_DS back: all of memory would be the program's"


def addr_limit_user_check(k: Kernel) -> bool:
    """The current task is about to return to user mode: whether its limit was still moved.  It is put back, with a
    warning."""
    limit = k.current.struct.address + TASK_ADDR_LIMIT
    if k.memory.load(limit) == TASK_SIZE_MAX:
        return False
    warn(k, "Invalid address limit on user-mode return")
    k.memory.store(limit, TASK_SIZE_MAX)
    return True


def kill_for_limit(k: Kernel) -> None:
    """What that deserves."""
    send_sig(k, SIGKILL, WHY, SI_KERNEL)
