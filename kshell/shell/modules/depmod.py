"""Which module needs which: what depmod writes down for modprobe, for the modules that come with kshell and for those
that make modules_install has put where the kernel of a tree looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from kshell.abi.elf import ElfObject
from kshell.cc.compiler import compile_file
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load_info import LoadInfo
from kshell.shell.modules.samples import sample_names, sample_path

CURRENT = "4.19.1-course", (4, 19)  # a sample has the same symbols for each kernel, but for how printk is called


@cache
def _object(sample: str) -> ElfObject:
    path = sample_path(sample)
    with open(path, encoding="utf-8") as file:
        return compile_file(path, file.read(), *CURRENT).object


def undefined(obj: ElfObject) -> list[str]:
    """The symbols that an object takes from elsewhere."""
    return [each.name for each in obj.symbols if each.section is None and each.name]


def needs(sample: str) -> list[str]:
    """The symbols that a sample takes from elsewhere."""
    return undefined(_object(sample))


def exports(sample: str) -> list[str]:
    """The symbols that a sample exports."""
    return exports_of(_object(sample))


def exports_of(obj: ElfObject) -> list[str]:
    """The symbols that an object exports."""
    names = obj.section("__ksymtab_strings")
    found = names.data.split(b"\0") if names is not None else []
    return [name.decode("utf-8", "backslashreplace") for name in found if name]


def owners(symbols: Iterable[str], k: Kernel | None = None) -> list[str]:
    """The modules that these symbols come from: the samples, and with `k` what is loaded there; not the kernel."""
    found: list[str] = []
    for symbol in symbols:
        loaded = k.symbols.lookup_exported(symbol) if k is not None else None
        if loaded is not None:
            owner = loaded.module
        else:
            owner = next((name for name in sample_names() if symbol in exports(name)), None)
        if owner and owner not in found:
            found.append(owner)
    return found


def installed(k: Kernel, name: str) -> list[str]:
    """The files that modprobe loads for a module of the tree that runs, those it needs first; none if it is not
    installed there."""
    from kshell.kbuild.steps.modules_install import installed_modules
    from kshell.kbuild.tree.sources import Sources

    there = installed_modules(k.image.tree, k.release)

    def depends(module: str) -> list[str]:
        path = there[module].removeprefix(k.image.tree).lstrip("/\\").replace("\\", "/")
        needed = LoadInfo(path, Sources(k.image.tree).read_bytes(path) or b"").depends or []
        return [each for each in needed if each in there]  # of a damaged file none: insmod says what is wrong with it

    return [there[each] for each in in_order(name, depends)] if name in there else []


def dependencies(k: Kernel, sample: str) -> list[str]:
    """The files of a sample and of the samples that it needs, those first; what is exported by a module that came from
    elsewhere is there already."""
    names = in_order(sample, lambda name: [owner for owner in owners(needs(name), k) if owner in sample_names()])
    return [sample_path(name) for name in names]


def in_order(name: str, depends: Callable[[str], list[str]]) -> list[str]:
    """A module and all that it needs, in the order of loading."""
    found: list[str] = []

    def visit(module: str, above: tuple[str, ...]) -> None:
        if module not in found and module not in above:
            for each in depends(module):
                visit(each, (*above, module))
            found.append(module)

    visit(name, ())
    return found
