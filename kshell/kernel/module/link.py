"""Linking a module into the kernel, and taking it out again.

A module's text and data are pages of their own: 16 bytes of text for each of its functions, 8 bytes of data for each
variable it declares.  When it goes, the pages go, and what still points there points at nothing.

C counterpart: layout_sections(), move_module() and free_module() in kernel/module/main.c.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from kshell.abi.errno import ENOEXEC, ENOMEM
from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.layout import FUNCTION_SIZE, MODULES, MODULES_SIZE
from kshell.kernel.core.module_macros import Param
from kshell.kernel.core.sections import Stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.declarations import exported_by, variables_of
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import UNFORMED, Module
from kshell.kernel.module.symbols import check_exports, exported_names, resolve
from kshell.machine.ram import PAGE_SIZE, OutOfMemory

PADDING = b"\xcc"  # int3: what stands where no function does


def link_module(k: Kernel, module: Module) -> None:
    """Bind what the module uses, give it its pages, export what it offers.  Raises Refusal; nothing is left then."""
    _check_entry_points(module)
    _check_file(module)
    found = resolve(k, module)
    check_exports(k, module)
    _allocate(k, module, found)
    for owner in module.uses:
        owner.used_by.append(module.name)
    _place_functions(k, module)
    _place_data(k, module, found)


def free_module(k: Kernel, module: Module) -> None:
    """Take a module's text, data and symbols out of the kernel (C: free_module)."""
    for owner in module.uses:
        owner.used_by.remove(module.name)
    module.uses.clear()
    module.state = UNFORMED
    k.modules.pop(module.name, None)
    k.symbols.remove_module(module.name)
    k.forget_stubs([*variables_of(module.sections), *module.sections[".extern"]])
    size = module.size + module.data_size
    k.forget_functions(range(module.address, module.address + size))
    if size:
        k.memory.unmap(module.address, size)


def _check_entry_points(module: Module) -> None:
    for macro, function in (("module_init", module.init), ("module_exit", module.exit)):
        if function is not None and _top_level(module, function.__name__) is not function:
            raise Refusal(ENOEXEC, Reason.NO_ADDRESS, macro=macro, function=function.__qualname__)


def _top_level(module: Module, name: str) -> FunctionType | None:
    """The function that a top-level def of that name made, if the name still stands for it."""
    function = module.namespace.get(name)
    if name not in module.object.functions or not isinstance(function, FunctionType):
        return None
    return function if function.__name__ == name and function.__closure__ is None else None


def _check_file(module: Module) -> None:
    """What the compiler and modpost would not have let through."""
    exported = exported_names(module)
    defined = [stub.name for stub in variables_of(module.sections)]
    for names, reason in ((exported, Reason.EXPORTED_TWICE), (defined, Reason.DEFINED_TWICE)):
        for name in names:
            if names.count(name) > 1:
                raise Refusal(ENOEXEC, reason, symbol=name)


def _allocate(k: Kernel, module: Module, found: list[tuple[Stub[Any], Symbol]]) -> None:
    text = FUNCTION_SIZE * (len(module.object.functions) + 1)
    data = sum(each.size for each in variables_of(module.sections)) + 8 * sum(symbol.is_function for _, symbol in found)
    text_size, data_size = (-(-size // PAGE_SIZE) * PAGE_SIZE for size in (text, data))
    base = find_module_space(k, text_size + data_size)
    if base == 0:
        module.uses.clear()
        raise Refusal(ENOMEM, Reason.NO_MODULE_SPACE)
    try:
        k.memory.map(base, text_size, writable=False, executable=True)
        module.address, module.size = base, text_size
        if data_size:
            k.memory.map(base + text_size, data_size, writable=True)
            module.data_size = data_size
    except OutOfMemory:
        module.uses.clear()
        k.memory.unmap(base, module.size)
        raise Refusal(ENOMEM, Reason.NO_MEMORY) from None
    k.memory.poke(base, PADDING * text_size)


def _place_functions(k: Kernel, module: Module) -> None:
    """Addresses go by the source's order, 16 bytes apart, whether or not a name still is a function."""
    for index, name in enumerate(module.object.functions, 1):
        function = _top_level(module, name)
        if function is not None:
            export = exported_by(module.sections, function)
            address = module.address + FUNCTION_SIZE * index
            k.define_function(name, function, address, module=module.name, exported=export)


def _place_data(k: Kernel, module: Module, found: list[tuple[Stub[Any], Symbol]]) -> None:
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


def find_module_space(k: Kernel, size: int) -> int:
    """Where `size` bytes of module area are free, with a hole behind them; 0 if nowhere.

    The search goes on from where it stopped last, so that a freed address is not soon used again; with
    `module_reuse` on the command line it begins at the bottom each time, and a dangling pointer may find new code.
    """
    taken = sorted((m.address, m.address + m.size + m.data_size + PAGE_SIZE) for m in k.modules.values())
    start = MODULES if "module_reuse" in k.cmdline.split() else k.next_module_space
    for origin in (start, MODULES):
        at = origin
        for low, high in taken:
            if at < high and low < at + size + PAGE_SIZE:
                at = high
        if at + size + PAGE_SIZE <= MODULES + MODULES_SIZE:
            k.next_module_space = at + size + PAGE_SIZE
            return at
    return 0
