"""/proc/PID/stat: a task in one line of 52 numbers, as ps reads it.

C counterpart: do_task_stat(), fs/proc/array.c.
"""

from __future__ import annotations

from kshell.abi.c_types import U64
from kshell.abi.signal import SIGCHLD
from kshell.kernel.kernel import Kernel
from kshell.kernel.proc.proc_status import signal_masks
from kshell.kernel.task.task import Task

TICK_NS = 10**7  # times are in ticks of USER_HZ, 100 a second
OLD_SIGNALS = (1 << 31) - 1  # those that fitted into a word once


def stat(k: Kernel, task: Task) -> bytes:
    """The line.  There is no process group, no session and no terminal here, and nothing of another time than the
    present."""
    mm = task.mm
    before = [task.ppid, 0, 0, 0, -1, 0]  # pgrp, session, tty_nr, tpgid, flags
    faults = [task.min_flt, task.cmin_flt, task.maj_flt, task.cmaj_flt]
    times = [k.clock.ns // TICK_NS, 0, 0, 0]  # utime, stime, and those of its children
    scheduling = [20, 0, 1, 0, 0]  # priority, nice, threads, itrealvalue, starttime
    size = sum(vma.end - vma.start for vma in mm.vmas)
    memory = [size, sum(1 for _ in mm.resident()), U64]  # rsslim
    places = [0] * 5  # startcode to kstkeip, which are told of a task that has died alone
    masks = signal_masks(task)
    waiting = [masks["SigPnd"], masks["SigBlk"], masks["SigIgn"], masks["SigCgt"]]
    signals = [*(mask & OLD_SIGNALS for mask in waiting), 0, 0, 0]  # wchan, nswap, cnswap
    rest = [SIGCHLD, 0, 0, 0, 0, 0, 0]  # exit_signal, processor, rt_priority, policy, three times
    data = [0, 0, mm.start_brk, mm.arg_start, mm.arg_end, 0, 0, 0]  # start_data to exit_code
    numbers = [*before, *faults, *times, *scheduling, *memory, *places, *signals, *rest, *data]
    state = "R" if task is k.current else "S"
    line = f"{task.pid} ({task.comm}) {state} {' '.join(map(str, numbers))}\n"
    return line.encode("utf-8", "surrogateescape")
