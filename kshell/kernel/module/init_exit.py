"""Running a module's init and exit functions, and what is left where one of them dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kshell.abi.errno import EINTR
from kshell.kernel.entry import oops
from kshell.kernel.entry.exec import revive_shell_task
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.struct_module import LOADING, Entry, Module
from kshell.kernel.task.task import Task

if TYPE_CHECKING:
    from kshell.kernel.module.refusal import Refusal

DIED = object()  # what run_function gives for a function that did not return


def function_of(state: str) -> str:
    """The function that runs in a state: "init function" or "exit function"."""
    return "init function" if state == LOADING else "exit function"


def run_function(k: Kernel, function: Entry, comm: str, pid: int = 0) -> object:
    """Call an init or exit function in the name of the shell's task, which is called `comm` meanwhile, and has another
    `pid` if one is given; DIED if it oopsed."""
    revive_shell_task(k)
    k.switch_to(k.shell_task)
    k.start_tick_budget()
    with named(k.shell_task, comm, pid):
        try:
            return k.call(function) if isinstance(function, int) else _call_body(k, function)
        except BaseException as error:  # whatever comes out of a module is an oops
            oops.die(k, error)
            return DIED


def _call_body(k: Kernel, function: Callable[..., Any]) -> object:
    address = k.address_of(function)
    assert address is not None, "link_module refuses a module whose init or exit has no address"
    if function.__code__.co_argcount != 1:
        k.refuse_arguments(address, function, 0)
    return function(k)


@contextmanager
def named(task: Task, comm: str, pid: int = 0) -> Iterator[None]:
    """Let `task` be called `comm` in this block: on Linux insmod and rmmod are programs, and so tasks, of their own."""
    before = task.comm, task.pid
    task.comm, task.pid = comm, pid or task.pid
    try:
        yield
    finally:
        task.comm, task.pid = before


def death(k: Kernel, module: Module) -> Refusal:
    """The task that ran the module's code was killed there, and the module stays as it is."""
    from kshell.kernel.module.refusal import Reason, Refusal  # most machines end without one

    by = k.current.killed_by
    signal, why = (by.words, by.why) if by is not None else ("Killed", "it was killed")
    revive_shell_task(k)
    facts = {"state": module.state, "function": function_of(module.state), "signal": signal, "why": why}
    return Refusal(EINTR, Reason.DIED, **facts)
