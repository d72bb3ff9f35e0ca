"""Tasks: what the kernel knows of each running program.

C counterpart: struct task_struct in include/linux/sched.h, and kernel/exit.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi import ptregs
from kshell.kernel.core.layout import THREAD_SIZE
from kshell.kernel.core.signal import Siginfo, Signals
from kshell.kernel.mm.address_space import AddressSpace
from kshell.kernel.sched.cred import init_cred
from kshell.kernel.sched.in_memory import InMemory
from kshell.kernel.sched.task_struct import exited, new_task_struct, released
from kshell.kernel.sched.wait import Switched

if TYPE_CHECKING:
    from kshell.kernel.fs.dcache import Dentry
    from kshell.kernel.fs.file import FilesStruct
    from kshell.kernel.kernel import Kernel

COMM_LEN = 15


class TaskExit(BaseException):
    """Ends the current task from the depth of a system call.  No Exception: a module cannot catch it by accident."""


class Task(InMemory, Switched):
    """One task.  `nr` is its number (C: struct pid); `regs` is its pt_regs, at the top of its kernel stack; `struct`
    its task_struct in memory, which modules see and change; `is_alive` until it exits or is killed."""

    def __init__(self, k: Kernel, comm: str, parent: Task | None) -> None:
        self.nr = k.new_pid()
        self.files: FilesStruct = parent.files.copy() if parent else k.fs.standard_files()
        self.cwd: Dentry = parent.cwd if parent else k.fs.root
        self.umask: int = parent.umask if parent else 0o022
        self.mm: AddressSpace = AddressSpace(k)
        self.stack = k.memory.alloc_stack()
        self.frame = k.cpu.new_frame(k.memory.physical(self.stack + THREAD_SIZE - ptregs.SIZE))
        self.regs = self.frame.words  # the 21 words of pt_regs
        k.memory.store(self.regs_address - 8, k.way_in.back)  # what each call pushes first, be it by the short road
        above, cred = (parent.struct, parent.cred) if parent else (k.init, init_cred(k.cmdline))
        super().__init__(new_task_struct(k, self.nr, comm, above, cred), self.stack, k.clock.ns)
        self.group, self.session = self.nr, parent.session if parent else self.nr
        self.cmin_flt = self.cmaj_flt = 0  # page faults of its children that have ended
        self.is_alive = True
        self.stack_in_use = self.regs_address  # from here up, if it stands in the kernel and waits (C: thread.sp)
        self.signals = Signals()
        self.in_compat_syscall = False  # its call came by `int 0x80` (C: TS_COMPAT)
        self.exit_status: int | None = None
        self.killed_by: Siginfo | None = None

    @property
    def regs_address(self) -> int:
        """Where pt_regs is, in kernel memory."""
        return self.stack + THREAD_SIZE - ptregs.SIZE


def do_exit(k: Kernel, task: Task, status: int | None, signal: Siginfo | None = None) -> None:
    """End a task: by exit() with `status` 0 to 255, or by a signal.  Its files close and its memory is freed."""
    if not task.is_alive:
        return
    if k.on_exit is not None and task is k.current:
        k.on_exit()
    task.is_alive = False
    task.exit_status, task.killed_by = (None, signal) if signal else (status, None)
    task.files.close_all()
    task.mm.destroy()
    k.tasks.pop(task.nr, None)
    exited(k, task.struct, signal.signo if signal else (status or 0) << 8, signal is not None)
    k.exit_notify(task)


def release_task(k: Kernel, task: Task) -> None:
    """Free the kernel stack of a task that has exited (C: put_task_stack); its registers can be read until then.

    What it has used is its parent's then (C: wait_task_zombie)."""
    k.zombies.pop(task.nr, None)
    parent = k.tasks.get(task.ppid)
    if parent is not None:
        parent.cmin_flt += task.min_flt + task.cmin_flt
        parent.cmaj_flt += task.maj_flt + task.cmaj_flt
    k.memory.free_stack(task.stack)
    released(k, task.struct)
