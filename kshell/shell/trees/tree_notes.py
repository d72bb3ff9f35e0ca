"""What is said of the changes in a tree: which make they ask for, and what else; each set of them is told once."""

from __future__ import annotations

import os
from collections.abc import Iterable

from kshell.kbuild.steps.object_record import made_of
from kshell.kbuild.tree.sources import Sources
from kshell.shell.host_files import named
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import build_of, tree_shown
from kshell.shell.trees.tree_changes import USER, Changes, changes_of, is_in_module, source_of
from kshell.shell.views.view import show

MOST_NAMES = 3  # files that a note names; `tree` lists them all
# Occasions of a note; each tells of a set of changes once.
USE, BOOT, INSTALL = "use", "boot", "install"


def advice(session: Context, folder: str, changes: Changes) -> str:
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


def reload(session: Context, paths: Iterable[str]) -> list[str]:
    """The commands that put modules into the kernel anew: rmmod only for those that are there."""
    loaded = session.kernel.modules if session.has_kernel else {}
    steps = []
    for path in paths:
        from kshell.cc.compiler import module_name

        name = module_name(path)
        steps += [f"rmmod {name}"] * (name in loaded) + [f"insmod {named(path)}"]
    return steps


def said(paths: list[str]) -> str:
    """``a.py, b.py have changed since make``, the first few by name."""
    names = ", ".join(show(path) for path in paths[:MOST_NAMES])
    if len(paths) > MOST_NAMES:
        names += f" and {len(paths) - MOST_NAMES} more"
    return f"{names} {'has' if len(paths) == 1 else 'have'} changed since make"


def change_note(session: Context, folder: str, occasion: str) -> tuple[str, str] | None:
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


def _is_news(session: Context, folder: str, occasion: str, paths: list[str], changes: Changes) -> bool:
    """Whether one of these changes was not told yet on that occasion; it counts as told from now on."""
    told = session.tree_memory.told
    now = _marks(session, folder, paths)
    before = told.get(occasion, set()) & _marks(session, folder, changes.all())
    told[occasion] = before | now
    if occasion == BOOT:  # who has just read it need not read it again at the first call
        told[USE] = told.get(USE, set()) | now
    return not now <= before


def _marks(session: Context, folder: str, paths: list[str]) -> set[tuple[str, ...]]:
    build = str(build_of(session, folder))
    return {(os.path.abspath(folder), build, path) for path in paths}


def forget_made(session: Context, folder: str) -> None:
    """After a make: what it has brought up to date is news again when it changes again."""
    changes = changes_of(folder)
    marks = _marks(session, folder, changes.all() if changes is not None else [])
    for occasion, told in session.tree_memory.told.items():
        session.tree_memory.told[occasion] = told & marks


def module_note(session: Context, path: str) -> str:
    """What to say when a .ko is loaded whose source has changed since it was made."""
    folder, name = os.path.split(path)
    from kshell.cc.compiler import module_name

    above, again = Sources(path).tree_above(), f"rmmod {module_name(path)}; insmod {named(path)}"
    changes = changes_of(above) if above else None
    if changes is not None:
        tree = tree_shown(session, above)
        relative = os.path.relpath(os.path.abspath(path), above).replace(os.sep, "/")
        mine = sorted(source for source, module in changes.modules.items() if module == relative)
        if not _is_news(session, tree, USE, mine, changes):
            return ""
        return f"{said(mine)}: make -C {named(tree)} modules; {again}"
    beside = Sources(folder or ".")
    source = source_of(beside, name)
    if made_of(beside, name) is None or not source or is_in_module(beside, source, name):
        return ""
    news = {(os.path.abspath(path), str(hash(beside.read_bytes(source))))}
    if session.tree_memory.told.get(path) == news:
        return ""
    session.tree_memory.told[path] = {*news}
    because = f"{show(source)} has changed since {show(name)} was made of it"
    return f"{because}: make -C {named(folder or '.')}; {again}"
