"""make: what its command line asks for, in a kernel tree or in a folder with a Makefile.

Whether an object is up to date is decided in steps/compile_list.py.

No program of the host is run: a recipe may call make, remove what a build made, and say something.

C counterpart: GNU make, with the goals of Linux's top Makefile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.external import build_external, build_single, install_external
from kshell.kbuild.goals import BOTH, CLEAN, KERNEL, MODULES, about_outside, help_lines, with_blank
from kshell.kbuild.goals import GOALS as GOALS  # for those who list them
from kshell.kbuild.kernel_build import KernelBuild
from kshell.kbuild.makefile.makefile import Makefile, MakefileError
from kshell.kbuild.messages import NOTE, BuildMessage
from kshell.kbuild.no_target import no_folder, no_goal, no_target, nothing_makes
from kshell.kbuild.recipes.recipe import Make
from kshell.kbuild.recipes.recipe_run import RecipeRun
from kshell.kbuild.release import profile_of, release_of
from kshell.kbuild.steps.clean import clean_tree
from kshell.kbuild.steps.install import install
from kshell.kbuild.steps.modpost import Export, parse_symvers
from kshell.kbuild.steps.module_build import TargetKernel
from kshell.kbuild.steps.programs import build_programs
from kshell.kbuild.tree.changes import snapshot
from kshell.kbuild.tree.sources import Sources, is_tree, makefile_failed, read_makefile
from kshell.kbuild.tree.tree_files import free_name
from kshell.kbuild.tree.tree_paths import MAKEFILE
from kshell.kernel.core.profile import Profile

DEPTH = 8  # of makes that call makes
CHAIN = 100  # of targets that need targets


class Running(NamedTuple):
    """The kernel that runs: what a module that is built for it needs to know.  `tree` is where it was built, if it
    was built in a tree."""

    release: str
    profile: Profile
    exports: list[Export]
    tree: str


class Request(NamedTuple):
    """A command line: the folder (-C), the goals, the variables that it sets, and those of its environment."""

    folder: str
    goals: tuple[str, ...]
    variables: dict[str, str]
    environment: Mapping[str, str] = MappingProxyType({})


class Made(NamedTuple):
    """What came of it: the tree that was built ("" if none was), its release and build number, and whether the kernel
    was linked anew."""

    tree: str
    release: str
    build: int
    relinked: bool


NOTHING = Made("", "", 0, False)


class Maker:
    """One command line of make and the makes that it calls.  `running` says which kernel runs, where that is asked."""

    def __init__(self, log: BuildLog, running: Callable[[], Running]) -> None:
        self.log, self.running = log, running
        self.made = NOTHING

    def make(self, request: Request, depth: int = 0) -> None:
        """Do what is asked for.  Raises BuildFailed."""
        try:
            self._make(request, depth)
        except MakefileError as error:
            raise makefile_failed(error) from None

    def _make(self, request: Request, depth: int) -> None:
        self.log.verbose = "1" in request.variables.get("V", "")
        if depth > DEPTH:
            because = "a recipe calls make in a folder whose recipe calls make again, and so on"
            raise self.log.fail(f"make[{depth}]: *** too many levels of make.  Stop.", because, "look at the recipe")
        folder = self._folder(request.folder)
        if folder is None:  # the running kernel, which came with kshell
            self._for_running(request)
            return
        if not os.path.isdir(folder):
            because = "make -C takes the folder that is to be built"
            words = "No such file or directory" if not os.path.exists(folder) else "Not a directory"
            try_, whole = f"tree new {free_name()}  (makes a tree)", with_blank(request.folder, request.goals)
            if whole:
                because, try_ = f"the folder {whole} has a blank in its name, which parts words", f'make -C "{whole}"'
            raise self.log.fail(f"make: *** {request.folder}: {words}.  Stop.", because, try_)
        sources = Sources(folder)
        if is_tree(sources):
            self._in_tree(sources, request)
        else:
            self._in_folder(sources, request, depth)

    def _folder(self, path: str) -> str | None:
        """The folder that a path names; ``/lib/modules/RELEASE/build`` is the tree of the running kernel, or None."""
        if not path.startswith("/lib/modules/"):
            return path
        running = self.running()
        release = path.removeprefix("/lib/modules/").partition("/")[0]
        if release != running.release:
            because = f"the kernel that runs is {running.release}, and only its build folder is there"
            text = f"make: *** {path}: No such file or directory.  Stop."
            raise self.log.fail(text, because, f"/lib/modules/{running.release}/build")
        return running.tree or None

    # A kernel tree.

    def _in_tree(self, sources: Sources, request: Request) -> None:
        top = read_makefile(sources, MAKEFILE, request.variables, environment=request.environment)
        release = release_of(top)
        profile = profile_of(release, top.filename)
        outside = _outside(request, profile)
        if outside:
            data = sources.read_bytes("Module.symvers")
            known = parse_symvers(data.decode("utf-8", "replace")) if data is not None else None
            target = TargetKernel(profile, release, known, intree=False)
            self._external(os.path.join(sources.root, outside), request, target, sources)
            return
        because, try_ = about_outside(request.goals, request.variables, _knows_subdirs(profile))
        if because:
            text = "the modules of the whole tree were built, and not those of one folder"
            self.log.notes.append(BuildMessage(NOTE, text, because=because, try_=try_))
        for goal in request.goals or ("all",):
            self._goal(sources, top, goal, request.variables)

    def _goal(self, sources: Sources, top: Makefile, goal: str, variables: dict[str, str]) -> None:
        if goal in KERNEL or goal in BOTH or goal in MODULES:
            stamp = snapshot(sources)  # what is saved while it builds is newer than the build
            build = KernelBuild(sources, top, self.log, variables)
            try:
                build.run(vmlinux=goal not in MODULES, modules=goal not in KERNEL)
            except BuildFailed:
                if build.relinked:  # the kernel is made, whatever became of the modules
                    sources.remember_build(stamp)
                raise
            self.made = Made(sources.root, build.release, build.build, build.relinked)
            if goal not in MODULES:
                sources.remember_build(stamp)
        elif goal == "install":
            release = install(sources, self.log)
            self.made = Made(sources.root, release, self.made.build, self.made.relinked)
        elif goal == "modules_install":
            KernelBuild(sources, top, self.log, variables).install_modules()
        elif goal in CLEAN:
            clean_tree(sources, self.log, thorough=goal != "clean")
        elif goal == "kernelrelease":
            self.log.line(release_of(top))
        elif goal == "help":
            for line in help_lines():
                self.log.line(line)
        elif os.path.isabs(goal) and os.path.exists(goal):
            self.log.line(f"make: Nothing to be done for '{goal}'.")
        elif goal.endswith((".o", ".s", "/")) and KernelBuild(sources, top, self.log, variables).single(goal):
            return
        else:
            raise no_goal(self.log, goal)

    def _for_running(self, request: Request) -> None:
        running = self.running()
        folder = _outside(request, running.profile)
        if not folder:
            because, try_ = about_outside(request.goals, request.variables, _knows_subdirs(running.profile))
            what = f"the kernel that runs ({running.release}) came with kshell, and its sources are not here"
            because = f"{because}; {what}" if because else f"{what}: only modules can be built for it"
            try_ = try_ or f"make -C {request.folder} M=$(PWD) modules"
            raise self.log.fail("make: *** No targets.  Stop.", because, try_)
        target = TargetKernel(running.profile, running.release, running.exports, intree=False)
        self._external(os.path.join(request.folder, folder), request, target)

    def _external(self, folder: str, request: Request, target: TargetKernel, tree: Sources | None = None) -> None:
        if not os.path.isdir(folder):
            raise no_folder(self.log, folder, request.goals)
        for goal in request.goals or ("modules",):
            if goal in MODULES or goal in BOTH:
                build_external(Sources(folder), self.log, target, request.variables, request.environment.get("PWD", ""))
            elif goal == "modules_install":
                if tree is None:
                    because = f"the kernel that runs ({target.release}) came with kshell, and has no folder for modules"
                    raise self.log.fail(
                        "make: *** [modules_install] Error 1",
                        because,
                        "make -C /lib/modules/`uname -r`/build M=... modules  (then: insmod of the .ko, where it lies)",
                    )
                install_external(Sources(folder), self.log, target, tree)
            elif goal == "clean":
                clean_tree(Sources(folder), self.log, thorough=True)
            elif not goal.endswith((".o", ".s")) or not build_single(
                Sources(folder), self.log, target, request.variables, goal
            ):
                raise no_goal(self.log, goal, outside=True)

    # A folder with a Makefile of its own.

    def _in_folder(self, sources: Sources, request: Request, depth: int) -> None:
        if not sources.exists("Makefile"):
            because = f"there is no Makefile in {sources.root}"
            raise self.log.fail(
                "make: *** No targets specified and no makefile found.  Stop.", because, f"tree new {free_name()}"
            )
        release = lambda: self.running().release  # noqa: E731
        makefile = read_makefile(sources, MAKEFILE, request.variables, release, request.environment)
        for _, text in makefile.said:
            self.log.line(text)
        for goal in request.goals or (makefile.default_goal or "",):
            rule = makefile.targets.get(goal)
            if rule is not None:
                self._rule(sources, makefile, goal, request, depth, set())
            elif makefile.words("hostprogs-y") and goal in ("", "all", *makefile.words("hostprogs-y")):
                build_programs(sources, makefile, self.log)
            else:
                raise no_target(self.log, sources, makefile, goal)

    def _rule(
        self,
        sources: Sources,
        makefile: Makefile,
        goal: str,
        request: Request,
        depth: int,
        done: set[str],
        above: tuple[str, ...] = (),
    ) -> None:
        rule = makefile.targets.get(goal)
        if rule is None and above and not makefile.patterns and not sources.exists(goal):
            raise nothing_makes(self.log, sources, makefile, goal, above[-1])
        if rule is None or goal in done:
            return
        if len(above) > CHAIN:
            because = f"{makefile.filename} has a chain of more than {CHAIN} targets, each of which needs the next"
            raise self.log.fail(f"make: *** {goal}: too many levels.  Stop.", because, "a Makefile with fewer")
        done.add(goal)
        for needed in rule.prerequisites:
            self._rule(sources, makefile, needed, request, depth, done, (*above, goal))
        name = f"make[{depth}]" if depth else "make"
        RecipeRun(self.log, sources.root, name, self._again(request, makefile, depth)).run(makefile, rule)

    def _again(self, request: Request, makefile: Makefile, depth: int) -> Callable[[str, Make], None]:
        """The make that a recipe calls: it knows the variables of this one's command line, and those exported."""

        def make(folder: str, action: Make) -> None:
            variables = request.variables | action.variables
            environment = makefile.exports() | action.environment
            self.make(Request(folder, action.goals, variables, environment), depth + 1)

        return make


def _knows_subdirs(profile: Profile) -> bool:
    """Whether SUBDIRS= still means what M= means: up to 5.3."""
    return profile.version < (5, 4)


def _outside(request: Request, profile: Profile) -> str:
    """The folder outside the tree that the command line asks to build, "" if it asks for the tree."""
    names = ("M", "KBUILD_EXTMOD", *(("SUBDIRS",) if _knows_subdirs(profile) else ()))
    return next((request.variables[name] for name in names if request.variables.get(name)), "")
