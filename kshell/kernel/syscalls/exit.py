"""Ending a task.

C counterpart: kernel/exit.c.
"""

from __future__ import annotations

from kshell.abi.c_types import Int, Long
from kshell.kernel.core.declare import SYSCALL_DEFINE1
from kshell.kernel.kernel import Kernel
from kshell.kernel.task.task import TaskExit, do_exit


@SYSCALL_DEFINE1
def exit(k: Kernel, error_code: Int) -> Long:
    """End the calling thread.

    Only the low eight bits of error_code reach the parent: exit(-1) is status 255.  It does not return.
    """
    do_exit(k, k.current, error_code & 0xFF)
    raise TaskExit


@SYSCALL_DEFINE1
def exit_group(k: Kernel, error_code: Int) -> Long:
    """End the calling process, all its threads; this is what exit(3) calls.

    Only the low eight bits of error_code reach the parent: exit_group(-1) is status 255.  It does not return.
    """
    do_exit(k, k.current, error_code & 0xFF)
    raise TaskExit
