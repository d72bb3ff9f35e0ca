"""A call that is not there, as far as a kernel tree on the host explains it: how far it has come in the tree."""

from __future__ import annotations

import os
import re

from kshell.abi.object_file import ObjectError, read_object
from kshell.abi.syscall_tbl import decode, load, parse
from kshell.cc.compiler import SUFFIXES
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.trace.tracer import Call
from kshell.shell.host_files import named
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import build_of, is_installed, tree_of
from kshell.shell.trees.tree_changes import module_of
from kshell.shell.trees.tree_running import COURSE_CALL, unbooted, way_there
from kshell.shell.views.view import show

TABLE = "arch/x86/entry/syscalls/syscall_64.tbl"
X32_FROM = 512  # rows of x32 programs begin there
NEAR = 9  # so far below the number of an added row somebody may have had it
MOST_MODULES, MOST_SOURCES = 100, 500  # of a tree that are looked into


def further(session: Context, call: Call, because: str, try_: str) -> tuple[str, str]:
    """Why `call` answered ENOSYS and what to try, with what the session's tree has to do with it."""
    found = unbooted(session)
    if found is not None:
        session.tree_memory.reminded = found[0]
        return f"{because}\n{found[0]}", found[1]
    k, folder = session.kernel, tree_of(session)
    if call.name == COURSE_CALL and not k.image.tree and folder and build_of(session, folder) is None:
        if COURSE_CALL.encode() in (Sources(folder).read_bytes(TABLE) or b""):
            try_ = f"{way_there(session, folder)}  (your own {COURSE_CALL}; this is the course's)"
        return because, try_
    if not k.image.tree or k.syscall_state(call.nr) not in ("hole", "unknown"):
        return because, try_
    own = own_number(k, call)
    return (f"{because}\n{own[0]}", own[1]) if own is not None else (because, try_)


def own_number(k: Kernel, call: Call | None = None) -> tuple[str, str] | None:
    """(because, try) for a program that calls another number than that of the row which the tree that runs has more
    than its release; None where it has none."""
    known = load(k.profile.name).by_name
    own = (row for name, row in k.table.by_name.items() if name not in known and row.abi != "x32")
    row = next(own, None)  # the first that this table has more than that of the release
    if row is None or (call is not None and not row.number - NEAR <= call.nr < X32_FROM):
        return None
    user, definition = named(os.path.join(os.path.relpath(k.image.tree), "user")), k.define_of(row.number)
    given = call.args[: len(definition.parameters)] if definition is not None and call is not None else ()
    line = " ".join(["syscall", row.name, *map(str, given)])
    try_ = f"{line}  (or, in a program: {row.number}, and make -C {user})"
    return f"the row that you have added says {row.number}: {row.name}", try_


def user_of(k: Kernel, stub: str) -> str:
    """How a module comes into the kernel that the tree which runs has for this pointer: one that was built for it, or
    a source of which the Makefile beside it makes one; "" where there is none."""
    root, sources = k.image.tree, Sources(k.image.tree)
    for path in sources.walk(".ko", MOST_MODULES):
        built = LoadInfo(path, sources.read_bytes(path) or b"")
        if stub in built.elf.undefined() and built.vermagic == k.vermagic:
            return f"insmod {os.path.relpath(os.path.join(root, path))}  (the module that make built for it)"
    for path in (path for suffix in SUFFIXES for path in sources.walk(suffix, MOST_SOURCES)):
        if stub.encode() in (sources.read_bytes(path) or b""):
            module = module_of(sources, path)
            if module:
                file = named(os.path.relpath(os.path.join(root, module)))
                return f"make -C {named(os.path.relpath(root))} modules; insmod {file}"
    return ""


def missing_call(session: Context, name: str) -> tuple[str, str] | None:
    """(because, try) for a call that the kernel which runs has no row for, where a tree is being worked on: how far
    the call has come there.  None where the tree has nothing to do with that name."""
    folder = tree_of(session)
    if not folder:
        return None
    sources, shown = Sources(folder), named(folder)
    table = parse(decode(sources.read_bytes(TABLE) or b""), TABLE)
    rows = table.rows
    for error in table.errors:
        if name in re.split(r"\W+", error.text):
            path = named(os.path.join(folder, TABLE))
            because = f"line {error.line} of {path} is left out: {error.what}; {error.because}"
            return because, f"edit {path}  ({show(' '.join(error.try_.split()))})"
    runs = f"the table of the kernel that runs ({session.kernel.release}) has no row for {show(name)}"
    if any(row.name == name for row in rows):
        how_far, known = _how_far(session, sources, name)
        return f"{runs}; {how_far}", way_there(session, folder, rebuild=not known)
    if name != COURSE_CALL:
        return None
    number = max((each.number for each in rows if each.number < X32_FROM), default=0) + 1
    prefix = "__x64_" if any((each.entry or "").startswith("__x64_") for each in rows) else ""
    because = f"{runs}, and neither has that of {shown}"
    return because, f"edit {named(os.path.join(folder, TABLE))}  ({number} common {name} {prefix}sys_{name})"


def _how_far(session: Context, sources: Sources, name: str) -> tuple[str, bool]:
    """Where the row for a call stands that the tree's table has, and whether a kernel was built with it."""
    folder, shown = sources.root, named(sources.root)
    built = build_of(session, folder)
    if built is None:
        return f"{shown} has one, and is not built yet", False
    try:
        _, payload = read_object(sources.read_bytes("vmlinux") or b"", "vmlinux")
        known = any(str(each[2]) == name for each in payload.get("rows", ()))
    except (ObjectError, IndexError, TypeError):
        known = True
    if not known:
        return f"{shown} has one now, which is newer than its last build (#{built[1]})", False
    state = "installed, but not booted" if is_installed(session, folder) else "built, but not installed"
    return f"{shown} #{built[1]} has one: it is {state}", True
