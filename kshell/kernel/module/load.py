"""Loading and unloading modules: insmod and rmmod, as far as the kernel is concerned.

C counterpart: kernel/module.c (4.19), kernel/module/main.c (today).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kshell.abi.c_types import CType
from kshell.abi.errno import EEXIST, EINTR, EINVAL, ENOENT, ENOEXEC
from kshell.abi.loglevel import KERN_WARNING
from kshell.cc.module_file import Built, open_module
from kshell.cc.source import SourceError, excerpt, module_name
from kshell.kernel.core.clock import MODULE_LOAD_NS
from kshell.kernel.core.declare import DeclarationError
from kshell.kernel.core.pointers import ORIGIN, Origin, SoftLockup
from kshell.kernel.entry import oops
from kshell.kernel.module.check import (
    check_licence,
    check_vermagic,
    note_own_pointers,
    note_system_calls,
    note_warnings,
)
from kshell.kernel.module.init_exit import DIED, death, function_of, named, run_function
from kshell.kernel.module.leaks import note_leaks
from kshell.kernel.module.link import free_module, link_module
from kshell.kernel.module.params import check_types, set_parameters
from kshell.kernel.module.struct_module import LIVE, LOADING, UNLOADING, Module, ModuleError, Refusal
from kshell.kernel.module.ticks import TICK, make_tick
from kshell.kernel.module.unload import delete_module

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

INT = CType("int", 4, True)


def load_module(
    k: Kernel,
    path: str,
    parameters: Mapping[str, str | None] | None = None,
    command: str = "insmod",
    force: bool = False,
) -> Module:
    """insmod: compile (or read a .ko), link, and run the init function.  Raises ModuleError, or leaves it Live.

    A parameter without ``=`` has the value None.  `command` is insmod or modprobe: which of the two says no.
    `force` is insmod -f: version magic is not compared, and the kernel is tainted for it.
    """
    name = module_name(path)
    try:
        built = _open(path, command)
        name = built.name
        module = Module(built, path)
        note_warnings(k, module)
        check_vermagic(k, module, force)
        _check_not_there(k, name)
        k.clock.advance(MODULE_LOAD_NS)
        with k.cpu.ctrl_c:
            _run_declarations(k, module)
            module.take_sections()
            check_types(k, module)
            check_licence(k, module)
            link_module(k, module)
            module.state = LOADING
            k.modules[name] = module
            try:
                set_parameters(k, module, dict(parameters or {}))
                _do_init_module(k, module)
            except Refusal:
                note_leaks(k, module, f"{name} did not load, its text is freed")
                free_module(k, module)
                raise
    except Refusal as refusal:
        raise refusal.worded(command, path, name) from None
    return module


def _open(path: str, command: str) -> Built:
    try:
        return open_module(path)
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
    because = f"{name} died in its {function_of(old.state)} and stays {old.state}; Linux would wait until interrupted"
    raise Refusal(EINTR, because, "boot  (a fresh kernel; a real machine would need a reboot)")


def _run_declarations(k: Kernel, module: Module) -> None:
    """Run the file's top level, which only declares."""
    source = module.source
    module.namespace.update(__name__=module.name, __file__=source.path, __this_module__=module)
    module.namespace[ORIGIN] = Origin(module.name, source.text)
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
    offered = getattr(sys.modules.get(error.name or ""), "__all__", ())
    close = get_close_matches(wanted, offered, 1) or get_close_matches(wanted.upper(), offered, 1)
    because = f"{error.name or 'kshell.linux'} has no {wanted or 'such thing'}"
    return because, f"did you mean {close[0]}?" if close else "a sample shows what there is: module copy syscallModule"


def _do_init_module(k: Kernel, module: Module) -> None:
    """Run the init function.  Refusal when it answers an error; ModuleError when it died and the module stays."""
    result = run_function(k, module.init, "insmod") if module.init is not None else 0
    if result is DIED:
        raise death(k, module, "insmod " + module.path)
    if not isinstance(result, int):
        because = f"its init function returned {oops.shortened(result)}, and must return an int"
        raise Refusal(EINVAL, because, "end it with return 0")
    result = INT.narrow(result)
    if result < 0:
        because = f"its init function returned {result}, so the kernel unloaded it again"
        raise Refusal(-result, because, "init returns 0 when all went well")
    if result > 0:
        suspicious = f"'{module.name}'->init suspiciously returned {result}, it should follow 0/-E convention"
        k.note(
            f"the init function of {module.name} returned {result}, and {module.name} is loaded all the same: "
            "0 means that all went well, a negative errno (return -EINVAL) refuses the load"
        )
        k.printk(KERN_WARNING, f"do_init_module: {suspicious}")
        k.printk(KERN_WARNING, "do_init_module: loading module anyway...")
        with named(k.current, "insmod"):
            oops.dump_stack(k)
    module.state = LIVE
    note_system_calls(k, module)
    note_own_pointers(k, module)


__all__ = ["LIVE", "LOADING", "UNLOADING", "Module", "ModuleError", "delete_module", "free_module", "load_module"]
