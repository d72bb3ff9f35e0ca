"""One directory of a build: what its Makefile puts on obj-y and obj-m.

C counterpart: scripts/Makefile.build and scripts/Makefile.lib.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kshell.kbuild.makefile.makefile import Entry, Makefile


class Directory(NamedTuple):
    """`path` is relative to the root of the build, without a slash at its end ("" is the root itself).

    `builtin` and `modules` are the objects ("test_call.o") with their places, each once; `below` the directories
    ("sub/") that obj-y and obj-m lead on to; `place` ("Makefile:12") is the line of the top Makefile that leads here,
    `depth` how many directories are on the way.
    """

    path: str
    makefile: Makefile
    builtin: list[Entry]
    modules: list[Entry]
    below: list[Entry]
    place: str = ""
    depth: int = 0

    def file(self, name: str) -> str:
        """The path of a file in this directory, from the root of the build."""
        return f"{self.path}/{name}" if self.path else name

    def lists(self, name: str) -> str:
        """In which of the lists an object stands: "obj-y", "obj-m" or "" for none."""
        if any(entry.text == name for entry in self.builtin):
            return "obj-y"
        return "obj-m" if any(entry.text == name for entry in self.modules) else ""


def read_directory(path: str, makefile: Makefile) -> Directory:
    """Sort what the Makefile lists; what is on obj-y and obj-m both is built in, as kbuild has it."""
    yes, mods = _unique(makefile.entries("obj-y")), _unique(makefile.entries("obj-m"))
    built = {entry.text for entry in yes}
    return Directory(
        path,
        makefile,
        [entry for entry in yes if not entry.text.endswith("/")],
        [entry for entry in mods if not entry.text.endswith("/") and entry.text not in built],
        [entry for entry in _unique([*yes, *mods]) if entry.text.endswith("/")],
    )


def _unique(entries: list[Entry]) -> list[Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        found.setdefault(entry.text, entry)
    return list(found.values())


def parts_of(directory: Directory, stem: str) -> list[str]:
    """The objects that a composite one is made of: ``foo-objs := a.o b.o`` or ``foo-y := a.o b.o``; none for a
    plain one."""
    makefile = directory.makefile
    return [*makefile.words(f"{stem}-objs"), *makefile.words(f"{stem}-y")]


def module_paths(directories: list[Directory]) -> list[str]:
    """The modules that the lists name: their paths, without suffix."""
    return [d.file(entry.text.removesuffix(".o")) for d in directories for entry in d.modules]


def entry_for(directory: Directory, entries: Sequence[Entry], name: str) -> Entry | None:
    """The entry for one object, which a list names or which is a part of what it names; None where there is none."""
    for entry in entries:
        if name == entry.text or name in parts_of(directory, entry.text.removesuffix(".o")):
            return entry._replace(text=name)
    return None
