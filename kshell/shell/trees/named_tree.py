"""The tree that a session works on: which one it is, which kernel was built in it, and whether that runs.

Nothing here runs a build; it only looks.
"""

from __future__ import annotations

import os

from kshell.abi.object_file import ObjectError, read_object
from kshell.kbuild.tree.sources import Sources, is_tree, tree_at
from kshell.kbuild.tree.tree_files import TreeError, free_name
from kshell.kernel.kernel import Kernel
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, own_path
from kshell.shell.state.context import Context
from kshell.shell.views.failure import retold


def tree_folder(session: Context, command: str, folder: str | None) -> str:
    """The tree that a command is about: the folder it names, or the one named last, or the present folder.

    It is the one named last from then on.  CommandError where it is no tree.
    """
    if folder is None:
        folder = session.tree or "."
        if folder == "." and not os.path.isdir("arch"):
            because = "no tree was named yet in this session, and the present folder is none"
            raise CommandError(f"{command}: which tree?", because, _with_a_tree(command))
    folder = own_path(folder)
    try:
        tree_at(folder)
    except TreeError as error:
        raise retold(error, command) from None
    return name_tree(session, folder)


def _with_a_tree(command: str) -> str:
    """The command with a tree that lies in the present folder; where none does, what makes one."""
    trees = trees_here()
    with_one = f"{command} -C " if command == "make" else f"{command} "
    if trees:
        return with_one + named(trees[0])
    return f"tree new {free_name()}  (makes one; then: {with_one}{free_name()})"


def trees_here() -> list[str]:
    """The folders of the present one that are kernel trees, sorted."""
    return [name for name in Sources(".").names("") if os.path.isdir(name) and is_tree(Sources(name))]


def name_tree(session: Context, folder: str) -> str:
    """Make a folder the tree that commands without a folder mean; a tree keeps the name that was typed for it."""
    if not session.tree or os.path.abspath(session.tree) != os.path.abspath(folder):
        session.tree = folder.rstrip("/") or folder  # completion leaves the slash there
    return session.tree


def tree_of(session: Context) -> str:
    """The tree that matters now: the one named last, else the one whose kernel runs; "" where there is none."""
    running = session.kernel.image.tree if session.has_kernel else ""
    folder = session.tree or (os.path.relpath(running) if running else "")
    return folder if folder and is_tree(Sources(folder)) else ""


def tree_shown(session: Context, root: str) -> str:
    """A tree as the person calls it: the name that was typed for it, else its path from here."""
    same = session.tree and os.path.abspath(session.tree) == root
    return session.tree if same else os.path.relpath(root)


def is_running(k: Kernel, folder: str) -> bool:
    """Whether the kernel that runs was built in this tree."""
    return bool(k.image.tree) and os.path.abspath(folder) == k.image.tree


def is_installed(session: Context, folder: str) -> bool:
    """Whether the tree's vmlinux is what the boot loader finds there."""
    built = build_of(session, folder)
    return built is not None and build_of(session, folder, f"boot/vmlinuz-{built[0]}") == built


def build_of(session: Context, folder: str, path: str = "vmlinux") -> tuple[str, int] | None:
    """The release and build number of a tree's vmlinux, or of another kernel in it; None if there is none."""
    sources = Sources(folder)
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
    data = sources.read_bytes(path)
    try:
        _, payload = read_object(data, path) if data is not None else ("", {})
        return str(payload["release"]), int(payload["build"])
    except (ObjectError, KeyError, TypeError, ValueError):
        return None
