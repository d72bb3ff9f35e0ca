"""Linking a module: what it uses is found, its sections get pages, what it offers may be used.

C counterpart: the middle of load_module() in kernel/module/main.c.
"""

from __future__ import annotations

from kshell.abi.errno import ENOEXEC
from kshell.abi.modinfo import THIS_MODULE
from kshell.kernel.elf.link_object import add_kallsyms, link_object, place_sections
from kshell.kernel.elf.linked_object import BAD_OBJECT, BAD_RELOCATION, RELOCATION_OVERFLOW, LinkError
from kshell.kernel.kernel import Kernel
from kshell.kernel.mm.extable import sort_table
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.space import free_space, module_alloc
from kshell.kernel.module.struct_module import Module
from kshell.kernel.module.symbols import check_exports, resolve
from kshell.machine.ram import whole_pages

REASONS = {
    BAD_OBJECT: Reason.BAD_OBJECT,
    BAD_RELOCATION: Reason.BAD_RELOCATION,
    RELOCATION_OVERFLOW: Reason.RELOCATION_OVERFLOW,
}


def link_module(k: Kernel, module: Module) -> None:
    """Bind what the module uses, give it its pages, export what it offers.  Raises Refusal; nothing is left then."""
    try:
        found = resolve(k, module)
        _layout_sections(k, module)
        _link_object(k, module, found)
        sort_table(k, module.extable)
        k.memory.set_writable(module.address + module.size, module.read_only, False)
        check_exports(k, module)
    except Refusal:
        module.uses.clear()
        free_space(k, module)
        raise
    module.init, module.exit = module.address_of("init_module"), module.address_of("cleanup_module")
    module.this_module = module.address_of(THIS_MODULE) or 0
    for owner in module.uses:  # which it holds from now on
        owner.used_by.append(module.name)
    add_kallsyms(k, module)
    k.cpu.flush_code()


def _link_object(k: Kernel, module: Module, found: dict[str, int]) -> None:
    try:
        link_object(k, module, found)
    except LinkError as error:
        raise Refusal(ENOEXEC, REASONS[error.kind], **error.facts) from None


def _layout_sections(k: Kernel, module: Module) -> None:
    """Give a module its pages: text first, then what is only read, then what is written.  Raises Refusal."""
    ends = [0, 0, 0]
    offsets = place_sections(module.elf, ends)
    text, read_only, data = map(whole_pages, ends)
    module_alloc(k, module, text, read_only, data)
    starts = (module.address, module.address + text, module.address + text + read_only)
    module.places = {index: starts[module.elf.sections[index].area] + offset for index, offset in offsets.items()}
