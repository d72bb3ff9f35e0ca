"""Why a module file does not load, as far as a kernel tree on the host explains it.

The kernel gives its own reason; here is what it cannot know: which tree a file belongs to, and what its Makefile says.
"""

from __future__ import annotations

import os

from kshell.abi.errno import ENOENT, ENOEXEC
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.directory import read_directory
from kshell.kbuild.tree.sources import Sources, read_makefile
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.refusal import Reason
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, unreadable
from kshell.shell.modules.depmod import owners
from kshell.shell.modules.module_search import exporter, not_built
from kshell.shell.modules.refusals import ModuleError
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import build_of, tree_of, tree_shown
from kshell.shell.trees.tree_running import missing_symbol, way_there
from kshell.shell.views.view import show

MOST_FILES = 100  # of a tree that are looked at for a module's name


def advise(session: Context, path: str, error: CommandError) -> None:
    """Give `error` a better reason and way out, where there is one; the kernel answered it to this file."""
    if not isinstance(error, ModuleError):
        return
    found, obj = None, error.object
    reason = error.refusal.reason if error.refusal is not None else None
    if not os.path.exists(path):
        missing = unreadable("insmod", path, FileNotFoundError(2, "No such file or directory"))
        found = not_built(session, path) or (missing.because, missing.try_)
    elif obj is not None and error.errno == ENOENT:
        found = _unknown_symbol(session, obj)
    elif error.errno == ENOEXEC and path.endswith(".o"):
        found = _object_file(session, path)
    elif obj is not None and reason in (Reason.OTHER_RELEASE, Reason.OTHER_CONFIGURATION):
        found = _other_kernel(session, obj, error.because)
    if found is not None:
        error.reword(*found)


def _unknown_symbol(session: Context, obj: LoadInfo) -> tuple[str, str] | None:
    """What a missing symbol comes from: another module, or a kernel of a tree that does not run."""
    k = session.kernel
    unknown = [symbol for symbol in obj.elf.undefined() if k.symbols.lookup_exported(symbol) is None]
    first = next(iter(owners(unknown)), None)
    if first is not None:
        because = f"it uses what {first} exports, and {first} is not loaded"
        return because, f"modprobe {first}  (then this one)"
    for symbol in unknown:
        file = exporter(obj.path, symbol)
        if file:
            return f"{show(file)} exports {symbol}, and is not loaded", f"insmod {named(file)}  (then this one)"
    missing = [symbol for symbol in unknown if k.symbols.lookup(symbol) is None]
    return missing_symbol(session, missing[0]) if missing else None


def _object_file(session: Context, path: str) -> tuple[str, str] | None:
    """A .o of a tree: what its Makefile makes of it."""
    folder, name = os.path.split(path)
    above, sources = Sources(path).tree_above(), Sources(folder or ".")
    module = os.path.splitext(path)[0] + ".ko"
    try:
        lists = read_directory("", read_makefile(sources, "Makefile")).lists(name)
    except BuildFailed:
        return None
    if lists == "obj-y" and above:
        makefile, tree = show(os.path.join(folder, "Makefile")), named(tree_shown(session, above))
        because = f"{makefile} has {show(name)} on obj-y: it is a part of the kernel, which has it from boot on"
        if session.kernel.image.tree == above:
            return f"{because}, and that kernel runs", f"kallsyms {show(name.removesuffix('.o'))}  (its symbols)"
        return because, f"boot {tree}  (once it is built and installed; there is nothing to insmod)"
    if lists == "obj-m" and os.path.isfile(module):
        return f"it is only a part of {show(os.path.basename(module))}, which lies beside it", f"insmod {named(module)}"
    if lists == "obj-m" and above:
        tree = named(tree_shown(session, above))
        return "it is compiled, but not yet a module", f"make -C {tree} modules; insmod {named(module)}"
    return None


def _other_kernel(session: Context, obj: LoadInfo, because: str) -> tuple[str, str] | None:
    """Which kernel a .ko was built for, where that is known: the one of its tree, or one that comes with kshell."""
    release = str(obj.vermagic).partition(" ")[0]
    profile = next((each.name for each in PROFILES.values() if each.release == release), "")
    if profile:
        return because, f"boot {profile}  (the kernel that it was built for), or build it for this one"
    above = Sources(obj.path).tree_above()
    for folder in (tree_shown(session, above) if above else "", tree_of(session)):
        built = build_of(session, folder) if folder else None
        if built is not None and built[0] == release:
            return because, f"{way_there(session, folder, rebuild=False)}  (the kernel that it was built for)"
    if above and session.kernel.image.tree == above:
        tree = named(tree_shown(session, above))
        return because, f"make -C {tree} modules  (builds it for the release that {tree} has now)"
    return None


def instead_of_own(session: Context, sample: str) -> str:
    """What to say where modprobe has taken a module that comes with kshell while the kernel of a tree runs."""
    root, release = session.kernel.image.tree, session.kernel.release
    names = [f"{sample}.ko", f"{sample}.py"]
    found = [path for name in names for path in Sources(root).walk(name, MOST_FILES) if os.path.basename(path) == name]
    if not found:
        return f"this is kshell's own {sample}; on Linux modprobe would look in /lib/modules/{release} only"
    tree = tree_shown(session, root)
    return f"this is kshell's own {sample}, not the one of your tree: insmod {named(os.path.join(tree, found[0]))}"
