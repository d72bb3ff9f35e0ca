"""What a person is told beside a module that was loaded: what the kernel lets pass, and hardly anybody means."""

from __future__ import annotations

from collections.abc import Iterator

from kshell.abi.elf import SHN_ABS, SHT_NOBITS, STT_OBJECT
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.struct_module import Module

POINTER = 8


def load_notes(k: Kernel, module: Module) -> Iterator[str]:
    """The notes on `module`, which was just loaded."""
    for call in module.tables.syscalls:
        yield (
            f"{module.name} defines the system call {call.name}, and nothing calls it: a module cannot add one. "
            "The table was filled when the kernel was built, and is read-only. Let a call that is built in follow a "
            "STUB_ pointer, as test_call does"
        )
    for name in _own_pointers(module):
        symbol = k.symbols.lookup_exported(name)
        if symbol is not None and symbol.module != module.name:
            yield (
                f'{module.name} declares a {name} of its own, Stub("{name}"), and nobody else follows that '
                f'one; the {name} that {symbol.module or "the kernel"} exports is extern("{name}")'
            )
    if module.permanent:
        yield f"{module.name} has an init function and no exit function: rmmod will refuse it, and only boot ends it"


def _own_pointers(module: Module) -> list[str]:
    """The names of its variables that are as large as a pointer and begin as NULL."""
    return [
        each.name
        for each in module.elf.symbols
        if each.type == STT_OBJECT
        and each.size == POINTER
        and each.section not in (None, SHN_ABS)
        and module.elf.sections[each.section].type == SHT_NOBITS
    ]
