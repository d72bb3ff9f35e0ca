"""Modules outside the tree: ``make -C KDIR M=DIR modules``, the slides' own way to build one."""

from __future__ import annotations

from collections.abc import Mapping

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.descend import Descent
from kshell.kbuild.directory import entry_for, module_paths
from kshell.kbuild.messages import NOTE, BuildMessage
from kshell.kbuild.steps.build_output import write_output
from kshell.kbuild.steps.compile_list import CompileList
from kshell.kbuild.steps.modpost import ModuleObject, symvers
from kshell.kbuild.steps.module_build import TargetKernel, link_modules, post_modules
from kshell.kbuild.steps.modules_install import install_modules
from kshell.kbuild.steps.unset_config import unset
from kshell.kbuild.tree.sources import Sources


def build_external(
    sources: Sources, log: BuildLog, target: TargetKernel, variables: Mapping[str, str], pwd: str = ""
) -> None:
    """Build what obj-m of a folder's Makefile lists, for that kernel.  `variables` are the command line's, `pwd` is PWD
    of the environment, which may be why it is this folder.  Raises BuildFailed, MakefileError."""
    shown = sources.root.rstrip("/") + "/"
    inside = target.profile.version >= (6, 13)  # make works in the folder itself since then
    if not sources.exists("Makefile"):
        text = f"scripts/Makefile.build: {shown}Makefile: No such file or directory"
        because = "M= takes the folder that holds the module's Makefile and sources, and this one has no Makefile"
        try_ = "obj-m := my_module.o  (in it)"
        if pwd == sources.root:
            because = f"M= is {pwd}, which has no Makefile: $(PWD) is where make was started, and -C does not change it"
            try_ = "M=$(CURDIR)  (in the Makefile: the folder that it is in)"
        raise log.fail(text, because, try_, "make: *** [_module_] Error 2")
    if inside:
        log.line(f"make[1]: Entering directory '{sources.root}'")
    names = "" if inside else shown
    descent = Descent(sources, log, {"KERNELRELEASE": target.release, **variables}, names)
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
        because, try_ = f"{shown}Makefile has nothing on obj-m", "obj-m := my_module.o"
        for directory in descent.directories:
            for word in directory.makefile.words("obj-"):
                because, try_ = unset(sources, directory, word, "obj-m")
        text = "there was no module to build"
        log.notes.append(BuildMessage(NOTE, text, "", 0, 0, (), because, try_))


def build_single(
    sources: Sources, log: BuildLog, target: TargetKernel, variables: Mapping[str, str], goal: str
) -> bool:
    """Make one object of a folder's modules (FILE.o), or its assembler text (FILE.s); False if no list has such a one.
    Raises BuildFailed, MakefileError."""
    names = "" if target.profile.version >= (6, 13) else sources.root.rstrip("/") + "/"
    descent = Descent(sources, log, {"KERNELRELEASE": target.release, **variables}, names)
    descent.enter("", "M=", "", ())
    compiler = CompileList(sources, log, target.profile, target.release, names)
    folder, _, name = goal.rpartition("/")
    for directory in (each for each in descent.directories if each.path == folder):
        entry = entry_for(directory, directory.modules, name[:-2] + ".o")
        if entry is None:
            continue
        if goal.endswith(".s"):
            compiler.listing(directory, entry, builtin=False)
        else:
            compiler.compile(directory, entry, builtin=False)
        return True
    return False


def install_external(sources: Sources, log: BuildLog, target: TargetKernel, tree: Sources) -> None:
    """Install the modules of a folder into the tree that they were built for.  Raises BuildFailed, MakefileError."""
    descent = Descent(sources, log, {"KERNELRELEASE": target.release}, sources.root.rstrip("/") + "/")
    descent.enter("", "M=", "", ())
    install_modules(tree, sources, module_paths(descent.directories), target, log)
