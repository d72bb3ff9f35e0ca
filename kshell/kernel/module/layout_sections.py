"""Where each section of an object goes: text first, then what is only read, then what is written, by pages.

C counterpart: layout_sections() in kernel/module/main.c.
"""

from __future__ import annotations

from kshell.abi.elf import SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, Section
from kshell.abi.errno import ENOMEM
from kshell.kernel.core.layout import MODULES_SIZE
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.space import allocate
from kshell.kernel.module.struct_module import Module
from kshell.machine.ram import whole_pages

NOT_KEPT = (".modinfo", "__versions")  # read from the file, and not in memory
TEXT, READ_ONLY, DATA = range(3)


def is_loaded(section: Section) -> bool:
    """Whether a section is in memory while the module lives."""
    return bool(section.flags & SHF_ALLOC) and section.name not in NOT_KEPT


def kind_of(section: Section) -> int:
    """TEXT, READ_ONLY or DATA."""
    if section.flags & SHF_EXECINSTR:
        return TEXT
    return DATA if section.flags & SHF_WRITE else READ_ONLY


def layout_sections(k: Kernel, module: Module) -> dict[int, int]:
    """Give a module its pages; the address of each section by its index.  Raises Refusal."""
    offsets: dict[int, int] = {}
    ends = []
    at = 0
    for kind in (TEXT, READ_ONLY, DATA):
        for index, section in enumerate(module.elf.sections):
            if is_loaded(section) and kind_of(section) == kind:
                align = max(section.align, 1)
                offsets[index] = at = -(-at // align) * align
                at += section.size
        at = whole_pages(at)
        ends.append(at)
        if at > MODULES_SIZE:
            raise Refusal(ENOMEM, Reason.NO_MODULE_SPACE)
    allocate(k, module, ends[TEXT], at - ends[TEXT])
    module.read_only = ends[READ_ONLY] - ends[TEXT]
    return {index: module.address + offset for index, offset in offsets.items()}
