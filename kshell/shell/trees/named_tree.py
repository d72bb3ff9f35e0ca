"""The tree that a session works on: which one it is, which kernel was built in it, and whether that runs.

Nothing here runs a build; it only looks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from kshell.shell.errors import CommandError
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.kbuild.tree.sources import Sources
    from kshell.kernel.kernel import Kernel
    from kshell.shell.session import Session


def tree_folder(session: Session, command: str, folder: str | None) -> str:
    """The tree that a command is about: the folder it names, or the one named last, or the present folder.

    It is the one named last from then on.  CommandError where it is no tree.
    """
    from kshell.kbuild.tree.sources import tree_at
    from kshell.kbuild.tree.tree_files import TreeError

    if folder is None:
        folder = session.tree or "."
        if folder == "." and not os.path.isdir("arch"):
            because = "no tree was named yet in this session, and the present folder is none"
            typed = f"{command} -C DIR" if command == "make" else f"{command} DIR"
            raise CommandError(f"{command}: which tree?", because, f"{typed}  (tree new DIR makes one)")
    folder = own_path(folder)
    try:
        tree_at(folder)
    except TreeError as error:
        raise CommandError(f"{command}: {show(error.what)}", show(error.because), show(error.try_)) from None
    return name_tree(session, folder)


def own_path(text: str) -> str:
    """A path of the host as it was typed, with the person's own folder for ``~``."""
    return os.path.expanduser(text) if text.startswith("~") else text


def named(path: str) -> str:
    """A path as it can be typed: between quotes if it needs them."""
    shown = show(path)
    return f'"{shown}"' if any(c in " \t;#'" for c in shown) else shown


def name_tree(session: Session, folder: str) -> str:
    """Make a folder the tree that commands without a folder mean; a tree keeps the name that was typed for it."""
    if not session.tree or os.path.abspath(session.tree) != os.path.abspath(folder):
        session.tree = folder.rstrip("/") or folder  # completion leaves the slash there
    return session.tree


# Whether it runs.


class State(NamedTuple):
    """A tree at a glance: its `build` (None before the first), whether that `runs` or at least is `installed`, and
    the files that were `changed` since."""

    name: str
    build: int | None
    installed: bool
    runs: bool
    changed: list[str]

    def __str__(self) -> str:
        if self.build is None:
            return f"{self.name}: not built yet"
        if self.changed:
            count = len(self.changed)
            return f"{self.name}: {count} file{'s' * (count != 1)} changed since make"
        if self.runs:
            return f"{self.name} #{self.build}"
        return f"{self.name} #{self.build} is built, not {'booted' if self.installed else 'installed'}"


def tree_state(session: Session) -> State | None:
    """The state of the tree named last; None where there is none (any more).  It takes about a millisecond."""
    from kshell.kbuild.tree.sources import Sources, is_tree
    from kshell.shell.trees.tree_changes import changed_files

    if not session.tree:
        return None
    sources = Sources(session.tree)
    if not is_tree(sources):
        return None
    name = show(os.path.basename(os.path.abspath(session.tree)))
    built = build_of(session, sources)
    if built is None:
        return State(name, None, False, False, [])
    runs = session.has_kernel and is_running(session.kernel, sources) and session.kernel.image.build == built[1]
    installed = build_of(session, sources, f"boot/vmlinuz-{built[0]}") == built
    return State(name, built[1], installed, runs, changed_files(session.tree) or [])


def is_running(k: Kernel, sources: Sources) -> bool:
    """Whether the kernel that runs was built in this tree."""
    return bool(k.image.tree) and os.path.abspath(sources.root) == k.image.tree


def build_of(session: Session, sources: Sources, path: str = "vmlinux") -> tuple[str, int] | None:
    """The release and build number of a tree's vmlinux, or of another kernel in it; None if there is none."""
    full = os.path.abspath(sources.full(path))
    try:
        status = os.stat(full)
    except (OSError, ValueError):
        return None
    stamp = status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size
    seen = session.tree_memory.builds
    if full not in seen or seen[full][0] != stamp:
        seen[full] = stamp, _read_build(sources, path)
    return seen[full][1]


def _read_build(sources: Sources, path: str) -> tuple[str, int] | None:
    from kshell.abi.object_file import ObjectError, read_object

    data = sources.read_bytes(path)
    try:
        _, payload = read_object(data, path) if data is not None else ("", {})
        return str(payload["release"]), int(payload["build"])
    except (ObjectError, KeyError, TypeError, ValueError):
        return None
