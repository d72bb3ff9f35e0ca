"""Modules outside the tree: ``make -C KDIR M=DIR modules``, the slides' own way to build one."""

from __future__ import annotations

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.descend import Descent
from kshell.kbuild.directory import module_paths
from kshell.kbuild.messages import NOTE, BuildMessage
from kshell.kbuild.steps.build_output import write_output
from kshell.kbuild.steps.compile_list import CompileList
from kshell.kbuild.steps.modpost import ModuleObject, symvers
from kshell.kbuild.steps.module_build import TargetKernel, link_modules, post_modules
from kshell.kbuild.steps.modules_install import install_modules
from kshell.kbuild.tree.sources import Sources


def build_external(sources: Sources, log: BuildLog, target: TargetKernel) -> None:
    """Build what obj-m of a folder's Makefile lists, for that kernel.  Raises BuildFailed, MakefileError."""
    shown = sources.root.rstrip("/") + "/"
    inside = target.profile.version >= (6, 13)  # make works in the folder itself since then
    if not sources.exists("Makefile"):
        text = f"scripts/Makefile.build: {shown}Makefile: No such file or directory"
        because = "M= takes the folder that holds the module's Makefile and sources, and this one has no Makefile"
        raise log.fail(text, because, "obj-m := my_module.o  (in it)", "make: *** [_module_] Error 2")
    if inside:
        log.line(f"make[1]: Entering directory '{sources.root}'")
    names = "" if inside else shown
    descent = Descent(sources, log, {"KERNELRELEASE": target.release}, names)
    descent.enter("", "M=", "", ())
    compiler = CompileList(sources, log, target.profile, target.release, names)
    log.total += 2 * sum(len(directory.modules) for directory in descent.directories)
    modules = []
    for directory in descent.directories:
        for entry in directory.modules:
            for built in compiler.compile(directory, entry, builtin=False):
                modules.append(ModuleObject.of(built))
    posted = post_modules(log, modules, target, names)
    write_output(sources, "Module.symvers", symvers(posted.exports, target.profile).encode())
    link_modules(sources, log, modules, target, posted, names)
    if inside:
        log.line(f"make[1]: Leaving directory '{sources.root}'")
    if not modules:
        because = f"{shown}Makefile has nothing on obj-m"
        text = "there was no module to build"
        log.notes.append(BuildMessage(NOTE, text, "", 0, 0, (), because, "obj-m := my_module.o"))


def install_external(sources: Sources, log: BuildLog, target: TargetKernel, tree: Sources) -> None:
    """Install the modules of a folder into the tree that they were built for.  Raises BuildFailed, MakefileError."""
    descent = Descent(sources, log, {"KERNELRELEASE": target.release}, sources.root.rstrip("/") + "/")
    descent.enter("", "M=", "", ())
    install_modules(tree, sources, module_paths(descent.directories), target, log)
