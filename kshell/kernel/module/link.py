"""Linking a module of machine code into the kernel: its sections get their places, its symbols their addresses.

C counterpart: the middle of load_module() in kernel/module/main.c.
"""

from __future__ import annotations

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.layout_sections import layout_sections
from kshell.kernel.module.linked_object import Tables
from kshell.kernel.module.load_info import THIS_MODULE
from kshell.kernel.module.module_sections import find_module_sections
from kshell.kernel.module.refusal import Refusal
from kshell.kernel.module.relocate import move_object, simplify_symbols
from kshell.kernel.module.space import free_space, use_owners
from kshell.kernel.module.struct_module import Module
from kshell.kernel.module.symbol_table import add_kallsyms
from kshell.kernel.module.symbols import check_exports, resolve


def link_module(k: Kernel, module: Module) -> None:
    """Bind what the module uses, give it its pages, export what it offers.  Raises Refusal; nothing is left then."""
    found = resolve(k, module, simplify_symbols(module.elf))
    try:
        module.places = layout_sections(k, module)
        values = move_object(k, module, {name: symbol.address for name, symbol in found.items()})
        k.memory.set_writable(module.address + module.size, module.read_only, False)
        module.tables = _tables(k, module)
        check_exports(k, module, [export.name for export in module.tables.exports])
    except Refusal:
        module.uses.clear()
        free_space(k, module)
        raise
    named = {
        each.name: value for each, value in zip(module.elf.symbols, values, strict=True) if each.section is not None
    }
    module.init, module.exit = named.get("init_module"), named.get("cleanup_module")
    module.this_module = named[THIS_MODULE]
    module.parameters = {parameter.name: parameter for parameter in module.tables.parameters}
    use_owners(module)
    add_kallsyms(k, module, values)
    k.cpu.flush_code()


def _tables(k: Kernel, module: Module) -> Tables:
    try:
        return find_module_sections(k, module)
    except KernelFault as fault:
        raise module.malformed(k, f"one of its tables points to {fault.address:#x}, and nothing is there") from None
