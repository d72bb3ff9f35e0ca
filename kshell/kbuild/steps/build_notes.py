"""What kshell says after a build that the real tools let pass: each note with its because and its try.

A kernel builds with a call that nobody can reach, with a prototype that fits nothing, with a directory that no
Makefile names.  The tools are silent; a person who learns should not be left alone with that.
"""

from __future__ import annotations

from kshell.abi.problem import line_excerpt
from kshell.cc.compiler import SUFFIXES
from kshell.kbuild.build_state import BuildState
from kshell.kbuild.directory import Directory, parts_of
from kshell.kbuild.header.prototypes import compare
from kshell.kbuild.messages import NOTE, BuildMessage
from kshell.kbuild.steps.object_facts import ObjectFacts
from kshell.kbuild.steps.plain_calls import plain_calls
from kshell.kbuild.steps.unset_config import unset
from kshell.kbuild.systbl.table_row import TableRow
from kshell.kbuild.tree.tree_paths import TABLE
from kshell.kernel.core.layout import entry_name


def after_build(build: BuildState, with_kernel: bool) -> None:
    """Add the notes on a build that went through."""
    notes = build.log.notes
    own = [linked.facts for linked in build.objects if build.sources.is_changed(linked.facts.source)]
    if with_kernel:
        for facts in own:
            notes += [*_calls(build, facts), *plain_calls(build, facts), *_built_in_module(facts)]
    for directory in build.directories:
        notes += _lists(build, directory)


def _calls(build: BuildState, facts: ObjectFacts) -> list[BuildMessage]:
    """A call of the student's own that no row reaches, and one whose prototype does not fit."""
    notes: list[BuildMessage] = []
    reached = {entry_name(row.symbol): row for row in build.rows}
    by_int80 = {row.symbol for row in build.rows_32 or ()}
    for name, signature, macro, line in facts.syscalls:
        told = any(note.file == TABLE and any(name in line for line in note.excerpt) for note in build.log.notes)
        if name not in reached and not told and f"__ia32_sys_{name}" not in by_int80:
            free = next_free(build)
            right = f"{free}\tcommon\t{name}\t{'__x64_' if build.profile.name == '4.19' else ''}sys_{name}"
            because = (
                f"{macro} is in the kernel now, but no row of {TABLE} names it: "
                "no number leads to it, and the number you have in mind answers -ENOSYS"
            )
            text = f"'__x64_sys_{name}' is built in and cannot be called"
            notes.append(BuildMessage(NOTE, text, facts.source, line, 0, (), because, f"the row: {right}"))
        if name in reached:
            notes += _row_name(build, reached[name], name)
        notes += compare(build.prototypes.get(f"sys_{name}"), name, signature, others=build.prototypes)
    return notes


def _row_name(build: BuildState, row: TableRow, name: str) -> list[BuildMessage]:
    """A row of the student's whose name is another than the definition's."""
    line = build.table.split("\n")[row.line - 1]
    if row.name == name or line in build.sources.pristine.get(TABLE, "").split("\n"):
        return []
    right = "\t".join([str(row.nr), row.abi, name, row.entry or row.symbol])
    because = (
        f"the third column is what programs call it: unistd.h has __NR_{row.name}, and so do strace and kshell; "
        f"the definition is called {name}, which only the fourth column has to follow"
    )
    column = line.find(row.name) + 1
    shown = line_excerpt(line, row.line, column, len(row.name))
    text = f"the row of {name} is named '{row.name}'"
    return [BuildMessage(NOTE, text, TABLE, row.line, column, shown, because, f"the row: {right}")]


def next_free(build: BuildState) -> int:
    """The first number behind those that ordinary programs use."""
    return max((row.nr for row in build.rows if row.nr < 512), default=-1) + 1


def _built_in_module(facts: ObjectFacts) -> list[BuildMessage]:
    if not facts.has_init:
        return []
    stem = facts.source.rpartition("/")[2].rpartition(".")[0]
    text = f"{stem} is built into the kernel, and is no module"
    because = (
        f"obj-y lists {stem}.o: its init function runs once, at boot, before any program. "
        "It is not in lsmod, rmmod cannot unload it, and changing it takes another build and reboot"
    )
    return [BuildMessage(NOTE, text, facts.source, 0, 0, (), because, f"obj-m := {stem}.o  (a module)")]


def _lists(build: BuildState, directory: Directory) -> list[BuildMessage]:
    """Sources that no list names, and objects that both lists name."""
    notes: list[BuildMessage] = []
    makefile = directory.makefile.filename
    if not build.sources.is_changed(makefile):
        return notes
    both = {entry.text for entry in directory.builtin} & set(directory.makefile.words("obj-m"))
    for name in sorted(both):
        because = f"{makefile} has {name} on obj-y and on obj-m; what is built in is not built as a module too"
        text = f"{name} is built in only"
        notes.append(BuildMessage(NOTE, text, makefile, 0, 0, (), because, "take it from one of the two lists"))
    off = directory.makefile.words("obj-")
    for word in off:
        if word.endswith("/"):
            told = unset(build.sources, directory, word, "obj-y")
            notes.append(BuildMessage(NOTE, f"nothing in {directory.file(word)} is built", makefile, 0, 0, (), *told))
    listed = {entry.text for entry in [*directory.builtin, *directory.modules]}
    listed |= {part for entry in listed for part in parts_of(directory, entry.removesuffix(".o"))}
    for name in build.sources.names(directory.path):
        stem = name.rpartition(".")[0]
        if name.endswith(SUFFIXES) and f"{stem}.o" not in listed and stem.isidentifier():
            because = f"neither obj-y nor obj-m of {makefile} names {stem}.o, so nothing is made of it"
            text = "this file is not built"
            try_ = f"obj-y += {stem}.o  (into the kernel), or obj-m += {stem}.o  (a module)"
            if f"{stem}.o" in off:
                because, try_ = unset(build.sources, directory, f"{stem}.o", "obj-y")
            notes.append(BuildMessage(NOTE, text, directory.file(name), 0, 0, (), because, try_))
    return notes
