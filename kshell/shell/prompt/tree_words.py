"""Completions about kernel trees: folders that are trees, goals of make, programs that make has assembled.

Folders are listed and a Makefile is read; nothing is built.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from kshell.shell.prompt.line import Cursor, Expected
from kshell.shell.prompt.match import Candidate
from kshell.shell.prompt.path_words import NEEDS_QUOTES, host_files
from kshell.shell.prompt.values import Found
from kshell.shell.session import Session

MAKEFILE_MAX = 1 << 16
FOLDER_OPTIONS = ("-C", "--directory")
_TARGET = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:(?![:=])", re.MULTILINE)


def is_source(path: str) -> bool:
    """Whether a file is one to edit, and not what a build leaves behind."""
    name = os.path.basename(path)
    return not name.endswith((".o", ".ko", ".a")) and name not in ("vmlinux", "System.map", "Module.symvers")


def is_tree_folder(path: str) -> bool:
    """Whether a folder is the top of a kernel tree."""
    from kshell.kbuild.tree.sources import Sources, is_tree

    return is_tree(Sources(path))


def tree_folders(raw: str, start: int, quote: str) -> Found:
    """The folders that a path may become, those first that are trees."""
    return host_files(raw, start, quote, folders_only=True, prefer=is_tree_folder, preferred="kernel tree")


def build_folders(session: Session, raw: str, start: int, quote: str) -> Found:
    """What may stand behind make -C: a tree, or the running kernel's folder as every Linux has it."""
    build = f"/lib/modules/{session.kernel.release}/build"
    own = Candidate(build, "the kernel that runs, for M=", rank=1)
    if len(raw) > 1 and build.startswith(raw):
        return start, raw, [own]
    column, name, found = tree_folders(raw, start, quote)
    return column, name, [*found, own] if not raw else found


def goals(session: Session, wanted: Expected, cursor: Cursor, raw: str) -> Found:
    """What may follow make: a goal of the folder that it builds, or M= and a folder."""
    name, equals, value = raw.partition("=")
    if equals:
        return _folder_value(value, cursor.start + len(name) + 1)
    if cursor.quote:
        return cursor.start, raw, ()
    taken = {word.text for word in wanted.arguments}
    found = [Candidate(goal, meaning) for goal, meaning in _goals(session, wanted) if goal not in taken]
    if not any(text.startswith("M=") for text in taken):
        found.append(Candidate("M=", "the folder of a module outside the tree", tail="", rank=1))
    return cursor.start, raw, found


def _folder_value(raw: str, start: int) -> Found:
    """A folder for M=: make looks at it from the tree, so it is given whole."""
    if raw.startswith(os.sep):
        return host_files(raw, start, "", folders_only=True)
    here = os.getcwd()
    names = sorted(name for name in os.listdir(here) if os.path.isfile(os.path.join(here, name, "Makefile")))
    folders = [here, *(os.path.join(here, name) for name in names if not is_tree_folder(name))]
    typable = [each for each in folders if each.isprintable() and NEEDS_QUOTES.isdisjoint(each)]
    return start, raw, [Candidate(each, "folder", os.path.basename(each) + os.sep) for each in typable]


def _goals(session: Session, wanted: Expected) -> Iterable[tuple[str, str]]:
    folder = folder_of(wanted) or ("." if os.path.exists("Makefile") else session.tree)
    if not folder or is_tree_folder(folder) or folder.startswith("/lib/modules/"):
        from kshell.kbuild.goals import GOALS

        return GOALS.items()
    makefile = os.path.join(folder, "Makefile")
    if not os.path.isfile(makefile):  # a pipe would never open
        return ()
    try:
        with open(makefile, encoding="utf-8", errors="replace") as file:
            text = file.read(MAKEFILE_MAX)
    except (OSError, ValueError):
        return ()
    return [(target, f"a target of {folder}/Makefile") for target in dict.fromkeys(_TARGET.findall(text))]


def folder_of(wanted: Expected) -> str:
    """The folder that -C names on a command line of make; "" without one."""
    words = [word.text for word in wanted.words]
    return next((words[at + 1] for at, text in enumerate(words[:-1]) if text in FOLDER_OPTIONS), "")
