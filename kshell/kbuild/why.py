"""Why the linker does not find a call: somebody wrote it, and no list leads to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kshell.kbuild.messages import BuildMessage

if TYPE_CHECKING:
    from kshell.kbuild.kernel_build import KernelBuild

SYMBOL = re.compile(r"undefined reference to `(?:__x64_)+sys_(\w+)'")
MOST_FILES = 500


def explain_missing(build: KernelBuild, errors: list[BuildMessage]) -> None:
    """Say in the errors where a definition stands that was not linked in, if the tree has one."""
    sources: list[tuple[str, str]] | None = None
    for error in errors:
        match = SYMBOL.search(error.text)
        if match is None:
            continue
        if sources is None:
            sources = _all_sources(build)
        found = _defined_in(sources, match[1])
        if found and not _is_linked(build, found[0]):
            error.because, error.try_ = _why(build, *found, match[1])


def _is_linked(build: KernelBuild, source: str) -> bool:
    return any(linked.payload["source"] == source for linked in build.objects)


def _all_sources(build: KernelBuild) -> list[tuple[str, str]]:
    """Every Python source of the tree, with its text."""
    found: list[tuple[str, str]] = []
    for path in build.sources.walk(".py", MOST_FILES):
        data = build.sources.read_bytes(path)
        if data is not None:
            found.append((path, data.decode("utf-8", "replace")))
    return found


def _defined_in(sources: list[tuple[str, str]], name: str) -> tuple[str, int] | None:
    """The file and line of a SYSCALL_DEFINE of that name."""
    pattern = re.compile(rf"^@SYSCALL_DEFINE\d[^\n]*\n(?:\s*#[^\n]*\n)*def\s+{name}\b", re.MULTILINE)
    for path, text in sources:
        match = pattern.search(text.replace("\r\n", "\n"))
        if match is not None:
            return path, text[: match.start()].count("\n") + 2
    return None


def _why(build: KernelBuild, path: str, line: int, name: str) -> tuple[str, str]:
    folder, _, file = path.rpartition("/")
    stem = file.removesuffix(".py")
    place = f"{path}:{line} defines {name}"
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
