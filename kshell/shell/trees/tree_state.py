"""A tree at a glance, for the bottom line of the prompt."""

from __future__ import annotations

import os
from typing import NamedTuple

from kshell.kbuild.tree.sources import Sources, is_tree
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import build_of, is_installed, is_running
from kshell.shell.trees.tree_changes import changes_of
from kshell.shell.views.view import show


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
    folder = session.tree
    if not folder or not is_tree(Sources(folder)):
        return None
    name = show(os.path.basename(os.path.abspath(folder)))
    built = build_of(session, folder)
    if built is None:
        return State(name, None, False, False, [])
    runs = session.has_kernel and is_running(session.kernel, folder) and session.kernel.image.build == built[1]
    changes = changes_of(folder)
    return State(name, built[1], is_installed(session, folder), runs, changes.all() if changes is not None else [])
