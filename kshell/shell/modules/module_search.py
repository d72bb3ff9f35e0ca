"""Where a module is that somebody needs and has not named: the one that exports a symbol, the one that is not built."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from kshell.abi.elf import ElfObject
from kshell.abi.elf_reader import read_elf
from kshell.abi.object_file import ObjectError
from kshell.cc.compiler import SUFFIXES
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.directory import read_directory
from kshell.kbuild.steps.modpost import parse_symvers
from kshell.kbuild.tree.sources import Sources, read_makefile
from kshell.shell.host_files import named
from kshell.shell.modules.depmod import exports_of
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import tree_of, tree_shown
from kshell.shell.trees.tree_changes import module_of
from kshell.shell.views.view import show

MOST_FILES = 100  # of a folder that are looked into
MODULE = ".ko"


def exporter(path: str, symbol: str) -> str:
    """The file of a module that exports a symbol, beside `path` or in the same tree; "" where there is none.  Of a
    source and a .ko, the one that `path` is too."""
    folder = os.path.dirname(path)
    found = [each for each in _files(folder) if not os.path.samefile(each, path) and _exports(each, symbol)]
    above = Sources(path).tree_above()
    if above:
        data = Sources(above).read_bytes("Module.symvers") or b""
        owners = (each.owner for each in parse_symvers(data.decode("utf-8", "replace")) if each.symbol == symbol)
        found += [os.path.relpath(os.path.join(above, owner + MODULE)) for owner in owners if owner != "vmlinux"]
    there = [each for each in found if os.path.isfile(each)]
    return min(there, key=lambda each: (each.endswith(MODULE) != path.endswith(MODULE), each), default="")


def _files(folder: str) -> Iterator[str]:
    names = Sources(folder or ".").names("")[:MOST_FILES]
    return (os.path.join(folder, name) for name in names if name.endswith((MODULE, *SUFFIXES)))


def _exports(path: str, symbol: str) -> bool:
    """Whether a module's file exports a symbol."""
    data = Sources(os.path.dirname(path) or ".").read_bytes(os.path.basename(path)) or b""
    if path.endswith(MODULE):
        try:
            obj: ElfObject = read_elf(data, path)
        except ObjectError:
            return False
        return symbol in exports_of(obj)
    above = Sources(path).tree_above()
    if b"MODULE_LICENSE" not in data or (above and not module_of(Sources(above), os.path.relpath(path, above))):
        return False  # a part of a kernel, and no module
    name = re.escape(symbol.encode("utf-8", "surrogateescape"))  # of a damaged object it may be anything
    return re.search(rb"^EXPORT_SYMBOL(?:_GPL)?\(\s*" + name + rb"\s*\)", data, re.MULTILINE) is not None


def not_built(session: Context, path: str) -> tuple[str, str] | None:
    """(because, try) for a .ko that is not there and whose source is: beside it, or in the tree that is worked on."""
    if not path.endswith(MODULE):
        return None
    stem = path.removesuffix(MODULE)
    source = next((stem + suffix for suffix in SUFFIXES if os.path.isfile(stem + suffix)), None)
    if source is not None:
        folder, name = os.path.split(stem)
        if _lists(folder, f"{name}.o") == "obj-y":
            makefile = show(os.path.join(folder, "Makefile"))
            because = f"{makefile} has {show(name)}.o on obj-y: it is a part of the kernel, and no module"
            return because, f"obj-m := {show(name)}.o  (and not obj-y; then make)"
        return f"{show(source)} is not compiled yet", _way_to_build(session, source, path)
    tree = tree_of(session)
    if not tree or os.sep in path:
        return None
    sources = Sources(tree)
    for name in (path, *(stem + suffix for suffix in SUFFIXES)):
        for each in sources.walk(name, MOST_FILES):
            module = each if each.endswith(MODULE) else module_of(sources, each)
            if os.path.basename(each) == name and module:
                shown = named(os.path.join(tree, module))
                built = "" if sources.is_file(module) else f"make -C {named(tree)} modules; "
                return f"there is no {show(path)} in your own folder; {named(tree)} has one", f"{built}insmod {shown}"
    return None


def _way_to_build(session: Context, source: str, module: str) -> str:
    """The commands that make a .ko of a source and load it."""
    folder, name = os.path.split(source)
    sources, above = Sources(folder or "."), Sources(source).tree_above()
    if above and module_of(Sources(above), os.path.relpath(source, above)):
        return f"make -C {named(tree_shown(session, above))} modules; insmod {named(module)}"
    if _lists(folder, os.path.splitext(name)[0] + ".o") != "obj-m":
        return f"cc {named(source)} -o {named(module)}"
    where = f"/lib/modules/{session.kernel.release}/build M={named(os.path.abspath(folder or '.'))} modules"
    if read_makefile(sources, "Makefile").default_goal:
        where = named(folder) if folder else ""
    return f"make{' -C ' if where else ''}{where}; insmod {named(module)}"


def _lists(folder: str, name: str) -> str:
    """On which list the Makefile of a folder has an object: "obj-y", "obj-m", "" for none."""
    try:
        return read_directory("", read_makefile(Sources(folder or "."), "Makefile")).lists(name)
    except BuildFailed:
        return ""
