"""The goals of make in a kernel tree, and what to say about those that there are not."""

from __future__ import annotations

import os

from kshell.abi.did_you_mean import did_you_mean

GOALS = {
    "all": "vmlinux and the modules (what make alone does)",
    "vmlinux": "the kernel",
    "bzImage": "the kernel",
    "modules": "the modules that obj-m lists",
    "modules_install": "put the modules where modprobe finds them",
    "install": "put the kernel where boot finds it",
    "clean": "remove what was built",
    "mrproper": "remove what was built, and the build number",
    "distclean": "as mrproper",
    "DIR/": "the objects of a directory; DIR/FILE.o: one of them",
    "DIR/FILE.s": "the machine code of one of them, as assembler text",
    "kernelrelease": "say what uname -r will say",
    "help": "this list",
}
KERNEL, BOTH, MODULES, CLEAN = {"vmlinux", "bzImage"}, {"all", ""}, {"modules"}, {"clean", "mrproper", "distclean"}


def help_lines() -> list[str]:
    """What make help prints."""
    lines = [f"  {name:<15} - {text}" for name, text in GOALS.items()]
    return [*lines, "", "  make V=1        - show the command and the machine code of each file that is compiled"]


def unknown_goal(goal: str, outside: bool) -> tuple[str, str]:
    """The because and the try for a goal that there is not; `outside`: of a folder that M= names."""
    close = did_you_mean(goal, GOALS)
    if goal.endswith("config"):
        return "there is nothing to configure here: what core-y and the obj-y lists name is built in", "make"
    folder, slash, name = goal.rpartition("/")
    if name.endswith((".o", ".s")):
        because = f"no list that the {'' if outside else 'top '}Makefile leads to has {folder}{slash}{name[:-2]}.o"
        return because, f"obj-{'m' if outside else 'y'} := {name[:-2]}.o  (in {folder}{slash}Makefile)"
    try_ = f"make {close[0]}  (did you mean that?)" if close else "make help"
    return f"the goals are: {', '.join(GOALS)}", try_


def about_outside(goals: tuple[str, ...], variables: dict[str, str], known: bool) -> tuple[str, str]:
    """Why M= or SUBDIRS= leads nowhere, and what to write; `known`: this kernel's make still knows SUBDIRS=.  "" if it
    is right."""
    for name in ("M", "SUBDIRS"):
        if name not in variables:
            continue
        if name == "SUBDIRS" and not known:
            return "SUBDIRS= means nothing to make since Linux 5.4, which took it out for M=", "M=$(PWD) in its place"
        if variables[name]:
            continue
        if any(goal.startswith("/") for goal in goals):
            because = f"there is a blank behind {name}=, so it is empty, and the path after it is taken for a goal"
            return because, f"{name}=$(PWD)  (without the blank)"
        because = f"{name}= is empty: what stands behind it in the Makefile is a variable that nobody has set"
        return because, f"{name}=$(PWD)  (in capitals: the environment has it; or {name}=$(CURDIR))"
    return "", ""


def with_blank(path: str, words: tuple[str, ...]) -> str:
    """The folder whose name has blanks, where the shell or make has parted it into `path` and the next words; "" where
    that is no folder either."""
    parted = (" ".join([path, *words[:count]]) for count in range(1, len(words) + 1))
    return next((each for each in parted if os.path.isdir(each)), "")
