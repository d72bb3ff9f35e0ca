"""Unloading a module: rmmod, as far as the kernel is concerned.

C counterpart: delete_module() in kernel/module/main.c; the wording is kmod's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kshell.abi.errno import EAGAIN, EBUSY, ENOENT, strerror
from kshell.cc.source import module_name
from kshell.kernel.core.taint import add_taint
from kshell.kernel.module.init_exit import DIED, death, function_of, run_function
from kshell.kernel.module.leaks import note_leaks
from kshell.kernel.module.link import free_module
from kshell.kernel.module.struct_module import LIVE, LOADING, UNLOADING, Module, ModuleError

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


def delete_module(k: Kernel, name: str, force: bool = False) -> None:
    """rmmod: run the exit function and free the module.  Raises ModuleError.

    `force` (CONFIG_MODULE_FORCE_UNLOAD) overrules references that are held and a missing exit function, and taints.
    """
    name = module_name(name) if name.endswith((".py", ".ko")) else name.replace("-", "_")
    module = k.modules.get(name)
    if module is None:
        loaded = ", ".join(k.modules) or "none"
        message = f"rmmod: ERROR: Module {name} is not currently loaded"
        raise ModuleError(ENOENT, message, f"the loaded modules are: {loaded}", "lsmod  (lists them)")
    if not force:
        _check_unused(module)
    if module.used_by:
        because = f"{' and '.join(module.used_by)} would use what is gone; even -f does not allow that"
        raise _could_not_remove(module, EAGAIN, because, f"rmmod {module.used_by[-1]} first")
    if module.state != LIVE:
        because = f"it died in its {function_of(module.state)} and stays {module.state}"
        raise _could_not_remove(module, EBUSY, because, "boot  (a real machine would need a reboot)")
    if module.permanent and not force:
        because = "it has an init function and no exit function: the kernel takes it for permanent"
        raise _could_not_remove(module, EBUSY, because, "add module_exit(...) to the module; boot gets rid of this one")
    if module.permanent or module.refcount:
        add_taint(k, "R", lockdep_still_ok=False, why=f"rmmod -f {module.name}")
        _note_force(k, module)
    _unload(k, module)


def _note_force(k: Kernel, module: Module) -> None:
    if module.permanent:
        k.note(f"{module.name} has no exit function: nothing that its init registered is taken back")
    if module.refcount:
        held = f"{module.refcount} reference{'s are' if module.refcount > 1 else ' is'} still held"
        k.note(f"{held} on {module.name}: whoever took them will run in, and put back, a module that is not there")


def _check_unused(module: Module) -> None:
    """What rmmod looks up in /sys/module before it asks the kernel."""
    if module.used_by:
        message = f"rmmod: ERROR: Module {module.name} is in use by: {' '.join(module.used_by)}"
        raise ModuleError(EAGAIN, message, "these modules use its symbols", f"rmmod {module.used_by[-1]} first")
    if module.refcount > 0:
        message = f"rmmod: ERROR: Module {module.name} is in use"
        because, try_ = "somebody took a reference and has not put it back", "lsmod shows the count; boot starts afresh"
        if module.state == LOADING:
            because = "it died in its init function and stays Loading: its init still runs, for all the kernel knows"
            try_ = "boot  (a real machine would need a reboot)"
        raise ModuleError(EAGAIN, message, because, try_)


def _could_not_remove(module: Module, errno: int, because: str, try_: str) -> ModuleError:
    message = f"rmmod: ERROR: could not remove module {module.name}: {strerror(errno)}"
    return ModuleError(errno, message, because, try_)


def _unload(k: Kernel, module: Module) -> None:
    module.state = UNLOADING
    if module.exit is not None:
        with k.cpu.ctrl_c:
            result = run_function(k, module.exit, "rmmod")
        if result is DIED:
            raise death(k, module, "rmmod " + module.name)
    note_leaks(k, module, f"{module.name} is unloaded")
    free_module(k, module)
    k.last_unloaded = module.name
