"""The files of kshell's own in a kernel: where each function with a body in Python lives.

C counterpart: System.map, as far as those files go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import ModuleType
from typing import NamedTuple

from kshell.abi import ptregs
from kshell.abi.syscall_rows import SyscallTable
from kshell.kernel.core import layout
from kshell.kernel.core.calling import from_registers
from kshell.kernel.core.declare import SyscallDefinition
from kshell.kernel.core.pointers import Function, function_at
from kshell.kernel.kernel import Kernel
from kshell.kernel.syscalls import definitions, plain_functions
from kshell.machine.encode import FUNCTION_SIZE


class OwnFiles(NamedTuple):
    """What they declare, by its name; the system calls among their functions, and the others."""

    definitions: dict[str, SyscallDefinition]
    calls: list[Function]
    others: list[Function]


@lru_cache(maxsize=8)
def own_files(table: SyscallTable, files: tuple[ModuleType, ...]) -> OwnFiles:
    """The same for every kernel that has this table and these files."""
    rows = sorted(table.by_number.items(), reverse=True)
    numbers = {layout.entry_name(row.symbol): nr for nr, row in rows if row.symbol}
    found = {each.name: each for file in files for each in definitions(file)}
    places = place_calls(found, numbers)
    calls = [function_at(at, f"__x64_sys_{name}", make_wrapper(found[name])) for name, at in places.items()]
    others = [function for file in files for function in plain_functions(file)]
    placed = zip(layout.FUNCTIONS, others, strict=False)
    named = ((at, each.__name__, each, layout.letter_of(each.__name__, "T")) for at, each in placed)
    return OwnFiles(found, calls, [function_at(at, name, each, kind=kind) for at, name, each, kind in named])


def make_wrapper(definition: SyscallDefinition) -> Callable[[Kernel, memoryview], int]:
    """``__x64_sys_x(regs)`` for a body in Python: take the arguments out of pt_regs, narrow each to its C type."""
    assert definition.body is not None
    return from_registers(definition.body, [p.ctype for p in definition.parameters], ptregs.ARGUMENTS)


def place_calls(names: Iterable[str], numbers: Mapping[str, int]) -> dict[str, int]:
    """The address of each call's ``__x64_sys_``: by its number, so that it keeps its address when others are added;
    calls without a number, or with a very large one, follow behind."""
    extra, found = layout.EXTRA_TEXT, {}
    for name in names:
        address = layout.SYSCALL_TEXT + FUNCTION_SIZE * numbers.get(name, layout.EXTRA_TEXT)
        if address >= layout.IA32_TEXT:
            address, extra = extra, extra + FUNCTION_SIZE
        found[name] = address
    return found
