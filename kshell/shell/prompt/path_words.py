"""Paths as completions: the host's files, and those inside the machine.  Folders are listed, nothing is opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from stat import S_ISDIR

from kshell.kernel.kernel import Kernel
from kshell.shell.machine_files import listing
from kshell.shell.prompt.match import Candidate

MOST_FILES = 2000  # of one folder; a list of more helps nobody, and reading it takes time
NEEDS_QUOTES = set(" \t\"';#\\")


def _cut(raw: str, start: int, quote: str) -> tuple[str, str, int]:
    """(folder as typed, beginning of the name, column of the name) of a path that is being typed."""
    inside = raw[1:] if quote and raw[:1] == quote else raw
    name_at = max(inside.rfind("/"), inside.rfind("\\") if os.sep == "\\" else -1) + 1
    return inside[:name_at], inside[name_at:], start + len(raw) - len(inside) + name_at


def host_files(
    raw: str,
    start: int,
    quote: str,
    suffixes: tuple[str, ...] = (),
    folders_only: bool = False,
    prefer: Callable[[str], bool] | None = None,
    preferred: str = "",
) -> tuple[int, str, Iterable[Candidate]]:
    """The files of the host that a path may become; those with one of `suffixes`, and folders, come first.

    With `prefer`, a path for which it is true comes first, and is called what `preferred` says; among folders only
    such a one does.  A name with a blank or a quote in it is put between quotes, if the path has none yet and the name
    is all of it.
    """
    folder, name, column = _cut(raw, start, quote)
    if quote == "" and any(c in "\"'" for c in raw):
        return column, name, ()
    found: list[Candidate | None] = []
    try:
        with os.scandir(folder or ".") as entries:
            for entry in entries:
                if len(found) >= MOST_FILES:
                    break
                if entry.name.startswith(".") and not name.startswith("."):
                    continue
                is_folder = _is_folder(entry)
                if folders_only and not is_folder:
                    continue
                wanted = is_folder or not (suffixes or prefer) or entry.name.endswith(suffixes)
                special = prefer is not None and (is_folder == folders_only) and prefer(entry.path)
                wanted = special or (wanted and not (folders_only and prefer is not None))
                meaning = preferred if special else "folder" if is_folder else ""
                found.append(_file(entry.name, is_folder, quote, meaning, 0 if wanted else 1))
    except (OSError, ValueError):
        return column, name, ()
    return column, name, sorted((c for c in found if c is not None), key=lambda c: c.shown)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(name: str, is_folder: bool, quote: str, meaning: str, rank: int) -> Candidate | None:
    if not name.isprintable() or (quote and (quote in name or (quote == '"' and "\\" in name))):
        return None  # nobody could type it
    shown = name + "/" * is_folder
    text = shown if quote else "".join("\\" + c if c in NEEDS_QUOTES else c for c in shown)
    return Candidate(text, meaning, shown, "" if is_folder else quote + " ", rank)


def machine_files(k: Kernel, raw: str, start: int, quote: str) -> tuple[int, str, Iterable[Candidate]]:
    """The files inside the machine that a path may become."""
    folder, name, column = _cut(raw.replace("\\", "\0"), start, quote)
    entries = listing(k, folder or ".") if "\0" not in folder else -1
    if isinstance(entries, int):
        return column, name, ()
    found = []
    for entry in entries:
        is_folder = S_ISDIR(entry.inode.mode)
        if entry.name in (".", "..") or not entry.name.isprintable() or not NEEDS_QUOTES.isdisjoint(entry.name):
            continue
        if entry.name.startswith(".") and not name.startswith("."):
            continue
        meaning = "folder in the machine" if is_folder else "file in the machine"
        tail = "" if is_folder else quote + " "
        found.append(Candidate(entry.name + "/" * is_folder, meaning, tail=tail))
    return column, name, found
