"""What was changed in a tree since it was made, by what has to be done about it.

Nothing here runs a build; it only looks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from kshell.abi.object_file import ObjectError, is_object, read_object
from kshell.cc.compiler import SUFFIXES
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.directory import Directory, parts_of, read_directory
from kshell.kbuild.makefile.makefile import Entry
from kshell.kbuild.steps.object_record import made_of, source_digest
from kshell.kbuild.steps.userprog import digest
from kshell.kbuild.tree.changes import changed_since
from kshell.kbuild.tree.sources import Sources, read_makefile
from kshell.kbuild.tree.tree_files import TreeError, read_text
from kshell.kbuild.tree.tree_paths import MAKEFILE

MOST_PROGRAMS = 100  # that are looked into
MODULE = ".ko"
USER = "user/"
_DOCUMENT = re.compile(r"(?:.*/)?README[^/]*|.*\.(?:md|txt|rst)|Documentation/.*")


class Changes(NamedTuple):
    """The changed files of a tree by what has to be done about them, sorted: those that the `kernel` is built of, those
    of `modules` (each with the .ko that it goes into), and those of `user` programs."""

    kernel: list[str]
    modules: dict[str, str]
    user: list[str]

    def all(self) -> list[str]:
        """Every path, sorted."""
        return sorted([*self.kernel, *self.modules, *self.user])


def changes_of(folder: str) -> Changes | None:
    """What was changed in a tree since it was built last; None if it never was.

    A module's source that `make modules` has compiled since then is up to date, and so is a program's that was
    assembled.  What no build reads does not count.
    """
    sources = Sources(folder)
    stamp = sources.last_build()
    try:
        changed = changed_since(sources, stamp) if stamp is not None else None
    except TreeError:
        return None
    if changed is None:
        return None
    assembled = _assembled(sources)
    found = Changes([], {}, sorted(path for path, current in assembled.items() if not current))
    for path in changed:
        if path in assembled or _DOCUMENT.fullmatch(path) or not _is_read(sources, path):
            continue
        if path.startswith(USER):
            found.user.append(path)
            continue
        module = module_of(sources, path)
        if not module:
            found.kernel.append(path)
        elif not is_in_module(sources, path, module):
            found.modules[path] = module
    for module in sources.walk(MODULE, MOST_PROGRAMS):  # made of an edit that was taken back since
        path = source_of(sources, module)
        if path and path not in changed and not is_in_module(sources, path, module):
            found.modules[path] = module
    return found


def _is_read(sources: Sources, path: str) -> bool:
    """Whether a build reads a file: one that the tree came with, a header or a Makefile, or a source on a list."""
    name = os.path.basename(path)
    if path in sources.pristine or name == MAKEFILE or name.endswith(".h"):
        return True
    if not name.endswith(SUFFIXES):
        return False
    directory = _directory_of(sources, path)
    return directory is not None and _entry_for(directory, [*directory.builtin, *directory.modules], name) is not None


def module_of(sources: Sources, path: str) -> str:
    """The .ko that the Makefile beside a source makes of it, both from the root; "" for what is no module's."""
    directory = _directory_of(sources, path) if path.endswith(SUFFIXES) else None
    entry = _entry_for(directory, directory.modules, os.path.basename(path)) if directory is not None else None
    if directory is None or entry is None:
        return ""
    return directory.file(entry.text.removesuffix(".o") + MODULE)


def _directory_of(sources: Sources, path: str) -> Directory | None:
    """What the Makefile beside a file lists; None where there is none, or none that can be read."""
    folder = path.rpartition("/")[0]
    makefile = f"{folder}/{MAKEFILE}" if folder else MAKEFILE
    try:
        return read_directory(folder, read_makefile(sources, makefile)) if sources.is_file(makefile) else None
    except BuildFailed:
        return None


def _entry_for(directory: Directory, entries: Iterable[Entry], name: str) -> Entry | None:
    """The object on a list that a source is compiled to, or is a part of."""
    wanted = os.path.splitext(name)[0] + ".o"
    made_of_it = (e for e in entries if wanted in (e.text, *parts_of(directory, e.text.removesuffix(".o"))))
    return next(made_of_it, None)


def source_of(sources: Sources, module: str) -> str:
    """The source beside a .ko; "" where there is none."""
    names = (module.removesuffix(MODULE) + suffix for suffix in SUFFIXES)
    return next((name for name in names if sources.is_file(name)), "")


def is_in_module(sources: Sources, path: str, module: str) -> bool:
    """Whether a .ko was made of a source as it is now; of one of several sources only its object file can tell."""
    stem = os.path.splitext(path)[0]
    known = made_of(sources, module if module == stem + MODULE else stem + ".o")
    try:
        return known == source_digest(sources, path, read_text(sources.root, path))
    except TreeError:
        return False


def _sources_of(sources: Sources, program: str) -> dict[str, Any]:
    """The sources that a program says it was assembled from, with their digests; nothing of any other file."""
    data = sources.read_bytes(program)
    try:
        kind, payload = read_object(data, program) if data is not None and is_object(data) else ("", {})
    except ObjectError:
        return {}
    found = payload.get("sources")
    return found if kind == "program" and isinstance(found, dict) else {}


def _assembled(sources: Sources) -> dict[str, bool]:
    """The sources that the programs in user/ were assembled from, and whether they still are what they were."""
    found: dict[str, bool] = {}
    names = [name for name in sources.names(USER.rstrip("/")) if "." not in name and name != "Makefile"]
    for program in names[:MOST_PROGRAMS]:
        for name, known in _sources_of(sources, USER + program).items():
            path = USER + str(name)
            try:
                found[path] = found.get(path, True) and digest(read_text(sources.root, path)) == known
            except TreeError:  # gone, or not ours to read: nothing can be said about it
                continue
    return found
