"""Why there is no rule for what a list names: it is no object, or nothing is there to make it from."""

from __future__ import annotations

import os

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.compiler import SUFFIXES
from kshell.kbuild.directory import Directory
from kshell.kbuild.makefile.makefile import Entry
from kshell.kbuild.steps.build_output import is_output
from kshell.kbuild.tree.sources import Sources


def not_an_object(sources: Sources, directory: Directory, entry: Entry) -> tuple[str, str]:
    """Because and try for an entry that does not end in .o."""
    stem, dot, suffix = entry.text.rpartition(".")
    place = f"{directory.makefile.filename}:{entry.line}"
    if entry.text in (":", "+", "="):
        return f"{place} has {entry.text} where a name belongs: make assigns with := or +=", "obj-y := test_call.o"
    if dot and "." + suffix in (*SUFFIXES, ".ko"):
        return f"{place} names {entry.text}; the lists name objects, which end in .o", f"{stem}.o"
    if sources.is_dir(directory.file(entry.text)):
        because = f"{place} names a directory, and in these lists a directory ends in a slash"
        return because, f"{entry.text}/"
    return f"{place} names {entry.text}; the lists name objects, which end in .o", f"{entry.text}.o"


def no_source(sources: Sources, directory: Directory, stem: str) -> tuple[str, str]:
    """Because and try for an object without a source."""
    here = directory.path or "this folder"
    names = [name for name in sources.names(directory.path) if name.endswith(".s") or not is_output(name)]
    wanted = " or ".join(stem + suffix for suffix in SUFFIXES)
    file = os.path.relpath(sources.full(directory.file(stem)))
    other = next((name for name in names if name in (stem + ".S", stem + ".s")), None)
    if other is not None:
        because = f"{directory.file(other)} is there, and kshell's kernel has no assembler files: it looks for {wanted}"
        return because, f"module copy test_call {file}.py  (a system call to begin with)"
    close = did_you_mean(stem, [name.rpartition(".")[0] for name in names if name.endswith(SUFFIXES)])
    because = f"there is no {wanted} in {here} to make it from"
    return (
        because,
        f"{close[0]}.o  (did you mean that?)"
        if close
        else f"edit {file}.py  (or module copy NAME {file}.py, with one of module list)",
    )
