"""The files of a build: read with care, since a student's folder may hold anything.

Nothing here follows a link out of the folder, waits for a pipe, or reads without an end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import line_excerpt
from kshell.kbuild.build_log import BuildFailed
from kshell.kbuild.makefile.makefile import Host, Makefile, MakefileError, parse
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.tree import tree_files
from kshell.kbuild.tree.tree_files import TreeError, free_name
from kshell.kbuild.tree.tree_paths import HIDDEN, LAST_BUILD, MAKEFILE, PRISTINE, SKIPPED, TABLE, VERSIONS

Stamp = dict[str, tuple[int, int, str]]  # path -> size, mtime in ns, hash of the contents
BYTES_MAX = 32 << 20
TEXT_MAX = 128 << 10  # of a source: far more than any file of the tree has, and what more takes is a person's time


class Sources:
    """The folder `root` on the host; every path is relative to it, with slashes."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._pristine: dict[str, str] | None = None

    def full(self, path: str) -> str:
        """The path for the host."""
        return os.path.join(self.root, *path.split("/")) if path else self.root

    def exists(self, path: str) -> bool:
        """Whether there is anything of that name."""
        return os.path.lexists(self.full(path))

    def is_file(self, path: str) -> bool:
        """Whether there is a file, or a link to one."""
        return os.path.isfile(self.full(path))

    def is_dir(self, path: str) -> bool:
        """Whether there is a folder."""
        return os.path.isdir(self.full(path))

    def is_inside(self, path: str) -> bool:
        """Whether a path stays in the folder, whatever links and .. are on its way; its last name may be a link."""
        top = os.path.realpath(self.root)
        try:
            above = os.path.realpath(os.path.dirname(self.full(path)))
            return os.path.basename(path) not in ("", ".", "..") and os.path.commonpath([top, above]) == top
        except (OSError, ValueError):
            return False

    def names(self, folder: str) -> list[str]:
        """What is in a folder, sorted; nothing where it cannot be read."""
        try:
            return sorted(os.listdir(self.full(folder)))
        except (OSError, ValueError):
            return []

    def close_names(self, path: str) -> str:
        """A folder of nearly that name, "" if there is none."""
        above, _, name = path.rpartition("/")
        folder = f"{above}/" if above else ""
        close = did_you_mean(name, [each for each in self.names(above) if self.is_dir(folder + each)])
        return folder + close[0] if close else ""

    def walk(self, suffix: str, most: int) -> Iterator[str]:
        """The files under the root whose names end so, sorted by folder, at most `most`; links are not followed."""
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in SKIPPED)
            for name in sorted(files):
                if name.endswith(suffix):
                    if not most:
                        return
                    most -= 1
                    yield os.path.relpath(os.path.join(folder, name), self.root).replace(os.sep, "/")

    # Reading.

    def read_bytes(self, path: str, limit: int = BYTES_MAX) -> bytes | None:
        """The bytes of a file; None where there is no plain file in the folder that can be read."""
        try:
            return tree_files.read_bytes(self.root, path, limit)
        except TreeError:
            return None

    def read_text(self, path: str) -> str:
        """A source.  Raises BuildFailed, with the reason, where it is none."""
        try:
            text = tree_files.read_text(self.root, path)
            if len(text) > TEXT_MAX:
                because = f"it has more than {TEXT_MAX >> 10} KiB, and no file that a build reads has"
                raise TreeError(f"{path}: File too large", because, "is it the right file?")
            return text
        except TreeError as error:
            because, try_ = error.because, error.try_
            if ".." in path.split("/") and not self.is_inside(os.path.normpath(path).replace(os.sep, "/")):
                because, try_ = (
                    "its .. leads out of the folder, and a build reads nothing outside it",
                    "take the .. out",
                )
            message = BuildMessage(ERROR, error.what, path, 0, 0, (), because, try_, verbatim=True)
            raise BuildFailed([message]) from None

    # What the tree was.

    @property
    def pristine(self) -> dict[str, str]:
        """The files as they were when the tree was new, by path; of a tree that has lost them, those of a new one."""
        if self._pristine is None:
            try:
                found: Any = json.loads(self.read_bytes(PRISTINE) or b"")
            except (ValueError, RecursionError):
                found = None
            if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
                from kshell.kbuild.tree.tree_contents import contents

                found = contents(self.version())
            self._pristine = found
        return self._pristine

    def version(self) -> str:
        """Which of the releases the tree is of, "4.19" or "6.19", even where its Makefile does not tell (any more)."""
        from kshell.kbuild.release import profile_of, release_of

        try:
            return profile_of(release_of(read_makefile(self, MAKEFILE)), MAKEFILE).name
        except (BuildFailed, MakefileError):
            table = self.read_bytes(TABLE) or b""  # whose rows name the function in the older one
            return VERSIONS[1] if table and b"__x64_sys_" not in table else VERSIONS[0]

    def is_changed(self, path: str) -> bool:
        """Whether a file is another than `tree new` made, or is new."""
        known = self.pristine.get(path)
        if known is None:
            return True
        data = self.read_bytes(path)
        return data is None or data.decode("utf-8", "replace").replace("\r\n", "\n") != known

    def remember_build(self, stamp: Stamp) -> None:
        """Note what the files were when a build began: what has changed since that build is told by it."""
        try:
            os.makedirs(self.full(HIDDEN), exist_ok=True)
            tree_files.write_whole(self.full(LAST_BUILD), json.dumps(stamp).encode())
        except (TreeError, OSError):
            return  # then nothing is told, and nothing is lost

    def last_build(self) -> Stamp | None:
        """What remember_build noted; None if there was no build."""
        data = self.read_bytes(LAST_BUILD)
        try:
            found = json.loads(data) if data is not None else None
            if not isinstance(found, dict):
                return None
            return {str(path): (int(size), int(time), str(mark)) for path, (size, time, mark) in found.items()}
        except (ValueError, TypeError, RecursionError):
            return None

    def tree_above(self) -> str:
        """The kernel tree that this folder is in, "" if it is in none."""
        at = os.path.abspath(self.root)
        while (above := os.path.dirname(at)) != at:
            at = above
            if is_tree(Sources(at)):
                return at
        return ""


def is_tree(sources: Sources) -> bool:
    """Whether the folder is the top of a kernel tree, whatever has become of its Makefile."""
    return sources.is_dir(os.path.dirname(TABLE)) or sources.is_file(PRISTINE)


def tree_at(path: str) -> Sources:
    """The kernel tree in the folder `path`.  Raises TreeError where there is none."""
    root = os.path.abspath(os.path.expanduser(path)) if path and "\0" not in path else ""
    if not root or not os.path.lexists(root):
        because = "there is no such folder"
        raise TreeError(f"{path}: No such file or directory", because, f"tree new {path or free_name()}")
    if not os.path.isdir(root):
        raise TreeError(f"{path}: Not a directory", "a tree is a folder", f"tree new {free_name()}  (makes one)")
    sources = Sources(root)
    if not is_tree(sources):
        because = f"it has neither {TABLE} nor {PRISTINE}"
        raise TreeError(f"{path}: is not a kernel tree", because, f"tree new {free_name()}  (lays one out)")
    return sources


def answer(sources: Sources, command: str, release: Callable[[], str]) -> str | None:
    """What a shell would answer to the two commands that Makefiles of modules ask: pwd and uname -r."""
    words = command.split()
    if words == ["pwd"]:
        return os.path.abspath(sources.root)
    return release() if words == ["uname", "-r"] else None


def read_makefile(
    sources: Sources,
    path: str,
    variables: Mapping[str, str] | None = None,
    release: Callable[[], str] = lambda: "",
    environment: Mapping[str, str] | None = None,
) -> Makefile:
    """Read a Makefile.  Raises BuildFailed."""

    def wildcard(pattern: str) -> list[str]:
        from fnmatch import fnmatchcase

        folder, _, name = pattern.rpartition("/")
        found = (n for n in sources.names(folder) if fnmatchcase(n, name) and not n.startswith("."))
        return [f"{folder}/{n}" if folder else n for n in found]

    def include(name: str) -> str | None:
        return sources.read_text(name) if sources.is_file(name) and not os.path.isabs(name) else None

    host = Host(
        lambda command: answer(sources, command, release),
        include,
        wildcard,
        {"MAKE": "make", **(environment or {})},
        os.path.abspath(sources.root),
    )
    text = sources.read_text(path)
    try:
        return parse(text, path, variables or {}, host)
    except MakefileError as error:
        raise makefile_failed(error) from None


def makefile_failed(error: MakefileError) -> BuildFailed:
    """make's own error as the build's."""
    where = error.where
    shown = tuple(error.details)
    if where is not None and error.text:
        shown += line_excerpt(error.text.replace("\n", " "), where.line)
    file, line = (where.file, where.line) if where is not None else ("", 0)
    return BuildFailed(
        [BuildMessage(ERROR, error.what, file, line, 0, shown, error.because, error.try_, verbatim=True)]
    )
