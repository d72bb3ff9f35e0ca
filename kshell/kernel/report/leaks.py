"""What a module leaves behind when it goes: pointers that still hold an address in its text or data.

Linux does not look; whoever follows such a pointer later finds out.  kshell looks, and says so in a note.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kernel.core.kallsyms import Symbol
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.kernel import Kernel


class Leak(NamedTuple):
    """A pointer into a module: its own `name` and `address`, the `value` it holds, and what lives there (`target`)."""

    name: str
    address: int
    value: int
    target: str


def pointers_into(k: Kernel, module: str, space: range) -> list[Leak]:
    """The variables and tables of the kernel and of other modules that hold an address in the `space` of `module`."""
    found = []
    for symbol in k.symbols:
        if symbol.is_function or symbol.module == module:
            continue
        for offset, value in _words(k, symbol):
            if value in space:
                name = symbol.name + (f"[{offset // 8}]" if symbol.size > 8 else "")
                owner = f" [{symbol.module}]" if symbol.module else ""
                target = k.symbols.describe(value).split("+")[0]
                found.append(Leak(name + owner, symbol.address + offset, value, target))
    return found


def _words(k: Kernel, symbol: Symbol) -> list[tuple[int, int]]:
    """The 8-byte words of a variable, each with its offset."""
    try:
        data = k.memory.read(symbol.address, symbol.size & ~7)
    except KernelFault:
        return []
    return [(at, int.from_bytes(data[at : at + 8], "little")) for at in range(0, len(data), 8)]


def pointer_with(k: Kernel, value: int) -> str | None:
    """The variable of 8 bytes that holds `value`, if one does."""
    variables = (each for each in k.symbols if not each.is_function and each.size == 8)
    return next((each.name for each in variables if any(word == value for _, word in _words(k, each))), None)


def note_leaks(k: Kernel, module: str, space: range, what: str) -> None:
    """Before a module is freed: a note for each pointer that will dangle.  `what` says how it goes, as a clause."""
    for leak in pointers_into(k, module, space):
        k.note(
            f"{what}, and {leak.name} (at {leak.address:#x}) still points into it: {leak.value:#x}, "
            f"where {leak.target} was. Whoever follows it now ends up in freed memory; Linux would not tell"
        )
