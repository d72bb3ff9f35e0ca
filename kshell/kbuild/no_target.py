"""Why make has nothing to do what was asked for, and what to type instead."""

from __future__ import annotations

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.goals import unknown_goal, with_blank
from kshell.kbuild.makefile.makefile import Makefile
from kshell.kbuild.tree.sources import Sources


def no_goal(log: BuildLog, goal: str, outside: bool = False) -> BuildFailed:
    """A tree's own Makefile has no such goal."""
    return log.fail(f"make: *** No rule to make target '{goal}'.  Stop.", *unknown_goal(goal, outside))


def no_folder(log: BuildLog, folder: str, goals: tuple[str, ...]) -> BuildFailed:
    """There is no folder that M= names."""
    whole = with_blank(folder, goals)
    if whole:
        because = f"the folder {whole} has a blank in its name: M= is {folder}, and the rest is taken for a goal"
        text = f"make: *** No rule to make target '{goals[0]}'.  Stop."
        return log.fail(text, because, 'M="$(PWD)"  (between quotes; better, a folder without a blank)')
    because = "M= takes the folder that holds the module's Makefile and sources"
    text = f"make: *** {folder}: No such file or directory.  Stop."
    return log.fail(text, because, "M=$(PWD)  (in a Makefile)")


def no_target(log: BuildLog, sources: Sources, makefile: Makefile, goal: str) -> BuildFailed:
    """A Makefile has no such target, or none at all (the goal is empty)."""
    if goal:
        known = ", ".join(makefile.targets) or "none"
        because = f"{makefile.filename} has no such target; it has: {known}"
        return log.fail(f"make: *** No rule to make target '{goal}'.  Stop.", because, "make")
    because, try_ = f"{makefile.filename} has no target", "make -C DIR, with the folder of the whole tree"
    tree = sources.tree_above()
    if makefile.words("obj-y") or makefile.words("obj-m"):
        because = f"{makefile.filename} only lists what the kernel's own build is to make here"
        try_ = f"make -C {tree}" if tree else "make -C /lib/modules/`uname -r`/build M=DIR modules"
    return log.fail("make: *** No targets.  Stop.", because, try_)


def nothing_makes(log: BuildLog, sources: Sources, makefile: Makefile, needed: str, by: str) -> BuildFailed:
    """A target needs what is no file, and what no rule makes."""
    text = f"make: *** No rule to make target '{needed}', needed by '{by}'.  Stop."
    because = f"{makefile.filename} has no rule for {needed}, and there is no such file"
    stem, _, suffix = needed.rpartition(".")
    other = {"c": f"{stem}.py", "py": f"{stem}.c"}.get(suffix, "")
    if not sources.exists(other or needed):
        return log.fail(text, because, f"look at the line of {by}")
    return log.fail(text, f"{because}; {other} is there", f"{by}: {other}  (in the place of {needed})")
