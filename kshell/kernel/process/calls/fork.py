"""Making tasks: fork, vfork.

C counterpart: kernel/fork.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Long
from kshell.abi.errno import EAGAIN, ENOMEM
from kshell.kernel.core.declare import SYSCALL_DEFINE0
from kshell.kernel.kernel import Kernel
from kshell.kernel.process.fork import copy_process, max_threads
from kshell.kernel.sched.wait import resumed, wait_on
from kshell.kernel.task.task import Task


@SYSCALL_DEFINE0
def fork(k: Kernel) -> Long:
    """Make a child, which is a copy of the caller.

    The parent gets the child's number, the child 0.  What the parent has open, the child has open, too; their memory is
    the same, page by page, until one of them writes to a page: then that one gets a copy of its own.  Timers and
    pending signals are not inherited.

    EAGAIN  there are as many tasks as there may be
    ENOMEM  RAM is used up
    """
    child = new_child(k)
    return child if isinstance(child, int) else child.nr


@SYSCALL_DEFINE0
def vfork(k: Kernel) -> Long:
    """Make a child as fork does, but with the caller's own memory, and wait until it has ended or called execve.

    What the child writes, be it to the stack, the parent finds.

    EAGAIN  there are as many tasks as there may be
    ENOMEM  RAM is used up
    """
    last = resumed(k)
    child = new_child(k, shares_memory=True) if last is None else last.what
    if not isinstance(child, Task):
        return -ENOMEM if child is None else int(str(child))
    if child.is_alive and child.mm is k.current.mm:
        wait_on(k, child, last, interruptible=False)
    return child.nr


def new_child(k: Kernel, shares_memory: bool = False) -> Task | int:
    """A copy of the current task, or a negative errno."""
    if len(k.tasks) + len(k.zombies) >= max_threads(k):
        return -EAGAIN
    return copy_process(k, shares_memory) or -ENOMEM
