"""make clean, and the rm of a Makefile's recipe: only what a build made is ever removed."""

from __future__ import annotations

import os
from collections.abc import Iterable

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.build_output import is_output, remove_output
from kshell.kbuild.tree.sources import Sources
from kshell.kbuild.tree.tree_paths import GENERATED, GENERATED_32

KEPT = (".version", "Module.symvers")  # by clean, so that modules outside the tree can still be built


def clean_tree(sources: Sources, log: BuildLog, *, thorough: bool) -> None:
    """Remove objects, modules and the kernel; `thorough`: Module.symvers, the generated headers and .version too.

    What is installed under boot/ stays, and so does every program under user/.  Raises BuildFailed.
    """
    cleaned: dict[str, None] = {}
    for path in sources.walk("", 20_000):
        folder, name = os.path.split(path)
        if folder.split("/")[0] == "boot" or (name in KEPT and not thorough):
            continue
        if is_output(name) and remove_output(sources, path):
            cleaned.setdefault(folder or ".")
    for path in (GENERATED, GENERATED_32) if thorough else ():
        if remove_output(sources, path):
            cleaned.setdefault(os.path.dirname(path))
    for folder in cleaned:
        log.step("CLEAN", folder)


def remove(sources: Sources, patterns: Iterable[str], log: BuildLog, *, force: bool, recursive: bool) -> None:
    """``rm *.o *.ko``: those of the files that a build made.  Raises BuildFailed where rm fails: without `force`, for
    what is not there, and without `recursive`, for a directory."""
    from glob import glob

    errors = []
    for pattern in patterns:
        found = sorted(glob(pattern, root_dir=sources.root))
        if not found and not force:
            errors.append(_cannot_remove(pattern, "No such file or directory", "rm -f  (does not mind)"))
        for name in found:
            path = os.path.relpath(name, sources.root) if os.path.isabs(name) else name
            if sources.is_dir(path) and not recursive:
                errors.append(_cannot_remove(name, "Is a directory", "take it out of the recipe"))
            elif not remove_output(sources, path.replace(os.sep, "/")) and sources.exists(path):
                log.line(f"kshell: {name} stays: no build made it, so it may be yours")
    if errors:
        raise log.stop(log.messages(errors))


def _cannot_remove(name: str, why: str, try_: str) -> BuildMessage:
    text = f"rm: cannot remove '{name}': {why}"
    because = "rm ends with an error then, and with it the recipe"
    return BuildMessage(ERROR, text, "", 0, 0, (), because, try_, verbatim=True)
