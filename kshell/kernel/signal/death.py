"""The end of a task by a signal, remembered for who asks why.

C counterpart: none; on Linux a core file and its parent's wait4() tell of it.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kernel.core.signal import Siginfo
from kshell.kernel.kernel import Kernel
from kshell.kernel.report.oops_report import Oops
from kshell.kernel.task.task import Task, do_exit


class Death(NamedTuple):
    """Task `pid` (`comm`) died of `info`; `report` is the kernel's last report before."""

    pid: int
    comm: str
    info: Siginfo
    report: Oops | None


def die_of(k: Kernel, task: Task, info: Siginfo) -> None:
    """What a signal does by default."""
    k.last_death = Death(task.pid, task.comm, info, k.last_report)
    do_exit(k, task, None, info)
