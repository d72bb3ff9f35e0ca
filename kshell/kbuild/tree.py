"""A kernel source tree on the student's disk: laying out a new one, finding one, reading its files."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from kshell.kbuild.tree_files import (
    TreeError,
    check_place,
    keep_copy,
    read_bytes,
    read_text,
    same_contents,
    write_whole,
)

__all__ = ["HEADER", "HIDDEN", "MAKEFILE", "PRISTINE", "TABLE", "VERSIONS", "NewTree", "Tree", "TreeError", "new_tree"]

HIDDEN = ".kshell"
PRISTINE = ".kshell/pristine.json"
PRISTINE_MAX = 64 << 20
MAKEFILE = "Makefile"
TABLE = "arch/x86/entry/syscalls/syscall_64.tbl"
HEADER = "include/linux/syscalls.h"
VERSIONS = ("4.19", "6.19")
_ASSIGNMENT = re.compile(r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*:{0,2}=[ \t]*([^#\r\n]*)", re.MULTILINE)


class NewTree(NamedTuple):
    """What `new_tree` did: the files it wrote, and what it kept of those that were there: (path, path of the copy).

    Paths are relative to the tree.
    """

    created: list[str]
    kept: list[tuple[str, str]]


def new_tree(path: str, version: str = "4.19", force: bool = False) -> NewTree:
    """Lay out the tree of a release, "4.19" or "6.19", in the folder `path`, which is made if it is not there.

    A folder that is not empty is refused; with `force`, each file in it that differs from the tree's is first kept
    under the name NAME.orig (or .orig1, ...), and what the tree has no file for stays as it is.  Nothing is written
    before all places have been looked at.  Raises TreeError.
    """
    from kshell.kbuild.tree_contents import contents

    if version not in VERSIONS:
        because = f"there is a tree for {' and for '.join(VERSIONS)}"
        raise TreeError(f"no kernel tree of release {version}", because, "tree new DIR 4.19")
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
        if same[relative] is False and relative != PRISTINE:
            copy = keep_copy(places[relative])
            result.kept.append((relative, os.path.relpath(copy, root).replace(os.sep, "/")))
        write_whole(places[relative], data[relative])
        if relative != PRISTINE:
            result.created.append(relative)
    return result


def _pristine_text(files: dict[str, str]) -> str:
    import json

    return json.dumps(files, ensure_ascii=True, indent=0, sort_keys=True) + "\n"


def _place_for_a_tree(path: str, force: bool) -> str:
    """The folder's full path.  Raises TreeError where no tree can be made there."""
    if not path or "\0" in path:
        raise TreeError("tree new: no name of a folder", "the name is empty or holds a NUL", "tree new DIR")
    root = os.path.abspath(os.path.expanduser(path))
    if root == os.path.dirname(root):
        raise TreeError(f"{path}: is the root of the file system", "a tree needs a folder of its own", "tree new DIR")
    try:
        if os.path.lexists(root) and not os.path.isdir(root):
            raise TreeError(f"{path}: Not a directory", "a file of that name is there", "another name: tree new DIR")
        os.makedirs(root, exist_ok=True)
        names = os.listdir(root)
    except OSError as error:
        because = f"the folder cannot be made or read: {error.strerror}"
        raise TreeError(f"{path}: {error.strerror}", because, "a folder of your own: tree new DIR") from None
    if names and not force:
        because = f"{min(names)}{' and other files are' if len(names) > 1 else ' is'} in it, and nothing is overwritten"
        try_ = f"another folder, or: tree new {path} --force  (keeps a copy of each file that it replaces)"
        raise TreeError(f"{path}: Directory not empty", because, try_)
    if not os.access(root, os.W_OK | os.X_OK):
        raise TreeError(f"{path}: Permission denied", "you may not write there", "a folder of your own: tree new DIR")
    return root


class Tree:
    """A kernel tree: its `root` (full path), `release` ("4.19.1-test"), `profile` ("4.19"), as its Makefile has them.

    `version` is VERSION.PATCHLEVEL.  Made by `Tree.at`.
    """

    __slots__ = ("profile", "release", "root", "version")

    def __init__(self, root: str, numbers: dict[str, str]) -> None:
        self.root = root
        self.version = f"{numbers['VERSION']}.{numbers['PATCHLEVEL']}"
        sublevel, extra = numbers.get("SUBLEVEL", ""), numbers.get("EXTRAVERSION", "")
        self.release = self.version + (f".{sublevel}" if sublevel else "") + extra
        if self.version not in VERSIONS:
            what = f"{MAKEFILE}: VERSION = {numbers['VERSION']}, PATCHLEVEL = {numbers['PATCHLEVEL']}: unknown kernel"
            because = f"kshell builds trees of {' and '.join(VERSIONS)}: how a build behaves hangs on the release"
            raise TreeError(what, because, "the numbers that were there  (diff shows them)")
        self.profile = self.version

    @classmethod
    def at(cls, path: str) -> Tree:
        """The tree in the folder `path`.  Raises TreeError where there is none."""
        root = os.path.abspath(os.path.expanduser(path)) if path and "\0" not in path else ""
        if not root or not os.path.exists(root):
            because = "there is no such folder"
            raise TreeError(f"{path}: No such file or directory", because, f"tree new {path or 'DIR'}")
        if not os.path.isdir(root):
            raise TreeError(f"{path}: Not a directory", "a tree is a folder", "the folder that the file is in")
        missing = next((each for each in (MAKEFILE, TABLE) if not os.path.lexists(os.path.join(root, each))), None)
        if missing is not None:
            because = f"it has no {missing}"
            raise TreeError(f"{path}: is not a kernel tree", because, "tree new DIR  (lays one out)")
        text = read_text(root, MAKEFILE)
        numbers = {match[1]: match[2].strip() for match in _ASSIGNMENT.finditer(text)}
        if not numbers.get("VERSION") or not numbers.get("PATCHLEVEL"):
            because = f"its {MAKEFILE} sets no VERSION or no PATCHLEVEL, so nobody knows which kernel it is"
            raise TreeError(f"{path}: is not a kernel tree", because, "VERSION = 4 and PATCHLEVEL = 19 at the top")
        return cls(root, numbers)

    @property
    def makefile(self) -> str:
        """The full path of the top Makefile."""
        return self.path(MAKEFILE)

    @property
    def table(self) -> str:
        """The full path of syscall_64.tbl."""
        return self.path(TABLE)

    @property
    def header(self) -> str:
        """The full path of include/linux/syscalls.h."""
        return self.path(HEADER)

    def path(self, relative: str) -> str:
        """The full path of a file of the tree, which is given with slashes."""
        return os.path.join(self.root, *relative.split("/"))

    def read_text(self, relative: str) -> str:
        """The text of a file of the tree.  Raises TreeError for whatever is not one: see tree_files."""
        return read_text(self.root, relative)

    def read_bytes(self, relative: str) -> bytes:
        """The bytes of a file of the tree.  Raises TreeError."""
        return read_bytes(self.root, relative)

    def pristine(self) -> dict[str, str]:
        """The files as they were when the tree was new; of a tree that has lost them, those of a new one."""
        import json

        from kshell.kbuild.tree_contents import contents

        try:
            files = json.loads(read_bytes(self.root, PRISTINE, PRISTINE_MAX))
        except (TreeError, ValueError, RecursionError):
            return contents(self.profile)
        if isinstance(files, dict) and all(isinstance(text, str) for text in files.values()):
            return files
        return contents(self.profile)

    def __repr__(self) -> str:
        return f"Tree({self.root!r}, {self.release})"
