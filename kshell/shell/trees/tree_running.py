"""Whether the kernel that runs is the one that a tree describes, and what to do where it is not."""

from __future__ import annotations

import os
from collections.abc import Collection

from kshell.kbuild.steps.modpost import parse_symvers
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.kernel import Kernel
from kshell.shell.host_files import named
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import build_of, is_installed, is_running, tree_of, tree_shown
from kshell.shell.trees.tree_changes import changes_of
from kshell.shell.trees.tree_notes import USE, change_note

COURSE_CALL = "test_call"


def way_there(session: Context, folder: str, rebuild: bool = True) -> str:
    """The commands that are left until the tree's kernel runs, with `rebuild` as its sources are now, else as it was
    built last."""
    shown = named(folder)
    install = f"make -C {shown} install; boot {shown}"
    changes = changes_of(folder) if rebuild else None
    if build_of(session, folder) is None or (changes is not None and changes.kernel):
        return f"make -C {shown}; {install}"
    return f"boot {shown}" if is_installed(session, folder) else install


def unbooted(session: Context) -> tuple[str, str] | None:
    """(because, try) where the session's tree was built, and another kernel runs; None where that is not so."""
    built = build_of(session, session.tree) if session.tree and session.has_kernel else None
    if built is None:
        return None
    k, shown = session.kernel, named(session.tree)
    if not is_running(k, session.tree):
        because = f"{shown} is built (#{built[1]}), but the kernel that runs is another: {k.release}"
        if COURSE_CALL in k.definitions and not k.image.tree:
            because += f", with the course's own {COURSE_CALL} compiled in"
    elif k.image.build == built[1]:
        return None
    else:
        because = (
            f"{shown} was built again (#{built[1]}), and what runs is #{k.image.build}, as it was when you booted it"
        )
    return because, way_there(session, session.tree, rebuild=False)


def remind(session: Context, k: Kernel, called: Collection[str | None]) -> None:
    """Say once for each build that another kernel than the tree's answers, and once for each set of changes that the
    sources of the kernel that runs are newer than it; without a tree, nothing.  `called` are the calls just made."""
    found = unbooted(session)
    if found is not None and found[0] != session.tree_memory.reminded:
        session.tree_memory.reminded = found[0]
        k.note(f"{found[0]}. To run the new one: {found[1]}")
    root = k.image.tree
    if not root:
        if COURSE_CALL in called and COURSE_CALL in k.definitions:
            _remind_of_course(session, k)
        return
    touched = session.tree_memory.was_touched(root)
    changed = change_note(session, tree_shown(session, root), USE) if touched else None
    if changed is not None:
        k.note(f"{changed[0]}: {changed[1]}")


def _remind_of_course(session: Context, k: Kernel) -> None:
    """Say once that the course's own test_call has answered, and not that of a tree that is not built yet."""
    folder = tree_of(session)
    if not folder or build_of(session, folder) is not None:
        return
    shown = named(folder)
    because = f"this kernel is {k.release}, with the course's own {COURSE_CALL} compiled in; {shown} is not built yet"
    if session.tree_memory.reminded != because:
        session.tree_memory.reminded = because
        k.note(f"{because}: {way_there(session, folder)}")


def missing_symbol(session: Context, name: str) -> tuple[str, str] | None:
    """(because, try) for a symbol that a module needs and the kernel that runs does not export, where a tree is being
    worked on.  None where there is none, or the tree knows no such symbol either."""
    folder = tree_of(session)
    if not folder:
        return None
    sources, shown, k = Sources(folder), named(folder), session.kernel
    exports = parse_symvers((sources.read_bytes("Module.symvers") or b"").decode("utf-8", "replace"))
    if any(each.symbol == name and each.owner == "vmlinux" for each in exports):
        which = f"#{k.image.build}" if is_running(k, folder) else k.release
        because = f"the kernel that runs ({which}) was built before {name} was in {shown}"
        if not is_running(k, folder):
            because = f"the kernel that runs ({k.release}) is not that of {shown}, which has {name}"
        return because, way_there(session, folder, rebuild=False)
    place = _definition(sources, name)
    if place is None:
        because = f"no kernel of {shown} was built with {name}, and no file of it defines that"
        return because, f'edit {named(os.path.join(folder, "SystemCalls/test_call.py"))}  (Stub("{name}"))'
    because = f"{place} defines {name}, but {shown} was never built with it"
    try_ = way_there(session, folder)
    if not try_.startswith(f"make -C {shown};"):  # it is not newer than the build: nothing leads to it
        object_ = os.path.basename(place.partition(":")[0]).removesuffix(".py") + ".o"
        because = f"{place} defines {name}, but it is not linked into the kernel of {shown}"
        try_ = f"obj-y := {object_}  (in the Makefile beside it, with its folder on core-y; then make -C {shown})"
    return because, try_


def _definition(sources: Sources, name: str) -> str | None:
    """The file and line that declares a variable for other files to use."""
    for path in sources.walk(".py", 500):
        text = (sources.read_bytes(path) or b"").decode("utf-8", "replace")
        for number, line in enumerate(text.split("\n"), 1):
            if f'Stub("{name}")' in line or f"def {name}(" in line:
                return f"{path}:{number}"
    return None
