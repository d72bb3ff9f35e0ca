"""Loading and unloading modules: insmod and rmmod, as far as the kernel is concerned.

C counterpart: kernel/module.c (4.19), kernel/module/main.c (today).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kshell.abi.c_types import CType
from kshell.abi.errno import EAGAIN, EBUSY, EEXIST, EINTR, EINVAL, ENOENT, ENOEXEC, strerror
from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.kernel import oops
from kshell.kernel.clock import MODULE_LOAD_NS
from kshell.kernel.declare import DeclarationError
from kshell.kernel.exec import revive_shell_task
from kshell.kernel.module_link import free_module, link_module
from kshell.kernel.module_source import Source, SourceError, compile_module, excerpt, module_name
from kshell.kernel.module_struct import LIVE, LOADING, UNLOADING, Module, ModuleError, Refusal
from kshell.kernel.module_ticks import TICK, SoftLockup, make_tick
from kshell.kernel.taint import add_taint
from kshell.machine.ctrl_c import CtrlC

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel
    from kshell.kernel.task import Task

GPL_COMPATIBLE = ("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL")
INT = CType("int", 4, True)


# Loading.


def load_module(k: Kernel, path: str, parameters: dict[str, str] | None = None, command: str = "insmod") -> Module:
    """insmod: compile, link, and run the init function.  Raises ModuleError, or leaves the module Live.

    `command` is insmod or modprobe: which of the two says no.
    """
    name = module_name(path)
    try:
        source = _compile(path, command)
        _check_not_there(k, name)
        module = Module(source, name)
        k.clock.ns += MODULE_LOAD_NS
        with CtrlC(lambda: None) as ctrl_c:
            k.cpu.ctrl_c = ctrl_c
            _run_declarations(k, module, source)
            module.take_sections()
            _check_modinfo(k, module)
            link_module(k, module)
            module.state = LOADING
            k.modules[name] = module
            try:
                _set_parameters(k, module, parameters or {})
                _do_init_module(k, module)
            except Refusal:
                free_module(k, module)
                raise
    except Refusal as refusal:
        raise refusal.worded(command, path, name) from None
    return module


def _compile(path: str, command: str) -> Source:
    try:
        return compile_module(path)
    except SourceError as error:
        if error.errno == ENOEXEC:
            raise Refusal(ENOEXEC, error.because, error.try_, (error.what, *error.excerpt)) from None
        verb = "load" if error.errno == ENOENT else "insert"
        message = f"{command}: ERROR: could not {verb} module {path}: {error.what}"
        raise ModuleError(error.errno, message, error.because, error.try_) from None


def _check_not_there(k: Kernel, name: str) -> None:
    old = k.modules.get(name)
    if old is None:
        return
    if old.state == LIVE:
        because = f"a module called {name} is loaded already, from {old.path}"
        raise Refusal(EEXIST, because, f"rmmod {name}  (and then load it again)")
    because = f"{name} died in its {_function(old.state)} and stays {old.state}; Linux would wait until interrupted"
    raise Refusal(EINTR, because, "boot  (a fresh kernel; a real machine would need a reboot)")


def _function(state: str) -> str:
    return "init function" if state == LOADING else "exit function"


def _run_declarations(k: Kernel, module: Module, source: Source) -> None:
    """Run the file's top level, which only declares."""
    module.namespace.update(__name__=module.name, __file__=source.path, __this_module__=module)
    module.namespace[TICK] = make_tick(k)
    k.start_tick_budget()
    try:
        exec(source.code, module.namespace)
    except BaseException as error:  # whatever a file may raise, SystemExit too
        line = oops.line_in(error, source.path)
        because = "the top level of a module declares; what it does belongs into its functions"
        try_ = f"correct line {line}, save, and insmod again"
        if isinstance(error, ImportError):
            because, try_ = _why_no_import(error)
        if isinstance(error, DeclarationError):
            because = "a declaration does not fit what it declares"
        text = str(error) if isinstance(error, DeclarationError | SoftLockup) else oops.describe(error)
        details = (f"{source.path}:{line}: error: {text}", *excerpt(source.text, line))
        raise Refusal(ENOEXEC, because, try_, details) from None


def _why_no_import(error: ImportError) -> tuple[str, str]:
    from difflib import get_close_matches

    wanted = str(getattr(error, "name_from", None) or "")  # Python 3.12; before that the message has it
    wanted = wanted or str(error).partition("name '")[2].partition("'")[0]
    if wanted.startswith("SYSCALL_DEFINE"):
        because = "a module cannot add a system call: the table is filled when the kernel is built, and read-only"
        return because, "let a call that is built in follow a STUB_ pointer, as test_call does"
    offered = getattr(sys.modules.get(error.name or ""), "__all__", ())
    close = get_close_matches(wanted, offered, 1) or get_close_matches(wanted.upper(), offered, 1)
    because = f"{error.name or 'kshell.linux'} has no {wanted or 'such thing'}"
    return because, f"did you mean {close[0]}?" if close else "a sample shows what there is: module copy syscallModule"


def _set_parameters(k: Kernel, module: Module, given: dict[str, str]) -> None:
    for name, text in given.items():
        parameter = module.parameters.get(name)
        if parameter is None:
            k.printk(KERN_WARNING, f"{module.name}: unknown parameter '{name}' ignored")
            known = ", ".join(module.parameters) or "none"
            k.note(f"{module.name} has no parameter {name} (it has: {known}); Linux ignores it and so does kshell")
            continue
        value = parameter.parse(text)
        if value is None:
            k.printk(KERN_ERR, f"{module.name}: `{text}' invalid for parameter `{name}'")
            raise Refusal(
                EINVAL, f"{name} is of type {parameter.type}, and {text!r} is none", f"insmod {module.path} {name}=1"
            )
        k.memory.store(k.stub_address(parameter), value)


def _check_modinfo(k: Kernel, module: Module) -> None:
    """Taint the kernel, each flag with a line if it is new; this comes before any symbol is looked up."""
    licence = dict(module.section(".modinfo")).get("license")
    if licence is None and k.profile.version >= (5, 12):
        because = "since 5.12 a module without MODULE_LICENSE is not even built: modpost ends with this error"
        details = (f"ERROR: modpost: missing MODULE_LICENSE() in {module.name}.o",)
        raise Refusal(ENOEXEC, because, 'MODULE_LICENSE("GPL")  (at the top level of the file)', details)
    module.taints = "O"
    if "O" not in k.taint.letters:
        k.printk(KERN_WARNING, f"{module.name}: loading out-of-tree module taints kernel.")
    add_taint(k, "O")
    if licence not in GPL_COMPATIBLE:
        module.taints = "PO"
        if "P" not in k.taint.letters:
            text = "unspecified" if licence is None else licence
            k.printk(KERN_WARNING, f"{module.name}: module license '{text}' taints kernel.")
        add_taint(k, "P", lockdep_still_ok=False)


def _do_init_module(k: Kernel, module: Module) -> None:
    """Run the init function.  Refusal when it answers an error; ModuleError when it died and the module stays."""
    result = _run(k, module.init, "insmod") if module.init is not None else 0
    if result is _DIED:
        raise _died(k, module, "insmod " + module.path)
    if not isinstance(result, int):
        because = f"its init function returned {oops.shortened(result)}, and must return an int"
        raise Refusal(EINVAL, because, "end it with return 0")
    result = INT.narrow(result)
    if result < 0:
        because = f"its init function returned {result}, so the kernel unloaded it again"
        raise Refusal(-result, because, "init returns 0 when all went well")
    if result > 0:
        suspicious = f"'{module.name}'->init suspiciously returned {result}, it should follow 0/-E convention"
        k.printk(KERN_WARNING, f"do_init_module: {suspicious}")
        k.printk(KERN_WARNING, "do_init_module: loading module anyway...")
        with _named(k.current, "insmod"):
            oops.dump_stack(k)
    module.state = LIVE


_DIED = object()


def _run(k: Kernel, function: Callable[..., Any], comm: str) -> object:
    """Call an init or exit function in the name of the shell's task; _DIED if it oopsed."""
    revive_shell_task(k)
    k.switch_to(k.shell_task)
    k.start_tick_budget()
    address = k.address_of(function)
    assert address is not None, "link_module refuses a module whose init or exit has no address"
    with _named(k.shell_task, comm):
        try:
            if function.__code__.co_argcount != 1:
                k.refuse_arguments(address, function, 0)
            return function(k)
        except BaseException as error:  # whatever comes out of a module is an oops
            oops.die(k, error)
            return _DIED


@contextmanager
def _named(task: Task, comm: str) -> Iterator[None]:
    """Let `task` be called `comm` in this block: on Linux insmod and rmmod are programs, and so tasks, of their own."""
    before, task.comm = task.comm, comm
    try:
        yield
    finally:
        task.comm = before


def _died(k: Kernel, module: Module, command: str) -> ModuleError:
    """insmod or rmmod was killed while it ran the module's code."""
    words = k.current.killed_by.words if k.current.killed_by else "Killed"
    why = k.current.killed_by.why if k.current.killed_by else "it was killed"
    revive_shell_task(k)
    because = f"its {_function(module.state)} did not return: {why}. The module stays {module.state}"
    return ModuleError(EINTR, f"{words}: {command}", because, "dmesg  (the report), then boot  (a fresh machine)")


# Unloading.


def delete_module(k: Kernel, name: str, force: bool = False) -> None:
    """rmmod: run the exit function and free the module.  Raises ModuleError."""
    name = module_name(name) if name.endswith(".py") else name.replace("-", "_")
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
        because = f"it died in its {_function(module.state)} and stays {module.state}"
        raise _could_not_remove(module, EBUSY, because, "boot  (a real machine would need a reboot)")
    permanent = module.init is not None and module.exit is None
    if permanent and not force:
        because = "it has an init function and no exit function: the kernel takes it for permanent"
        raise _could_not_remove(module, EBUSY, because, "add module_exit(...) to the module; boot gets rid of this one")
    if permanent or module.refcount:
        add_taint(k, "R", lockdep_still_ok=False)
    _unload(k, module)


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
        with CtrlC(lambda: None) as ctrl_c:
            k.cpu.ctrl_c = ctrl_c
            result = _run(k, module.exit, "rmmod")
        if result is _DIED:
            raise _died(k, module, "rmmod " + module.name)
    free_module(k, module)
    k.last_unloaded = module.name


__all__ = ["LIVE", "LOADING", "UNLOADING", "Module", "ModuleError", "delete_module", "free_module", "load_module"]
