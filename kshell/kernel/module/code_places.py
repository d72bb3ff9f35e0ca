"""What an address in a module was made from: the line of a source, or a BUG() or WARN().

C counterpart: module_find_bug() in lib/bug.c; lines are for debuggers there.
"""

from __future__ import annotations

from kshell.kernel.core.pointers import BugEntry
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.elf_module import ElfModule


def module_at(k: Kernel, address: int) -> ElfModule | None:
    """The module of machine code that an address is in (C: __module_address)."""
    found = (each for each in k.modules.values() if address in each.space)
    return next((each for each in found if isinstance(each, ElfModule)), None)


def place_of(k: Kernel, address: int) -> tuple[str, int] | None:
    """The file and the line behind an instruction; None where nobody knows."""
    module = module_at(k, address)
    if module is None:
        return None
    if module.lines is None:
        from kshell.abi.debug_info import read_lines

        module.lines = read_lines(module.elf, module.places)
    row = module.lines.at(address)
    return (row.file, row.line) if row is not None else None


def bug_at(k: Kernel, address: int) -> BugEntry | None:
    """What the ud2 at an address means; None if it is none of those that are meant."""
    module = module_at(k, address)
    return module.tables.bugs.get(address) if module is not None else None
