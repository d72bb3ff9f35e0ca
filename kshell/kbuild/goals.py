"""The goals of make in a kernel tree, and what to say about those that there are not."""

from __future__ import annotations

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


def unknown_goal(goal: str) -> tuple[str, str]:
    """The because and the try for a goal that there is not."""
    close = did_you_mean(goal, GOALS)
    if goal.endswith("config"):
        return "there is nothing to configure here: what core-y and the obj-y lists name is built in", "make"
    folder, slash, name = goal.rpartition("/")
    if name.endswith((".o", ".s")):
        because = f"no list that the top Makefile leads to has {folder}{slash}{name[:-2]}.o"
        return because, f"obj-y := {name[:-2]}.o  (in {folder}{slash}Makefile)"
    try_ = f"make {close[0]}  (did you mean that?)" if close else "make help"
    return f"the goals are: {', '.join(GOALS)}", try_


def about_subdirs(goals: tuple[str, ...], variables: dict[str, str], known: bool) -> tuple[str, str]:
    """Why SUBDIRS= leads nowhere, and what to write; `known`: this kernel's make still knows it.  "" if it is right."""
    if "SUBDIRS" not in variables:
        return "", ""
    if not known:
        return "SUBDIRS= means nothing to make since Linux 5.3, which took it out for M=", "M=$(PWD) in its place"
    if not variables["SUBDIRS"] and any(goal.startswith("/") for goal in goals):
        because = "there is a blank behind SUBDIRS=, so it is empty, and the path after it is taken for a goal"
        return because, "SUBDIRS=$(PWD)  (without the blank), or M=$(PWD)"
    return "", ""
