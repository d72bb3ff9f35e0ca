"""What was changed in a tree since it was made, and which make, and what else, a change of that kind asks for.

Nothing here runs a build; it only looks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from kshell.shell.trees.named_tree import build_of, named
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.kbuild.tree.sources import Sources
    from kshell.shell.session import Session

MOST_NAMES = 3  # files that a note names; `tree` lists them all
MOST_PROGRAMS = 100  # that are looked into
SOURCE, MODULE, ASSEMBLY = ".py", ".ko", ".s"
USER = "user/"
# Occasions of a note; each tells of a set of changes once.
USE, BOOT, INSTALL = "use", "boot", "install"
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
    from kshell.kbuild.tree.pristine import changed_since
    from kshell.kbuild.tree.sources import Sources
    from kshell.kbuild.tree.tree_files import TreeError

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
        elif not _is_in_module(sources, path, module):
            found.modules[path] = module
    for module in sources.walk(MODULE, MOST_PROGRAMS):  # made of an edit that was taken back since
        path = module.removesuffix(MODULE) + SOURCE
        if path not in changed and sources.is_file(path) and not _is_in_module(sources, path, module):
            found.modules[path] = module
    return found


def changed_files(folder: str) -> list[str] | None:
    """The paths of `changes_of`, sorted; None for a tree that was never built."""
    found = changes_of(folder)
    return found.all() if found is not None else None


def module_of(sources: Sources, path: str) -> str:
    """The .ko that the Makefile beside a source makes of it, both from the root; "" for what is no module's."""
    from kshell.kbuild.build_log import BuildFailed
    from kshell.kbuild.directory import parts_of, read_directory
    from kshell.kbuild.tree.sources import read_makefile

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


def _is_in_module(sources: Sources, path: str, module: str) -> bool:
    """Whether a .ko was made of a source as it is now; of one of several sources only its object file can tell."""
    from kshell.kbuild.tree.tree_files import TreeError, read_text

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
    from kshell.abi.object_file import ObjectError, is_object, read_object

    data = sources.read_bytes(path)
    try:
        kind, payload = read_object(data, path) if data is not None and is_object(data) else ("", {})
    except ObjectError:
        return {}
    return payload if kind in kinds else {}


def _assembled(sources: Sources) -> dict[str, bool]:
    """The sources that the programs in user/ were assembled from, and whether they still are what they were."""
    from kshell.kbuild.steps.userprog import digest
    from kshell.kbuild.tree.tree_files import TreeError, read_text

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


# What is said about it.


def advice(session: Session, folder: str, changes: Changes) -> str:
    """The commands that bring these changes into what runs."""
    shown = named(folder)
    steps = []
    if changes.kernel:
        steps.append(f"make -C {shown}")
    elif changes.modules:
        steps.append(f"make -C {shown} modules")
    if changes.user:
        steps.append(f"make -C {named(os.path.join(folder, USER.rstrip('/')))}")
    if changes.kernel:
        steps += [f"make -C {shown} install", f"boot {shown}"]
    elif changes.modules:
        steps += reload(session, [os.path.join(folder, path) for path in dict.fromkeys(changes.modules.values())])
    return "; ".join(steps)


def reload(session: Session, paths: Iterable[str]) -> list[str]:
    """The commands that put modules into the kernel anew: rmmod only for those that are there."""
    from kshell.cc.source import module_name

    loaded = session.kernel.modules if session.has_kernel else {}
    steps = []
    for path in paths:
        name = module_name(path)
        steps += [f"rmmod {name}"] * (name in loaded) + [f"insmod {named(path)}"]
    return steps


def said(paths: list[str]) -> str:
    """``a.py, b.py have changed since make``, the first few by name."""
    names = ", ".join(show(path) for path in paths[:MOST_NAMES])
    if len(paths) > MOST_NAMES:
        names += f" and {len(paths) - MOST_NAMES} more"
    return f"{names} {'has' if len(paths) == 1 else 'have'} changed since make"


def change_note(session: Session, folder: str, occasion: str) -> tuple[str, str] | None:
    """What to say of a tree with files that are newer than its last make, and what to type: once for each set of them
    on each occasion, then None.

    `make install` is about the kernel alone; a program in user/ is no matter of the kernel, and `run` speaks for it.
    """
    changes = changes_of(folder)
    if changes is None:
        return None
    wanted = Changes(changes.kernel, {} if occasion == INSTALL else changes.modules, [])
    if not _is_news(session, folder, occasion, wanted.all(), changes):
        return None
    return said(wanted.all()), advice(session, folder, wanted)


def _is_news(session: Session, folder: str, occasion: str, paths: list[str], changes: Changes) -> bool:
    """Whether one of these changes was not told yet on that occasion; it counts as told from now on."""
    told = session.tree_memory.told
    now = _marks(session, folder, paths)
    before = told.get(occasion, set()) & _marks(session, folder, changes.all())
    told[occasion] = before | now
    if occasion == BOOT:  # who has just read it need not read it again at the first call
        told[USE] = told.get(USE, set()) | now
    return not now <= before


def _marks(session: Session, folder: str, paths: list[str]) -> set[tuple[str, ...]]:
    from kshell.kbuild.tree.sources import Sources

    build = str(build_of(session, Sources(folder)))
    return {(os.path.abspath(folder), build, path) for path in paths}


def forget_made(session: Session, folder: str) -> None:
    """After a make: what it has brought up to date is news again when it changes again."""
    changes = changes_of(folder)
    marks = _marks(session, folder, changes.all() if changes is not None else [])
    for occasion, told in session.tree_memory.told.items():
        session.tree_memory.told[occasion] = told & marks


def module_note(session: Session, path: str) -> str:
    """What to say when a .ko is loaded whose source has changed since it was made."""
    from kshell.kbuild.tree.sources import Sources

    if not path.endswith(MODULE) or not os.path.isfile(path):
        return ""
    folder, name = os.path.split(path)
    above = Sources(path).tree_above()
    changes = changes_of(above) if above else None
    if changes is not None:
        tree = tree_shown(session, above)
        relative = os.path.relpath(os.path.abspath(path), above).replace(os.sep, "/")
        mine = sorted(source for source, module in changes.modules.items() if module == relative)
        if not _is_news(session, tree, USE, mine, changes):
            return ""
        return f"{said(mine)}: make -C {named(tree)} modules; {_again(name, path)}"
    beside, source = Sources(folder or "."), name.removesuffix(MODULE) + SOURCE
    if text_in(beside, name) is None or not beside.is_file(source) or _is_in_module(beside, source, name):
        return ""
    news = {(os.path.abspath(path), str(hash(beside.read_bytes(source))))}
    if session.tree_memory.told.get(path) == news:
        return ""
    session.tree_memory.told[path] = set(news)
    because = f"{show(source)} has changed since {show(name)} was made of it"
    return f"{because}: make -C {named(folder or '.')}; {_again(name, path)}"


def _again(name: str, path: str) -> str:
    """How a module that is being loaded right now is replaced."""
    return f"rmmod {name.removesuffix(MODULE).replace('-', '_')}; insmod {named(path)}"


def tree_shown(session: Session, root: str) -> str:
    """A tree as the person calls it: the name that was typed for it, else its path from here."""
    same = session.tree and os.path.abspath(session.tree) == root
    return session.tree if same else os.path.relpath(root)
