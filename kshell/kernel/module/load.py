"""Loading a module: from a compiled object to live text.

Its init runs on the way: for insmod by a call from outside, for a program that asks by a system call on that program's
own path (init_module/).

C counterpart: load_module() in kernel/module.c (4.19), kernel/module/main.c (today).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kshell.abi.c_types import CType
from kshell.abi.errno import EEXIST, EINTR, ENOEXEC, ENOSPC
from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.kernel.core import layout
from kshell.kernel.core.clock import MODULE_LOAD_NS
from kshell.kernel.entry.oops import dump_stack
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.init_exit import call_as, death, function_of, named
from kshell.kernel.module.link import link_module
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.params import Unfit, parse
from kshell.kernel.module.policy import check_licence, check_vermagic
from kshell.kernel.module.refcount import module_put
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.space import free_module
from kshell.kernel.module.struct_module import LIVE, LOADING, Module
from kshell.kernel.report.leaks import note_leaks

INT = CType("int", 4, True)


def load_module(
    k: Kernel, image: LoadInfo, parameters: Mapping[str, str | None] | None = None, force: bool = False
) -> Module:
    """Link a file into the kernel and run its init function: Live, or Refusal.

    A parameter without ``=`` has the value None.  `force` is insmod -f: version magic is not compared, and the kernel
    is tainted for it.
    """
    with k.cpu.ctrl_c:
        module = form_module(k, image, force)
        give_parameters(k, module, (parameters or {}).items())
        result = call_as(k, "insmod", layout.DO_ONE_INITCALL, module.init) if module.init is not None else 0
        if result is None:
            raise death(k, module)
        with named(k.current, "insmod"):
            do_init_module(k, module, result)
    return module


def form_module(k: Kernel, image: LoadInfo, force: bool) -> Module:
    """Everything up to the parameters: the module is Loading.  Raises Refusal."""
    module = Module(image)
    _check_elf(k, module)
    check_vermagic(k, module, force)
    _check_not_there(k, module.name)
    k.clock.advance(MODULE_LOAD_NS)
    check_licence(k, module)
    link_module(k, module)
    module.state, module.references = LOADING, 1
    k.modules[module.name] = module
    return module


def give_parameters(k: Kernel, module: Module, given: Iterable[tuple[str, str | None]]) -> None:
    """Set the parameters of a module that is Loading, as insmod has them behind the file: ``level=3``.  Raises Refusal
    for the first that does not fit; the module is freed then."""
    for name, text in given:
        parameter = module.parameters.get(name.replace("-", "_"))
        if parameter is None:
            k.printk(KERN_WARNING, f"{module.name}: unknown parameter '{name}' ignored")
            known = ", ".join(module.parameters) or "none"
            k.note(f"{module.name} has no parameter {name} (it has: {known}); Linux ignores it and so does kshell")
            continue
        try:
            parameter.store(k, parse(parameter, text, k.profile.version))
        except Unfit as unfit:
            if unfit.errno == ENOSPC:
                k.printk(KERN_ERR, f"{name}: string parameter too long")
            verdict = "too large" if unfit.errno == ENOSPC else "invalid"
            k.printk(KERN_ERR, f"{module.name}: `{text or ''}' {verdict} for parameter `{name}'")
            give_up(k, module)
            example = parameter.low if parameter.low is not None else "text" if parameter.type == "charp" else 1
            facts = {"parameter": name, "why": unfit.because, "example": example}
            raise Refusal(unfit.errno, Reason.BAD_PARAMETER, **facts) from None


def do_init_module(k: Kernel, module: Module, result: int) -> None:
    """Its init function has answered `result`: it is Live, or freed, and Refusal says so.  C: the rest of that."""
    result = INT.narrow(result)
    if result < 0:
        give_up(k, module)
        raise Refusal(-result, Reason.INIT_FAILED, result=result)
    if result > 0:
        _warn_of_result(k, module, result)
        dump_stack(k)
    module.state = LIVE
    module_put(k, module.this_module)


def give_up(k: Kernel, module: Module) -> None:
    """Free a module that does not load."""
    note_leaks(k, module.name, module.space, f"{module.name} did not load, its text is freed")
    free_module(k, module)


def _check_elf(k: Kernel, module: Module) -> None:
    """Refuse what the reader found malformed (C: elf_validity_check)."""
    if module.problem:
        if k.profile.version >= (5, 12):
            k.printk(KERN_ERR, "Module has invalid ELF structures")
        k.printk(KERN_ERR, f"{module.name}: {module.problem}")
        raise Refusal(ENOEXEC, Reason.BAD_OBJECT, why=module.problem)


def _check_not_there(k: Kernel, name: str) -> None:
    old = k.modules.get(name)
    if old is None:
        return
    if old.state == LIVE:
        raise Refusal(EEXIST, Reason.ALREADY_LOADED, path=old.path or "memory")
    raise Refusal(EINTR, Reason.DIED_BEFORE, state=old.state, function=function_of(old.state))


def _warn_of_result(k: Kernel, module: Module, result: int) -> None:
    suspicious = f"'{module.name}'->init suspiciously returned {result}, it should follow 0/-E convention"
    k.note(
        f"the init function of {module.name} returned {result}, and {module.name} is loaded all the same: "
        "0 means that all went well, a negative errno (return -EINVAL) refuses the load"
    )
    k.printk(KERN_WARNING, f"do_init_module: {suspicious}")
    k.printk(KERN_WARNING, "do_init_module: loading module anyway...")
