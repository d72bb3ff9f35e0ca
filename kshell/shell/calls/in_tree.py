"""A call that is not there, as far as a kernel tree on the host explains it: how far it has come in the tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kshell.abi.errno import errno_name
from kshell.shell.calls.explain import Explanation, explain
from kshell.shell.calls.target import Target, target_of
from kshell.shell.host_files import named
from kshell.shell.trees.named_tree import build_of
from kshell.shell.trees.tree_running import COURSE_CALL, is_installed, tree_of, unbooted, way_there
from kshell.shell.views.view import show

if TYPE_CHECKING:
    from kshell.kernel.core.trace import Call
    from kshell.shell.state.context import Context

TABLE = "arch/x86/entry/syscalls/syscall_64.tbl"
X32_FROM = 512  # rows of x32 programs begin there


def why(session: Context, call: Call, target: Target, told: bool = False) -> Explanation | None:
    """Why `call` answered an error, with what the tree has to do with a call that is not there; None if it did not.

    With `told`, that another kernel runs than the tree's was said already.
    """
    explanation = explain(session.kernel, call, target) if call.ret is not None and call.ret < 0 else None
    if explanation is None or call.ret is None or errno_name(-call.ret) != "ENOSYS" or told:
        return explanation
    found = unbooted(session)
    if found is not None:
        session.tree_memory.reminded = found[0]
        return Explanation(f"{explanation.because}\n{found[0]}", found[1])
    k = session.kernel
    if k.syscall_state(call.nr) in ("hole", "unknown"):
        rows = _own_rows(session)
        if rows:
            name, number = rows[0]
            because = f"{explanation.because}\nthe row that you have added says {number}: {name}"
            user = named(os.path.join(os.path.relpath(k.image.tree), "user"))
            return Explanation(because, f"syscall {name}, or {number} in the program and make -C {user}")
    return explanation


def _own_rows(session: Context) -> list[tuple[str, int]]:
    """The calls that the table of the kernel which runs has more than that of the release, with their numbers."""
    from kshell.abi.syscall_tbl import load

    k = session.kernel
    if not k.image.tree:
        return []
    known = load(k.profile.name).by_name
    return [(name, row.number) for name, row in k.table.by_name.items() if name not in known and row.abi != "x32"]


def enosys_note(session: Context, call: Call | None) -> None:
    """Say of a program's last failed call why there was nothing behind it, as `syscall` does; of another, nothing."""
    if call is None or call.ret is None or errno_name(-call.ret) != "ENOSYS":
        return
    k = session.kernel
    found = unbooted(session)
    told = found is not None and session.tree_memory.reminded == found[0]
    explanation = why(session, call, target_of(k, call.nr), told)
    if explanation is not None:
        because = explanation.because.replace("\n", "; ")
        try_ = explanation.try_.partition("  (")[0]  # a note is short
        k.note(f"{show(call.name or str(call.nr))} answered ENOSYS: {because}: {try_}")


def missing_call(session: Context, name: str) -> tuple[str, str] | None:
    """(because, try) for a call that the kernel which runs has no row for, where a tree is being worked on: how far
    the call has come there.  None where the tree has nothing to do with that name."""
    from kshell.abi.syscall_tbl import decode, parse
    from kshell.kbuild.tree.sources import Sources

    folder = tree_of(session)
    if not folder:
        return None
    sources, shown = Sources(folder), named(folder)
    rows = parse(decode(sources.read_bytes(TABLE) or b"")).rows
    row = next((row for row in rows if row.name == name), None)
    runs = f"the table of the kernel that runs ({session.kernel.release}) has no row for {show(name)}"
    if row is None:
        if name != COURSE_CALL:
            return None
        number = max((each.number for each in rows if each.number < X32_FROM), default=0) + 1
        prefix = "__x64_" if any((each.entry or "").startswith("__x64_") for each in rows) else ""
        because = f"{runs}, and neither has that of {shown}"
        return because, f"edit {named(os.path.join(folder, TABLE))}  ({number} common {name} {prefix}sys_{name})"
    how_far, known = _how_far(session, folder, row.name)
    return f"{runs}; {how_far}", way_there(session, folder, rebuild=not known)


def _how_far(session: Context, folder: str, name: str) -> tuple[str, bool]:
    """Where the row for a call stands that the tree's table has, and whether a kernel was built with it."""
    from kshell.abi.object_file import ObjectError, read_object
    from kshell.kbuild.tree.sources import Sources

    sources, shown = Sources(folder), named(folder)
    built = build_of(session, sources)
    if built is None:
        return f"{shown} has one, and is not built yet", False
    try:
        _, payload = read_object(sources.read_bytes("vmlinux") or b"", "vmlinux")
        known = any(str(each[2]) == name for each in payload.get("rows", ()))
    except (ObjectError, IndexError, TypeError):
        known = True
    if not known:
        return f"{shown} has one now, which is newer than its last build (#{built[1]})", False
    state = "installed, but not booted" if is_installed(session, sources) else "built, but not installed"
    return f"{shown} #{built[1]} has one: it is {state}", True
