"""What the task_struct of a task says, as bodies in Python read and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.task_struct import task_struct
from kshell.kernel.sched.cred import Cred, cred_of
from kshell.kernel.sched.task_struct import leaves_cpu, takes_cpu

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


class InMemory:
    """A task as far as it is in memory: `struct` is its task_struct, which modules see and change."""

    def __init__(self, struct: task_struct, stack: int, now_ns: int) -> None:
        self.struct, self.on_cpu_since = struct, now_ns
        struct.stack = stack

    def takes_cpu(self, k: Kernel) -> None:
        """It is about to be the current one, or goes on to be that in a machine that was put by."""
        before = getattr(k, "current", None)
        if before is self:
            return
        if before is not None:
            leaves_cpu(before.struct, k.clock.ns - before.on_cpu_since)
        self.on_cpu_since = k.clock.ns
        takes_cpu(self.struct)

    @property
    def pid(self) -> int:
        """What its struct calls its number."""
        return self.struct.pid

    @pid.setter
    def pid(self, nr: int) -> None:
        """Call it by another one."""
        self.struct.pid = self.struct.tgid = nr

    @property
    def ppid(self) -> int:
        """The number of its parent."""
        return self.struct.real_parent.tgid

    @property
    def comm(self) -> str:
        """What it is called."""
        return str(self.struct.comm)

    @comm.setter
    def comm(self, name: str) -> None:
        """Call it otherwise."""
        self.struct.comm.set_text(name)

    @property
    def cred(self) -> Cred:
        """Whose it is now.  Raises KernelFault where a module has led the pointer astray."""
        return cred_of(self.struct.cred)

    @property
    def min_flt(self) -> int:
        """The page faults that brought a page in without a wait for a disk."""
        return self.struct.min_flt

    @property
    def maj_flt(self) -> int:
        """Those with one."""
        return self.struct.maj_flt
