"""Linking a module into the kernel, and taking it out again.

A module's text and data are pages of their own: 16 bytes of text for each of its functions, 8 bytes of data for each
variable it declares.  When it goes, the pages go, and what still points there points at nothing.

C counterpart: simplify_symbols(), layout_sections() and free_module() in kernel/module/main.c.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from kshell.abi.errno import ENOENT, ENOEXEC, ENOMEM
from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.kernel.declare import Param, Stub
from kshell.kernel.kallsyms import Symbol
from kshell.kernel.layout import FUNCTION_SIZE, MODULES, MODULES_SIZE
from kshell.kernel.module_struct import Module, Refusal
from kshell.machine.ram import PAGE_SIZE, OutOfMemory

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

# What kshell.linux offers, and the first release that no longer exports it.
NOT_EXPORTED_SINCE = {"kallsyms_lookup_name": (5, 7)}
PADDING = b"\xcc"  # int3: what stands where no function does


def link_module(k: Kernel, module: Module) -> None:
    """Bind what the module uses, give it its pages, export what it offers.  Raises Refusal; nothing is left then."""
    _check_entry_points(module)
    _check_exports(k, module)
    found = _resolve(k, module)
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
    k.modules.pop(module.name, None)
    k.symbols.remove_module(module.name)
    k.forget_stubs([*module.section(".bss"), *module.section(".data"), *module.section(".extern")])
    size = module.size + module.data_size
    k.forget_functions(range(module.address, module.address + size))
    if size:
        k.memory.unmap(module.address, size)


def _check_entry_points(module: Module) -> None:
    for macro, function in (("module_init", module.init), ("module_exit", module.exit)):
        if function is not None and _top_level(module, function.__name__) is not function:
            because = f"{macro} names {function.__qualname__}, and only a plain def at the top level has an address"
            raise Refusal(ENOEXEC, because, f"def my_function(k): ... and {macro}(my_function)")


def _top_level(module: Module, name: str) -> FunctionType | None:
    """The function that a top-level def of that name made, if the name still stands for it."""
    function = module.namespace.get(name)
    if name not in module.functions or not isinstance(function, FunctionType):
        return None
    return function if function.__name__ == name and function.__closure__ is None else None


def _check_exports(k: Kernel, module: Module) -> None:
    mine = set()
    for thing in module.section("__ksymtab"):
        name = _name(thing)
        if name in mine:
            because = f"'{name}' exported twice. Previous export was in {module.name}"
            raise Refusal(ENOEXEC, because, "take one of the two EXPORT_SYMBOLs out")
        mine.add(name)
        other = k.symbols.lookup_exported(name)
        if other is not None:
            owner = other.module or "kernel"
            k.printk(KERN_ERR, f"{module.name}: exports duplicate symbol {name} (owned by {owner})")
            because = f"{name} is exported by {owner} already"
            raise Refusal(ENOEXEC, because, f'use it with extern("{name}"), or choose another name')
    names = [stub.name for stub in _variables(module)]
    for name in names:
        if names.count(name) > 1:
            raise Refusal(ENOEXEC, f"redefinition of '{name}': one name has one address", "rename one of the two")


def _name(thing: Any) -> str:
    return str(thing.name if isinstance(thing, Stub) else thing.__name__)


def _variables(module: Module) -> list[Stub[Any]]:
    return [*module.section(".bss"), *module.section(".data")]


def _resolve(k: Kernel, module: Module) -> list[tuple[Stub[Any], Symbol]]:
    """Each extern with the exported symbol of that name."""
    closed = sorted(name for name, version in NOT_EXPORTED_SINCE.items() if k.profile.version >= version)
    found, missing = [], [name for name in closed if name in module.undefined]
    for stub in module.section(".extern"):
        symbol = k.symbols.lookup_exported(stub.name)
        if symbol is None:
            missing.append(stub.name)
            continue
        found.append((stub, symbol))
        owner = k.modules.get(symbol.module) if symbol.module else None
        if owner is not None and owner not in module.uses:
            module.uses.append(owner)
    if missing:
        for name in missing:
            k.printk(KERN_WARNING, f"{module.name}: Unknown symbol {name} (err -2)")
        raise Refusal(ENOENT, *_why_unknown(k, missing[0]))
    return found


def _why_unknown(k: Kernel, name: str) -> tuple[str, str]:
    if name in NOT_EXPORTED_SINCE:
        first = ".".join(map(str, NOT_EXPORTED_SINCE[name]))
        because = f"{name} is in this kernel ({k.profile.release}), but since {first} it is not exported to modules"
        return because, "boot course  (or boot 4.19: there it still was)"
    if k.symbols.lookup(name) is not None:
        return f"{name} is in this kernel, but nobody exports it", f"add EXPORT_SYMBOL({name}) where it is defined"
    if name == "STUB_test_call":
        because = f"this is kernel {k.profile.release}, and test_call is compiled into the course kernel only"
        return because, "boot course  (and load it there)"
    from difflib import get_close_matches

    offered = [symbol.name for symbol in k.symbols if symbol.exported]
    close = get_close_matches(name, offered, 1)
    hint = f"did you mean {close[0]}?" if close else f"what is exported: {', '.join(offered) or 'nothing'}"
    return f"nothing that this kernel exports is called {name}", hint


def _allocate(k: Kernel, module: Module, found: list[tuple[Stub[Any], Symbol]]) -> None:
    text = FUNCTION_SIZE * (len(module.functions) + 1)
    pointers = len(_variables(module)) + sum(_is_function(symbol) for _, symbol in found)
    text_size, data_size = (-(-size // PAGE_SIZE) * PAGE_SIZE for size in (text, 8 * pointers))
    base = find_module_space(k, text_size + data_size)
    if base == 0:
        module.uses.clear()
        raise Refusal(ENOMEM, "every page of the module area is in use", "rmmod what you do not need")
    try:
        k.memory.map(base, text_size, writable=False, executable=True)
        module.address, module.size = base, text_size
        if data_size:
            k.memory.map(base + text_size, data_size, writable=True)
            module.data_size = data_size
    except OutOfMemory:
        module.uses.clear()
        k.memory.unmap(base, module.size)
        raise Refusal(ENOMEM, "the machine has no memory left", "end what uses it, or boot") from None
    k.memory.poke(base, PADDING * text_size)


def _is_function(symbol: Symbol) -> bool:
    return symbol.kind in "tT"


def _place_functions(k: Kernel, module: Module) -> None:
    """Addresses go by the source's order, 16 bytes apart, whether or not a name still is a function."""
    exported = {id(thing) for thing in module.section("__ksymtab")}
    for index, name in enumerate(module.functions, 1):
        function = _top_level(module, name)
        if function is not None:
            export = "EXPORT_SYMBOL" if id(function) in exported else None
            address = module.address + FUNCTION_SIZE * index
            k.define_function(name, function, address, module=module.name, exported=export)


def _place_data(k: Kernel, module: Module, found: list[tuple[Stub[Any], Symbol]]) -> None:
    at = module.address + module.size
    exported = {id(thing) for thing in module.section("__ksymtab")}
    for variable in _variables(module):
        k.bind_stub(variable, at)
        export = "EXPORT_SYMBOL" if id(variable) in exported else None
        letter = "d" if isinstance(variable, Param) else "b"
        k.symbols.add(
            Symbol(variable.name, at, letter.upper() if export else letter, 8, module=module.name, exported=export)
        )
        if isinstance(variable, Param):
            module.parameters[variable.name] = variable
            k.memory.store(at, variable.default)
        at += 8
    for stub, symbol in found:
        if _is_function(symbol):  # a pointer of the module's own to the function, as in a global offset table
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
