"""Which module needs which: what depmod writes down for modprobe, for the modules that come with kshell."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kshell.shell.samples import sample_names, sample_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kshell.kernel.kernel import Kernel
    from kshell.kernel.module_info import Symbols


@cache
def _symbols(name: str) -> Symbols:
    """The symbols of a sample, by its source alone."""
    import ast

    from kshell.kernel.module_info import symbols

    with open(sample_path(name), encoding="utf-8") as file:
        return symbols(ast.parse(file.read()))


@cache
def _exporters() -> dict[str, str]:
    """Each symbol that a sample exports, and that sample."""
    return {symbol: name for name in sample_names() for symbol, _ in _symbols(name).exports}


def owners(undefined: Iterable[str], k: Kernel | None = None) -> list[str]:
    """The modules that these symbols come from: the samples, and with `k` what is loaded there; not the kernel."""
    found: list[str] = []
    for symbol in undefined:
        loaded = k.symbols.lookup_exported(symbol) if k is not None else None
        owner = loaded.module if loaded is not None else _exporters().get(symbol)
        if owner is not None and owner not in found:
            found.append(owner)
    return found


def dependencies(sample: str) -> list[str]:
    """The samples that have to be loaded before this one, in the order of loading."""
    found: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        for owner in owners(_symbols(name).undefined):
            if owner not in above and owner not in found:
                visit(owner, (*above, owner))
                found.append(owner)

    visit(sample, (sample,))
    return found
