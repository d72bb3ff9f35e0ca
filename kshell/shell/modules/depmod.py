"""Which module needs which: what depmod writes down for modprobe, for the modules that come with kshell and for those
that make modules_install has put where the kernel of a tree looks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from kshell.shell.modules.samples import sample_names, sample_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kshell.cc.modinfo import Symbols
    from kshell.kernel.kernel import Kernel


@cache
def _symbols(name: str) -> Symbols:
    """The symbols of a sample, by its source alone."""
    import ast

    from kshell.cc.modinfo import symbols

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


def installed(k: Kernel, name: str) -> list[str] | None:
    """The files that modprobe loads for a module of the tree that runs, those it needs first; None if it is not."""
    if not k.image.tree:
        return None
    from kshell.abi.object_file import ObjectError, read_object
    from kshell.kbuild.steps.modules_install import installed_modules
    from kshell.kbuild.tree.sources import Sources

    there = installed_modules(k.image.tree, k.release)
    if name not in there:
        return None
    found: list[str] = []

    def visit(module: str, above: tuple[str, ...]) -> None:
        path = there.get(module)
        if path is None or path in found or module in above:
            return
        data = Sources(k.image.tree).read_bytes(path.removeprefix(k.image.tree).lstrip("/\\").replace("\\", "/"))
        try:
            needed = read_object(data or b"", path)[1].get("depends", ())
        except ObjectError:  # insmod says what is wrong with it
            needed = ()
        for each in needed:
            visit(str(each), (*above, module))
        found.append(path)

    visit(name, ())
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
