"""Why the linker does not find a call, or modpost a name: somebody wrote it, and no list leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable

from kshell.cc.compiler import SUFFIXES
from kshell.kbuild.build_state import BuildState
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps.plain_calls import written_by_hand
from kshell.kbuild.tree.sources import Sources

SYMBOL = re.compile(r"undefined reference to `((?:__x64_)*sys_(\w+))'")
EXPORT = re.compile(r'"(\w+)" \[.*\.ko\] undefined!')
MOST_FILES = 500


def explain_missing(build: BuildState, errors: list[BuildMessage]) -> None:
    """Say in the errors where a definition stands that was not linked in, if the tree has one."""
    sources: list[tuple[str, str]] | None = None
    for error in errors:
        call, export = SYMBOL.search(error.text), EXPORT.search(error.text)
        if call is None and export is None:
            continue
        if sources is None:
            sources = _all_sources(build.sources)
        if call is not None:
            name, does, pattern = call[2], f"defines {call[2]}", _definition(call[2], rf"(?:__x64_)?sys_{call[2]}")
        elif export is not None:
            name, does = export[1], f"exports {export[1]}"
            pattern = rf"^(?=EXPORT_SYMBOL(?:_GPL)?\(\s*{re.escape(name)}\s*\))"
        found = _find(sources, re.compile(pattern, re.MULTILINE))
        if found and not _is_linked(build, found[0]):
            error.because, error.try_ = _why(build, *found, does)
        elif call is not None:
            error.because, error.try_ = written_by_hand(build, call[1]) or (error.because, error.try_)


def _definition(name: str, function: str) -> str:
    """How a source begins the call `name` by the macro, or by hand a function called so (a pattern); "" for neither."""
    by_hand = rf"(?<!@SYSCALL_DEFINE\d\n)(?=def\s+{function}\b)|(?=asmlinkage\s[^;(]*\b{function}\s*\([^;]*$)"
    if not name:
        return rf"^(?:{by_hand})"
    python = rf"@SYSCALL_DEFINE\d[^\n]*\n(?:\s*#[^\n]*\n)*(?=def\s+{name}\b)"
    return rf"^(?:{python}|(?=SYSCALL_DEFINE\d\(\s*{name}\b)|{by_hand})"


def _is_linked(build: BuildState, source: str) -> bool:
    return any(linked.facts.source == source for linked in build.objects)


def function_finder(tree: Sources) -> Callable[[str], bool]:
    """Whether a source of a tree has the function that a row of the table names: by the macro, or by hand."""
    sources: list[tuple[str, str]] = []

    def defines(symbol: str) -> bool:
        if not sources:
            sources.extend(_all_sources(tree))
        by_macro = symbol.removeprefix("__x64_sys_") if symbol.startswith("__x64_sys_") else ""
        pattern = _definition(re.escape(by_macro), re.escape(symbol))
        return _find(sources, re.compile(pattern, re.MULTILINE)) is not None

    return defines


def _all_sources(tree: Sources) -> list[tuple[str, str]]:
    """Every source of the tree, with its text."""
    found: list[tuple[str, str]] = []
    for suffix in SUFFIXES:
        for path in tree.walk(suffix, MOST_FILES):
            data = tree.read_bytes(path)
            if data is not None:
                found.append((path, data.decode("utf-8", "replace")))
    return found


def _find(sources: list[tuple[str, str]], pattern: re.Pattern[str]) -> tuple[str, int] | None:
    """The file and line behind what the pattern matches."""
    for path, text in sources:
        text = text.replace("\r\n", "\n")
        match = pattern.search(text)
        if match is not None:
            return path, text[: match.end()].count("\n") + 1
    return None


def _why(build: BuildState, path: str, line: int, does: str) -> tuple[str, str]:
    folder, _, file = path.rpartition("/")
    stem = file.rpartition(".")[0]
    place = f"{path}:{line} {does}"
    directory = next((each for each in build.directories if each.path == folder), None)
    if directory is None:
        because = f"{place}, but core-y of the top Makefile does not lead to {folder}/: nothing in it was built"
        return because, f"core-y += {folder}/  (add it to the list in Makefile; either of the two lines is enough)"
    makefile = directory.makefile.filename
    if directory.lists(f"{stem}.o") == "obj-m":
        because = f"{place}, but {makefile} has {stem}.o on obj-m: it becomes a module, and the table is in the kernel"
        return because, f"obj-y := {stem}.o"
    if not directory.builtin:
        return (
            f"{place}, but {makefile} has nothing on obj-y, so nothing of {folder}/ is linked in",
            f"obj-y := {stem}.o",
        )
    return f"{place}, but obj-y of {makefile} does not list {stem}.o", f"obj-y += {stem}.o"
