"""Which module needs which: what depmod writes down for modprobe, for the modules that come with kshell and for those
that make modules_install has put where the kernel of a tree looks."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from kshell.shell.modules.samples import sample_names, sample_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kshell.kernel.kernel import Kernel


_NEEDED = re.compile(r'= extern\("(\w+)"')
_EXPORTED = re.compile(r"^EXPORT_SYMBOL(?:_GPL)?\((\w+)\)", re.MULTILINE)


@cache
def _text(sample: str) -> str:
    with open(sample_path(sample), encoding="utf-8") as file:
        return file.read()


def needs(sample: str) -> list[str]:
    """The symbols that a sample takes from elsewhere, by its text: samples write each declaration on a line."""
    return _NEEDED.findall(_text(sample))


def exports(sample: str) -> list[str]:
    """The symbols that a sample exports, by its text."""
    return _EXPORTED.findall(_text(sample))


def owners(undefined: Iterable[str], k: Kernel | None = None) -> list[str]:
    """The modules that these symbols come from: the samples, and with `k` what is loaded there; not the kernel."""
    found: list[str] = []
    for symbol in undefined:
        loaded = k.symbols.lookup_exported(symbol) if k is not None else None
        if loaded is not None:
            owner = loaded.module
        else:
            owner = next((name for name in sample_names() if symbol in exports(name)), None)
        if owner and owner not in found:
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


def dependencies(k: Kernel, sample: str) -> list[str]:
    """The modules that have to be there before this sample, in the order of loading: what a loaded one exports, or
    else another sample."""
    found: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        for owner in owners(needs(name), k):
            if owner not in above and owner not in found:
                if owner in sample_names():
                    visit(owner, (*above, owner))
                found.append(owner)

    visit(sample, (sample,))
    return found
