"""A tree at a glance, for the bottom line of the prompt."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from kshell.shell.trees.named_tree import build_of, is_running
from kshell.shell.trees.tree_changes import changed_files
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.shell.state.context import Context


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


def tree_state(session: Context) -> State | None:
    """The state of the tree named last; None where there is none (any more).  It takes about a millisecond."""
    from kshell.kbuild.tree.sources import Sources, is_tree

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
