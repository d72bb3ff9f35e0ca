"""The tree that a session works on: which one it is, what was changed in it, and whether it runs.

Nothing here runs a build; it only looks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from kshell.shell.errors import CommandError
from kshell.shell.views import show

if TYPE_CHECKING:
    from kshell.kbuild.sources import Sources
    from kshell.kernel.kernel import Kernel
    from kshell.shell.explain import Explanation
    from kshell.shell.session import Session

MOST_NAMES = 3  # files that a note names; `tree` lists them all
SOURCE, MODULE = ".py", ".ko"
_seen: dict[str, tuple[tuple[int, int], tuple[str, int] | None]] = {}  # of a vmlinux: its stamp, and what it is


def tree_folder(session: Session, command: str, folder: str | None) -> str:
    """The tree that a command is about: the folder it names, or the one named last, or the present folder.

    It is the one named last from then on.  CommandError where it is no tree.
    """
    from kshell.kbuild.tree import Tree
    from kshell.kbuild.tree_files import TreeError

    if folder is None:
        folder = session.tree or "."
        if folder == "." and not os.path.isdir("arch"):
            because = "no tree was named yet in this session, and the present folder is none"
            raise CommandError(f"{command}: which tree?", because, f"{command} DIR  (tree new DIR makes one)")
    folder = own_path(folder)
    try:
        Tree.at(folder)
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


# What was changed.


def changed_files(folder: str) -> list[str] | None:
    """What was changed in a tree since it was built last, sorted; None if it never was.

    A module's source that was compiled since then, by `make modules`, is up to date.
    """
    from kshell.kbuild.pristine import changed_since
    from kshell.kbuild.sources import Sources
    from kshell.kbuild.tree import Tree
    from kshell.kbuild.tree_files import TreeError

    sources = Sources(folder)
    stamp = sources.last_build()
    try:
        changed = changed_since(Tree.at(folder), stamp) if stamp is not None else None
    except TreeError:
        return None
    return [path for path in changed if not _is_in_module(sources, path)] if changed is not None else None


def _is_in_module(sources: Sources, path: str) -> bool:
    """Whether the .ko beside a source was made of it as it is now."""
    from kshell.kbuild.tree_files import TreeError, read_text

    text = _text_in_module(sources, path.removesuffix(SOURCE) + MODULE) if path.endswith(SOURCE) else None
    if text is None:
        return False
    try:
        return read_text(sources.root, path) == text
    except TreeError:
        return False


def _text_in_module(sources: Sources, path: str) -> str | None:
    """The source that a .ko was made of; None where there is no such module."""
    from kshell.abi.object_file import ObjectError, read_object

    data = sources.read_bytes(path)
    try:
        kind, payload = read_object(data, path) if data is not None else ("", {})
    except ObjectError:
        return None
    text = payload.get("text")
    return text if kind == "module" and isinstance(text, str) else None


def change_note(session: Session, folder: str) -> str:
    """What to say of a tree with files that are newer than its last make: once for each set of them, then ""."""
    from kshell.kbuild.sources import Sources

    changed = changed_files(folder)
    news = (os.path.abspath(folder), build_of(Sources(folder)), *(changed or ()))
    if not changed:
        session.changes_told = ()
        return ""
    if news == session.changes_told:
        return ""
    session.changes_told = news
    named = ", ".join(show(path) for path in changed[:MOST_NAMES])
    if len(changed) > MOST_NAMES:
        named += f" and {len(changed) - MOST_NAMES} more"
    return f"{named} {'has' if len(changed) == 1 else 'have'} changed since make"


def module_note(session: Session, path: str) -> str:
    """What to say when a .ko is loaded: what has changed since its tree was made, or, outside one, since it was."""
    from kshell.kbuild.sources import Sources

    if not path.endswith(MODULE) or not os.path.isfile(path):
        return ""
    folder, name = os.path.split(path)
    above = Sources(path).tree_above()
    if above and changed_files(above) is not None:
        same = session.tree and os.path.abspath(session.tree) == above
        tree = session.tree if same else os.path.relpath(above)
        note = change_note(session, tree)
        return note and f"{note}: make -C {named(tree)}"
    beside, source = Sources(folder or "."), name.removesuffix(MODULE) + SOURCE
    if _text_in_module(beside, name) is None or not beside.is_file(source) or _is_in_module(beside, source):
        return ""
    news = (os.path.abspath(path), beside.read_bytes(source))
    if news == session.changes_told:
        return ""
    session.changes_told = news
    return f"{show(source)} has changed since {show(name)} was made of it: make -C {named(folder or '.')}"


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
    from kshell.kbuild.sources import Sources, is_tree

    if not session.tree:
        return None
    sources = Sources(session.tree)
    if not is_tree(sources):
        return None
    name = show(os.path.basename(os.path.abspath(session.tree)))
    built = build_of(sources)
    if built is None:
        return State(name, None, False, False, [])
    runs = session.has_kernel and is_running(session.kernel, sources) and session.kernel.image.build == built[1]
    installed = build_of(sources, f"boot/vmlinuz-{built[0]}") == built
    return State(name, built[1], installed, runs, changed_files(session.tree) or [])


def unbooted(session: Session) -> tuple[str, str] | None:
    """(because, try) where the session's tree was built, and another kernel runs; None where that is not so."""
    if not session.tree or not session.has_kernel:
        return None
    from kshell.kbuild.sources import Sources

    sources = Sources(session.tree)
    built = build_of(sources)
    if built is None:
        return None
    k = session.kernel
    shown = named(session.tree)
    if not is_running(k, sources):
        because = f"{shown} is built (#{built[1]}), but the kernel that runs is another: {k.release}"
    elif k.image.build == built[1]:
        return None
    else:
        because = (
            f"{shown} was built again (#{built[1]}), and what runs is #{k.image.build}, as it was when you booted it"
        )
    ready = build_of(sources, f"boot/vmlinuz-{built[0]}") == built
    return because, f"boot {shown}" if ready else f"make -C {shown} install; boot {shown}"


def remind(session: Session) -> None:
    """Say once for each build that another kernel than the tree's answers; without a tree, nothing."""
    found = unbooted(session)
    if found is not None and found[0] != session.reminded:
        session.reminded = found[0]
        session.kernel.note(f"{found[0]}. To run the new one: {found[1]}")


def in_tree(session: Session, explanation: Explanation | None, errno: str) -> Explanation | None:
    """The explanation of a call that is not there, with what the tree has to do with it."""
    if explanation is None or errno != "ENOSYS":
        return explanation
    found = unbooted(session)
    if found is None:
        return explanation
    session.reminded = found[0]
    return type(explanation)(f"{explanation.because}\n{found[0]}", found[1])


def is_running(k: Kernel, sources: Sources) -> bool:
    """Whether the kernel that runs was built in this tree."""
    return bool(k.image.tree) and os.path.abspath(sources.root) == k.image.tree


def build_of(sources: Sources, path: str = "vmlinux") -> tuple[str, int] | None:
    """The release and build number of a tree's vmlinux, or of another kernel in it; None if there is none."""
    full = os.path.abspath(sources.full(path))
    try:
        status = os.stat(full)
    except (OSError, ValueError):
        return None
    stamp = status.st_mtime_ns, status.st_size
    if full not in _seen or _seen[full][0] != stamp:
        _seen[full] = stamp, _read_build(sources, path)
    return _seen[full][1]


def _read_build(sources: Sources, path: str) -> tuple[str, int] | None:
    from kshell.abi.object_file import ObjectError, read_object

    data = sources.read_bytes(path)
    try:
        _, payload = read_object(data, path) if data is not None else ("", {})
        return str(payload["release"]), int(payload["build"])
    except (ObjectError, KeyError, TypeError, ValueError):
        return None
