"""The directories of a build, in order: from the lists of the top Makefile down through obj-y and obj-m.

C counterpart: vmlinux-dirs in the top Makefile, and the descending of scripts/Makefile.build.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.directory import Directory, read_directory
from kshell.kbuild.makefile.makefile import Makefile
from kshell.kbuild.tree.sources import Sources, read_makefile

LISTS = ("init-y", "core-y", "libs-y", "drivers-y", "net-y", "virt-y")
DEEPEST, MOST = 24, 500


class Descent:
    """The directories of one build, each read; one that two lists name is there twice, its modules only once.

    `shown` is put in front of a path where messages name it.
    """

    def __init__(self, sources: Sources, log: BuildLog, variables: Mapping[str, str], shown: str = "") -> None:
        self.sources, self.log, self.variables, self.shown = sources, log, variables, shown
        self.directories: list[Directory] = []

    def lists(self, top: Makefile) -> None:
        """Read what core-y and the other lists of the top Makefile lead to.  Raises BuildFailed, MakefileError."""
        for name in LISTS:
            for entry in top.entries(name):
                path = entry.text.removesuffix("built-in.a").removesuffix("lib.a")
                place = f"{entry.file}:{entry.line}"
                if not path.endswith("/"):
                    raise self._not_a_directory(place, name, entry.text)
                self.enter(os.path.normpath(path.strip("/") or ".").replace(os.sep, "/"), place, place, ())

    def enter(self, path: str, place: str, top: str, above: tuple[str, ...], *, linked: bool = True) -> None:
        """Read the Makefile of a directory and of those that it names.

        `place` is the Makefile line that names it, `top` that of the list in the top Makefile, `above` the real paths
        of the directories on the way.  Without `linked`, only its modules count.
        """
        real = os.path.realpath(self.sources.full(path))
        if real in above or len(above) >= DEEPEST or len(self.directories) >= MOST:
            raise self._loop(path, place, real in above)
        if not self.sources.is_file(self._file(path, "Makefile")):
            raise self._no_makefile(path, place)
        makefile = read_makefile(self.sources, self._file(path, "Makefile"), self.variables)
        for _, text in makefile.said:
            self.log.line(text)
        directory = read_directory(path, makefile)._replace(place=top, depth=len(above))
        if not linked:
            directory = directory._replace(builtin=[])
        if any(each.path == path for each in self.directories):
            directory = directory._replace(modules=[])
        self.directories.append(directory)
        yes = set(makefile.words("obj-y"))
        for below in directory.below:
            where = f"{makefile.filename}:{below.line}"
            name = self._file(path, below.text.rstrip("/"))
            self.enter(name, where, top or where, (*above, real), linked=linked and below.text in yes)

    def _file(self, path: str, name: str) -> str:
        return f"{path}/{name}" if path else name

    # What is wrong.

    def _stop(self, text: str, place: str, because: str, try_: str, *trail: str) -> BuildFailed:
        file, _, line = place.rpartition(":")
        return self.log.fail(text, because, try_, *trail, file=file, line=int(line) if line.isdigit() else 0)

    def _not_a_directory(self, place: str, name: str, word: str) -> BuildFailed:
        text = f"ld: cannot find {word}: No such file or directory"
        because = f"{place} names {word}; {name} lists directories, which end in a slash"
        if self.sources.is_dir(word):
            text = f"ld: cannot find {word}: file format not recognized"
        return self._stop(text, place, because, f"{word}/", "make: *** [vmlinux] Error 1")

    def _no_makefile(self, path: str, place: str) -> BuildFailed:
        shown = self.shown + path
        because = f"{place} names {shown}/, and there is no {shown}/Makefile to say what is built in it"
        try_ = f"{shown}/Makefile with the line: obj-y := test_call.o"
        if not self.sources.is_dir(path):
            because = f"{place} names {shown}/, and there is no such directory in the tree"
            close = self.sources.close_names(path)
            try_ = f"{close}/  (did you mean that?)" if close else f"make the directory {shown}, or take its name out"
        elif not os.access(self.sources.full(path), os.R_OK | os.X_OK):
            because, try_ = f"{place} names {shown}/, and you may not read that directory", f"chmod u+rwx {shown}"
        self.log.line(f"scripts/Makefile.build: {shown}/Makefile: No such file or directory")
        text = f"make[1]: *** No rule to make target '{shown}/Makefile'.  Stop."
        return self._stop(text, place, because, try_, f"make: *** [{shown}] Error 2")

    def _loop(self, path: str, place: str, again: bool) -> BuildFailed:
        shown = self.shown + path
        because = f"{place} leads to a directory that the build is in already: it would never come to an end"
        if not again:
            because = f"from {place} on there are more than {MOST} directories, or more than {DEEPEST} one in another"
        text = f"make[1]: *** {shown[:200]}: Too many levels of directories.  Stop."
        return self._stop(text, place, because, "take the directory out of that list", "make: *** [vmlinux] Error 2")
