"""What was changed in a tree since it was made, by what has to be done about it.

Nothing here runs a build; it only looks.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from kshell.abi.object_file import ObjectError, is_object, read_object
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.directory import parts_of, read_directory
from kshell.kbuild.steps.userprog import digest
from kshell.kbuild.tree.changes import changed_since
from kshell.kbuild.tree.sources import Sources, read_makefile
from kshell.kbuild.tree.tree_files import TreeError, read_text

MOST_PROGRAMS = 100  # that are looked into
SOURCE, MODULE, ASSEMBLY = ".py", ".ko", ".s"
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
        if path in assembled or _DOCUMENT.fullmatch(path):
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
        path = module.removesuffix(MODULE) + SOURCE
        if path not in changed and sources.is_file(path) and not is_in_module(sources, path, module):
            found.modules[path] = module
    return found


def module_of(sources: Sources, path: str) -> str:
    """The .ko that the Makefile beside a source makes of it, both from the root; "" for what is no module's."""
    folder, _, name = path.rpartition("/")
    makefile = f"{folder}/Makefile" if folder else "Makefile"
    if not name.endswith(SOURCE) or not sources.is_file(makefile):
        return ""
    wanted = name.removesuffix(SOURCE) + ".o"
    try:
        directory = read_directory(folder, read_makefile(sources, makefile))
    except BuildFailed:
        return ""
    for entry in directory.modules:
        stem = entry.text.removesuffix(".o")
        if wanted == entry.text or wanted in parts_of(directory, stem):
            return directory.file(stem + MODULE)
    return ""


def is_in_module(sources: Sources, path: str, module: str) -> bool:
    """Whether a .ko was made of a source as it is now; of one of several sources only its object file can tell."""
    stem = path.removesuffix(SOURCE)
    text = text_in(sources, module if module == stem + MODULE else stem + ".o")
    try:
        return text is not None and read_text(sources.root, path) == text
    except TreeError:
        return False


def text_in(sources: Sources, path: str) -> str | None:
    """The source that a .ko or .o was made of; None where there is no such file."""
    text = _payload(sources, path, ("module", "object")).get("text")
    return text if isinstance(text, str) else None


def _payload(sources: Sources, path: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """What is in a file that a build has made, if it is of one of these kinds; else nothing."""
    data = sources.read_bytes(path)
    try:
        kind, payload = read_object(data, path) if data is not None and is_object(data) else ("", {})
    except ObjectError:
        return {}
    return payload if kind in kinds else {}


def _assembled(sources: Sources) -> dict[str, bool]:
    """The sources that the programs in user/ were assembled from, and whether they still are what they were."""
    found: dict[str, bool] = {}
    names = [name for name in sources.names(USER.rstrip("/")) if "." not in name and name != "Makefile"]
    for program in names[:MOST_PROGRAMS]:
        made_of = _payload(sources, USER + program, ("program",)).get("sources")
        for name, known in made_of.items() if isinstance(made_of, dict) else ():
            path = USER + str(name)
            try:
                found[path] = found.get(path, True) and digest(read_text(sources.root, path)) == known
            except TreeError:  # gone, or not ours to read: nothing can be said about it
                continue
    return found
