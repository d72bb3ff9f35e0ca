"""Modules outside the tree: ``make -C KDIR M=DIR modules``, the slides' own way to build one."""

from __future__ import annotations

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.compile_list import CompileList
from kshell.kbuild.descend import Descent
from kshell.kbuild.messages import ERROR, NOTE, BuildMessage
from kshell.kbuild.modpost import ModuleObject, symvers
from kshell.kbuild.module_build import Target, build_modules
from kshell.kbuild.output import write_output
from kshell.kbuild.sources import Sources


def build_external(sources: Sources, log: BuildLog, target: Target) -> None:
    """Build what obj-m of a folder's Makefile lists, for that kernel.  Raises BuildFailed, MakefileError."""
    shown = sources.root.rstrip("/") + "/"
    if not sources.exists("Makefile"):
        text = f"scripts/Makefile.build: {shown}Makefile: No such file or directory"
        because = "M= takes the folder that holds the module's Makefile and sources, and this one has no Makefile"
        message = BuildMessage(ERROR, text, "", because=because, try_="obj-m := my_module.o  (in it)", verbatim=True)
        raise log.stop(log.messages([message]), "make: *** [_module_] Error 2")
    descent = Descent(sources, log, {"KERNELRELEASE": target.release}, shown)
    descent.enter("", "M=", "", ())
    compiler = CompileList(sources, log, shown)
    log.total += 2 * sum(len(directory.modules) for directory in descent.directories)
    modules = []
    for directory in descent.directories:
        for entry in directory.modules:
            for name, payload in compiler.compile(directory, entry, builtin=False):
                modules.append(ModuleObject(name.removesuffix(".o"), payload))
    found = build_modules(sources, log, modules, target, shown)
    write_output(sources, "Module.symvers", symvers(found, target.profile).encode())
    if not modules:
        because = f"{shown}Makefile has nothing on obj-m"
        text = "there was no module to build"
        log.notes.append(BuildMessage(NOTE, text, "", 0, 0, (), because, "obj-m := my_module.o"))
