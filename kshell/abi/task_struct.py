"""What the kernel knows of a task, in memory (C: <linux/sched.h>).

It has the fields that are kept, in Linux's order but for addr_limit, whose place is told to machine code as a number.
"""

from __future__ import annotations

from kshell.abi.c_types import Char, Int, PidT, UInt, ULong
from kshell.abi.cred import cred
from kshell.abi.list_head import list_head
from kshell.abi.struct import Array, Ptr, Struct, Void

__all__ = [
    "EXIT_DEAD",
    "EXIT_ZOMBIE",
    "PF_EXITING",
    "PF_IDLE",
    "PF_KTHREAD",
    "PF_SIGNALED",
    "TASK_COMM_LEN",
    "TASK_INTERRUPTIBLE",
    "TASK_RUNNING",
    "TASK_UNINTERRUPTIBLE",
    "files_struct",
    "mm_struct",
    "task_struct",
    "thread_info",
]

TASK_RUNNING = 0
TASK_INTERRUPTIBLE = 1
TASK_UNINTERRUPTIBLE = 2
EXIT_DEAD = 16
EXIT_ZOMBIE = 32

PF_IDLE = 0x2
PF_EXITING = 0x4
PF_SIGNALED = 0x400
PF_KTHREAD = 0x20_0000

TASK_COMM_LEN = 16


class thread_info(Struct):
    """What the entry code looks at."""

    flags: ULong
    status: UInt


class mm_struct(Struct):
    """The user's half of an address space: it lies in no memory that a module could look at."""


class files_struct(Struct):
    """The descriptors of a task: they lie in no memory that a module could look at."""


class task_struct(Struct):
    """One task: a program, the shell's own, or a thread of the kernel.

    ``mm`` is NULL for a thread of the kernel; ``state``, which sources call ``__state`` since 5.14, is TASK_RUNNING for
    who runs.  Times are in nanoseconds.
    """

    thread_info: thread_info
    addr_limit: ULong
    state: UInt
    flags: UInt
    stack: Ptr[Void]
    on_cpu: Int
    prio: Int
    static_prio: Int
    normal_prio: Int
    rt_priority: UInt
    policy: UInt
    tasks: list_head
    mm: Ptr[mm_struct]
    active_mm: Ptr[mm_struct]
    exit_state: Int
    exit_code: Int
    exit_signal: Int
    pid: PidT
    tgid: PidT
    real_parent: Ptr[task_struct]
    parent: Ptr[task_struct]
    children: list_head
    sibling: list_head
    group_leader: Ptr[task_struct]
    utime: ULong
    stime: ULong
    nvcsw: ULong
    nivcsw: ULong
    start_time: ULong
    min_flt: ULong
    maj_flt: ULong
    real_cred: Ptr[cred]
    cred: Ptr[cred]
    comm: Array[Char] = Array(Char, TASK_COMM_LEN)
    files: Ptr[files_struct]
