"""Linking a module of Python bodies into the kernel: 16 bytes of text for each of its functions, 8 bytes of data for
each variable that it declares."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from kshell.abi.errno import ENOEXEC
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.layout import FUNCTION_SIZE
from kshell.kernel.core.module_macros import Param
from kshell.kernel.core.sections import Stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.declarations import exported_by, variables_of
from kshell.kernel.module.python_module import PythonModule
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.space import allocate, use_owners
from kshell.kernel.module.symbols import NOT_EXPORTED_SINCE, check_exports, resolve


def link_module(k: Kernel, module: PythonModule) -> None:
    """Bind what the module uses, give it its pages, export what it offers.  Raises Refusal; nothing is left then."""
    _check_entry_points(module)
    _check_file(module)
    closed = [name for name in NOT_EXPORTED_SINCE if name in module.object.headers]
    closed = [name for name in closed if k.profile.version >= NOT_EXPORTED_SINCE[name]]
    externs = module.sections[".extern"]
    symbols = resolve(k, module, dict.fromkeys([*closed, *(stub.name for stub in externs)], False))
    found = [(stub, symbols[stub.name]) for stub in externs]
    try:
        check_exports(k, module, exported_names(module))
        _allocate(k, module, found)
    except Refusal:
        module.uses.clear()
        raise
    use_owners(module)
    _place_functions(k, module)
    _place_data(k, module, found)


def _check_entry_points(module: PythonModule) -> None:
    for macro, function in (("module_init", module.init), ("module_exit", module.exit)):
        if isinstance(function, FunctionType) and _top_level(module, function.__name__) is not function:
            raise Refusal(ENOEXEC, Reason.NO_ADDRESS, macro=macro, function=function.__qualname__)


def _top_level(module: PythonModule, name: str) -> FunctionType | None:
    """The function that a top-level def of that name made, if the name still stands for it."""
    function = module.namespace.get(name)
    if name not in module.object.functions or not isinstance(function, FunctionType):
        return None
    return function if function.__name__ == name and function.__closure__ is None else None


def _check_file(module: PythonModule) -> None:
    """What the compiler and modpost would not have let through."""
    exported = exported_names(module)
    defined = [stub.name for stub in variables_of(module.sections)]
    for names, reason in ((exported, Reason.EXPORTED_TWICE), (defined, Reason.DEFINED_TWICE)):
        for name in names:
            if names.count(name) > 1:
                raise Refusal(ENOEXEC, reason, symbol=name)


def _allocate(k: Kernel, module: PythonModule, found: list[tuple[Stub[Any], Symbol]]) -> None:
    text = FUNCTION_SIZE * (len(module.object.functions) + 1)
    data = sum(each.size for each in variables_of(module.sections)) + 8 * sum(symbol.is_function for _, symbol in found)
    allocate(k, module, text, data)


def _place_functions(k: Kernel, module: PythonModule) -> None:
    """Addresses go by the source's order, 16 bytes apart, whether or not a name still is a function."""
    for index, name in enumerate(module.object.functions, 1):
        function = _top_level(module, name)
        if function is not None:
            export = exported_by(module.sections, function)
            address = module.address + FUNCTION_SIZE * index
            k.define_function(name, function, address, module=module.name, exported=export)


def _place_data(k: Kernel, module: PythonModule, found: list[tuple[Stub[Any], Symbol]]) -> None:
    at = module.address + module.size
    for variable in variables_of(module.sections):
        k.bind_stub(variable, at)
        export = exported_by(module.sections, variable)
        letter = "d" if isinstance(variable, Param) else "b"
        k.symbols.add(
            Symbol(variable.name, at, letter.upper() if export else letter, 8, module=module.name, exported=export)
        )
        if isinstance(variable, Param):
            variable.reset(k)
        at += variable.size
    module.parameters = {parameter.name: parameter for parameter in module.sections["__param"]}
    for stub, symbol in found:
        if symbol.is_function:  # a pointer of the module's own to the function, as in a global offset table
            k.memory.store(at, symbol.address)
            k.bind_stub(stub, at)
            at += 8
        else:
            k.bind_stub(stub, symbol.address)


def exported_names(module: PythonModule) -> list[str]:
    """What it offers, once for each time it says so."""
    return [_name(thing) for thing in (*module.sections["__ksymtab"], *module.sections["__ksymtab_gpl"])]


def _name(thing: Any) -> str:
    return str(thing.name if isinstance(thing, Stub) else thing.__name__)
