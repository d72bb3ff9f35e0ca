"""make clean, and the rm of a Makefile's recipe: only what a build made is ever removed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase

from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.output import GENERATED, is_output, remove_output
from kshell.kbuild.sources import Sources

KEPT = (".version", "Module.symvers")  # by clean, so that modules outside the tree can still be built


def clean_tree(sources: Sources, log: BuildLog, *, thorough: bool) -> None:
    """Remove objects, modules and the kernel; `thorough`: Module.symvers, the generated header and .version too.

    What is installed under boot/ stays, and so does every program under user/.  Raises BuildFailed.
    """
    cleaned: dict[str, None] = {}
    for path in sources.walk("", 20_000):
        folder, name = os.path.split(path)
        if folder.split("/")[0] == "boot" or (name in KEPT and not thorough):
            continue
        if is_output(name) and remove_output(sources, path):
            cleaned.setdefault(folder or ".")
    if thorough and remove_output(sources, GENERATED):
        cleaned.setdefault(os.path.dirname(GENERATED))
    for folder in cleaned:
        log.step("CLEAN", folder)


def remove(sources: Sources, patterns: Iterable[str], log: BuildLog) -> None:
    """``rm -f *.o *.ko``: those of the files that a build made.  Raises BuildFailed."""
    names = sources.names("")
    for pattern in patterns:
        for name in [each for each in names if fnmatchcase(each, pattern) and sources.is_file(each)]:
            if not remove_output(sources, name) and sources.exists(name):
                log.line(f"kshell: {name} stays: no build made it, so it may be yours")
