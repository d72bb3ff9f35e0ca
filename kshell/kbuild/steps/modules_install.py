"""make modules_install: the modules go to where modprobe finds them, and modules.dep says what each needs.

A tree keeps them under boot/modules/RELEASE, as its kernel under boot/: the host's own /lib/modules is not touched.

C counterpart: scripts/Makefile.modinst, scripts/depmod.sh.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.steps.build_output import write_output
from kshell.kbuild.steps.module_build import TargetKernel
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.module.load_info import LoadInfo

MODULES = "boot/modules"
DEP = "modules.dep"


def install_modules(tree: Sources, folder: Sources, paths: Sequence[str], target: TargetKernel, log: BuildLog) -> None:
    """Copy the modules at `paths` (in `folder`, without .ko) into the tree; modules.dep.  Raises BuildFailed."""
    below = "kernel" if target.intree else "extra" if target.is_old else "updates"
    root = f"{MODULES}/{target.release}"
    for path in paths:
        name = f"{path}.ko"
        data = folder.read_bytes(name)
        if data is None:
            raise _missing(log, name)
        there = f"{root}/{below}/{name}"
        log.step("INSTALL", name if target.is_old else there)
        write_output(tree, there, data)
    log.step("DEPMOD", target.release if target.is_old else root)
    write_output(tree, f"{root}/{DEP}", _dependencies(tree, target.release).encode())


def _missing(log: BuildLog, name: str) -> Exception:
    text = f"cp: cannot stat '{name}': No such file or directory"
    because = "modules_install copies what make modules has built, and this one has not been built"
    trail = (f"make[1]: *** [{name}] Error 1", "make: *** [modules_install] Error 2")
    return log.fail(text, because, "make modules", *trail)


def installed_modules(tree_root: str, release: str) -> dict[str, str]:
    """The modules that modprobe finds while a kernel of that tree and release runs: name -> path of the .ko.

    A module's name has underscores where its file has dashes.  Of two files with one name the one in updates/ or
    extra/ counts, as depmod has it.
    """
    root = f"{MODULES}/{release}"
    found: dict[str, str] = {}
    tree = Sources(tree_root)
    names = [f"{root}/{path}" for path in Sources(tree.full(root)).walk(".ko", 10_000)]
    for path in sorted(names, key=lambda name: not name.startswith(f"{root}/kernel/")):
        found[os.path.basename(path).removesuffix(".ko").replace("-", "_")] = tree.full(path)
    return found


def _dependencies(tree: Sources, release: str) -> str:
    """The text of modules.dep: each module, and what must be loaded before it, the nearest first."""
    found = installed_modules(tree.root, release)
    top = tree.full(f"{MODULES}/{release}")
    shown = {name: os.path.relpath(path, top).replace(os.sep, "/") for name, path in found.items()}
    needs = {name: [each for each in _needs(tree, shown[name], release) if each in shown] for name in found}
    lines = []
    for name in sorted(shown, key=lambda name: shown[name]):
        order: list[str] = []
        waiting = list(needs[name])
        while waiting:
            each = waiting.pop(0)
            if each not in order:
                order.append(each)
                waiting += needs[each]
        lines.append(" ".join([f"{shown[name]}:", *(shown[each] for each in order)]) + "\n")
    return "".join(lines)


def _needs(tree: Sources, path: str, release: str) -> list[str]:
    data = tree.read_bytes(f"{MODULES}/{release}/{path}")
    return LoadInfo(path, data).depends or [] if data is not None else []
