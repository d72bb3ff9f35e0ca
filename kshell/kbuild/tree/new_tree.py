"""Laying out a new kernel source tree on the student's disk.  `sources` finds one and reads its files."""

from __future__ import annotations

import os
from typing import NamedTuple

from kshell.kbuild.tree.tree_files import (
    TreeError,
    check_place,
    free_name,
    keep_copy,
    same_contents,
    write_new,
    write_whole,
)
from kshell.kbuild.tree.tree_paths import PRISTINE, VERSIONS


class NewTree(NamedTuple):
    """What `new_tree` did: the files it wrote, and what it kept of those that were there: (path, path of the copy).

    Paths are relative to the tree.
    """

    created: list[str]
    kept: list[tuple[str, str]]


def new_tree(path: str, version: str = "4.19", force: bool = False) -> NewTree:
    """Lay out the tree of a release, "4.19" or "6.19", in the folder `path`, which is made if it is not there.

    A folder that is not empty is refused; with `force`, each file in it that differs from the tree's is first kept
    under the name NAME.mine (or .mine1, ...), and what the tree has no file for stays as it is.  Nothing is written
    before all places have been looked at.  Raises TreeError.
    """
    from kshell.kbuild.tree.tree_contents import contents

    if version not in VERSIONS:
        because = f"there is a tree for {' and for '.join(VERSIONS)}"
        raise TreeError(f"no kernel tree of release {version}", because, f"tree new {free_name()} 4.19")
    root = _place_for_a_tree(path, force)
    files = contents(version)
    files[PRISTINE] = _pristine_text(files)
    for relative in files:
        check_place(root, relative)
    data = {relative: text.encode("utf-8") for relative, text in files.items()}
    places = {relative: os.path.join(root, *relative.split("/")) for relative in files}
    same = {relative: same_contents(places[relative], data[relative]) for relative in files}
    result = NewTree([], [])
    for relative in [each for each in files if not same[each]]:
        place = places[relative]
        # What was not there a moment ago may be there by now: only a place that is still empty is taken as such.
        if same[relative] is False or not write_new(place, data[relative]):
            if relative != PRISTINE:
                result.kept.append((relative, os.path.relpath(keep_copy(place), root).replace(os.sep, "/")))
            write_whole(place, data[relative])
        if relative != PRISTINE:
            result.created.append(relative)
    return result


def _pristine_text(files: dict[str, str]) -> str:
    import json

    return json.dumps(files, ensure_ascii=True, indent=0, sort_keys=True) + "\n"


def _place_for_a_tree(path: str, force: bool) -> str:
    """The folder's full path.  Raises TreeError where no tree can be made there."""
    if not path or "\0" in path:
        raise TreeError("tree new: no name of a folder", "the name is empty or holds a NUL", f"tree new {free_name()}")
    root = os.path.abspath(os.path.expanduser(path))
    if root == os.path.dirname(root):
        raise TreeError(
            f"{path}: is the root of the file system", "a tree needs a folder of its own", f"tree new {free_name()}"
        )
    try:
        if os.path.lexists(root) and not os.path.isdir(root):
            raise TreeError(
                f"{path}: Not a directory", "a file of that name is there", f"tree new {free_name()}  (another name)"
            )
        os.makedirs(root, exist_ok=True)
        names = os.listdir(root)
    except OSError as error:
        because = f"the folder cannot be made or read: {error.strerror}"
        raise TreeError(
            f"{path}: {error.strerror}", because, f"tree new {free_name()}  (a folder of your own)"
        ) from None
    if names and not force:
        because = f"{min(names)}{' and other files are' if len(names) > 1 else ' is'} in it, and nothing is overwritten"
        try_ = f"tree new {path} --force  (keeps a copy of each file that it replaces); or another folder"
        raise TreeError(f"{path}: Directory not empty", because, try_)
    if not os.access(root, os.W_OK | os.X_OK):
        raise TreeError(
            f"{path}: Permission denied", "you may not write there", f"tree new {free_name()}  (a folder of your own)"
        )
    return root
