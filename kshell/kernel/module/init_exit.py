"""Running a module's init and exit functions, and what is left where one of them dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kshell.abi.errno import EINTR
from kshell.kernel.entry.addr_limit import addr_limit_user_check
from kshell.kernel.entry.exec import revive_shell_task
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import LOADING, Module
from kshell.kernel.task.task import Task, TaskExit


def call_as(k: Kernel, comm: str, *call: int, pid: int = 0) -> int | None:
    """What the function at an address answers to its arguments, called in the name of the shell's task, which is named
    `comm` meanwhile, and has another `pid` if one is given; None if it died."""
    revive_shell_task(k)
    k.switch_to(k.shell_task)
    with named(k.shell_task, comm, pid):
        try:
            return k.call_out(*call)
        except TaskExit:
            return None
        finally:
            addr_limit_user_check(k)  # on Linux insmod is killed for it, and the shell is another task


@contextmanager
def named(task: Task, comm: str, pid: int = 0) -> Iterator[None]:
    """Let `task` be called `comm` in this block: on Linux insmod and rmmod are programs, and so tasks, of their own."""
    before = task.comm, task.pid
    task.comm, task.pid = comm, pid or task.pid
    try:
        yield
    finally:
        task.comm, task.pid = before


def function_of(state: str) -> str:
    """The function that runs in a state: "init function" or "exit function"."""
    return "init function" if state == LOADING else "exit function"


def death(k: Kernel, module: Module) -> Refusal:
    """The task that ran the module's code was killed there, and the module stays as it is."""
    by = k.current.killed_by
    signal, why = (by.words, by.why) if by is not None else ("Killed", "it was killed")
    revive_shell_task(k)
    facts = {"state": module.state, "function": function_of(module.state), "signal": signal, "why": why}
    return Refusal(EINTR, Reason.DIED, **facts)
