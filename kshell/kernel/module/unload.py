"""Unloading a module: its exit function runs, and its pages go.

For a program that asks by a system call, exit runs on its own path, as init does (init_module/).

C counterpart: delete_module() in kernel/module/main.c.
"""

from __future__ import annotations

from kshell.abi.errno import EAGAIN, EBUSY, ENOENT
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.slab_leaks import note_memory
from kshell.kernel.module.init_exit import call_as, death, function_of
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.space import free_module
from kshell.kernel.module.struct_module import LIVE, LOADING, UNLOADING, Module
from kshell.kernel.report.leaks import note_leaks
from kshell.kernel.report.taint import add_taint


def delete_module(k: Kernel, name: str, force: bool = False) -> None:
    """Run the exit function of the module called `name`, and free it.  Raises Refusal.

    `force` (CONFIG_MODULE_FORCE_UNLOAD) overrules references that are held and a missing exit function, and taints.
    """
    _check_refcnt(k, name, force)
    module = begin_unload(k, name, force)
    if module.exit is not None:
        with k.cpu.ctrl_c:
            result = call_as(k, "rmmod", module.exit)
        if result is None:
            raise death(k, module)
    finish_unload(k, module)


def _check_refcnt(k: Kernel, name: str, force: bool) -> None:
    """What rmmod reads in /sys/module before it asks the kernel."""
    module = k.modules.get(name)
    if module is not None and not module.used_by and module.refcount > 0 and not force:
        raise Refusal(EAGAIN, Reason.HELD_BY_INIT if module.state == LOADING else Reason.HELD)


def begin_unload(k: Kernel, name: str, force: bool) -> Module:
    """The module called `name`, which is Unloading from now on.  Raises Refusal."""
    module = k.modules.get(name)
    if module is None:
        raise Refusal(ENOENT, Reason.NOT_LOADED, loaded=list(k.modules))
    if module.used_by:
        raise Refusal(EAGAIN, Reason.USED, users=module.used_by)
    if module.state != LIVE:
        raise Refusal(EBUSY, Reason.NOT_LIVE, state=module.state, function=function_of(module.state))
    if module.permanent and not force:
        raise Refusal(EBUSY, Reason.PERMANENT)
    if module.refcount < 0:
        raise Refusal(EAGAIN, Reason.PUT_TOO_OFTEN)
    if module.refcount > 0 and not force:
        raise Refusal(EAGAIN, Reason.HELD)
    if module.permanent or module.refcount:
        add_taint(k, "R", lockdep_still_ok=False, why=f"rmmod -f {module.name}")
        _note_force(k, module)
    module.state = UNLOADING
    return module


def finish_unload(k: Kernel, module: Module) -> None:
    """Its exit function has returned: free it."""
    note_leaks(k, module.name, module.space, f"{module.name} is unloaded")
    note_memory(k, module.name, module.space)
    free_module(k, module)
    k.last_unloaded = module.name


def _note_force(k: Kernel, module: Module) -> None:
    if module.permanent:
        k.note(f"{module.name} has no exit function: nothing that its init registered is taken back")
    if module.refcount:
        held = f"{module.refcount} reference{'s are' if module.refcount > 1 else ' is'} still held"
        k.note(f"{held} on {module.name}: whoever took them will run in, and put back, a module that is not there")
