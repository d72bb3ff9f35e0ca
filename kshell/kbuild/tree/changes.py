"""What has changed in a tree: against a new one, as a unified diff, and since the last build.

What a build leaves behind, editors' backups and .kshell/ are nobody's work and are passed over.  Links are not
followed; the walk ends after FILES_MAX files.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from kshell.abi.object_file import MAGIC, is_object
from kshell.kbuild.tree.sources import Sources, Stamp
from kshell.kbuild.tree.tree_files import SIZE_MAX, TEMPORARY, TreeError, is_assembler_text, kind_of, read_bytes
from kshell.kbuild.tree.tree_paths import SKIPPED
from kshell.kbuild.tree.unified import unified

FILES_MAX = 5000
_GENERATED = ("arch/x86/include/generated", "include/generated", "include/config")
_BACKUP = re.compile(r".*~|#.*#|\.#.*|\..*\.sw[a-p]|.*\.(?:bak|swp|tmp|rej)|.*\.(?:orig|mine)\d*|\.DS_Store|.*\.pyc")
_OUTPUT = re.compile(
    r".*\.(?:o|ko|a|mod|mod\.c|cmd|order)|vmlinux|System\.map|Module\.symvers|modules\.dep|\.version|vmlinuz-.*|System\.map-.*"
)


class FileDiff(NamedTuple):
    """One file that differs from the tree as it was new: its `path`, its `status` (added, removed, changed), and the
    `lines` of a unified diff.  `note` says what those do not show, and why there are none."""

    path: str
    status: str
    lines: list[str]
    note: str = ""


def diff(tree: Sources) -> list[FileDiff]:
    """The student's tree against the one that `tree new` laid out, by path; the last says where it was cut."""
    before = {path: text for path, text in tree.pristine.items() if not text.startswith(MAGIC.decode())}
    cut: list[str] = []
    now = dict(_files(tree.root, cut))
    found = []
    for path in sorted({*before, *now}):
        old = before.get(path)
        if old is None and _OUTPUT.fullmatch(os.path.basename(path)):
            continue
        if path not in now and cut:
            continue  # it may well be there
        each = _file(tree.root, path, old, now.get(path))
        if each is not None:
            found.append(each)
    if cut:
        note = f"the folder holds more than {FILES_MAX} files: those behind {cut[0]} were not looked at"
        found.append(FileDiff(".", "changed", [], note))
    return found


def _file(root: str, path: str, old: str | None, status: os.stat_result | None) -> FileDiff | None:
    """What has become of one file; None for nothing."""
    if status is None:
        return FileDiff(path, "removed", unified(path, old, None))
    what = "added" if old is None else "changed"
    if stat.S_ISLNK(status.st_mode):
        return FileDiff(path, what, [], "a link to " + _target(root, path))
    if not stat.S_ISREG(status.st_mode):
        return FileDiff(path, what, [], kind_of(status.st_mode))
    if status.st_size > SIZE_MAX:
        return FileDiff(path, what, [], f"larger than {SIZE_MAX >> 20} MiB")
    try:
        data = read_bytes(root, path)
    except TreeError as error:
        return FileDiff(path, what, [], error.because)
    if _is_made(data):
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return FileDiff(path, what, [], "binary")
    if text == old:
        return None
    note = "CR LF line ends" if "\r\n" in text and "\r\n" not in (old or "") else ""
    return FileDiff(path, what, unified(path, old, text), note or ("empty" if not text and old is None else ""))


def _target(root: str, path: str) -> str:
    try:
        return os.readlink(os.path.join(root, path))
    except OSError:
        return "nowhere"


def _files(root: str, cut: list[str] | None = None) -> Iterator[tuple[str, os.stat_result]]:
    """Every file below `root` that may be somebody's work, with its status, a folder's files before those of the
    folders in it, each sorted; links are not followed.  The path at which it was cut goes to `cut`."""
    folders, count, last = [""], 0, ""
    while folders:
        folder = folders.pop()
        below = []
        for entry in sorted(_entries(os.path.join(root, folder) if folder else root), key=lambda entry: entry.name):
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED and path not in _GENERATED:
                        below.append(path)
                    continue
                status = entry.stat(follow_symlinks=False)
            except OSError:  # gone in the meantime
                continue
            if _BACKUP.fullmatch(entry.name) or TEMPORARY.fullmatch(entry.name):
                continue
            count += 1
            if count > FILES_MAX:
                if cut is not None:
                    cut.append(last)
                return
            last = path
            yield path, status
        folders += reversed(below)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder, nothing for one that cannot be read, without names that are no text."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if _is_text(entry)]
    except OSError:
        return []


def _is_text(entry: os.DirEntry[str]) -> bool:
    try:
        entry.name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def snapshot(tree: Sources) -> Stamp:
    """The files of the tree as they are now, for `changed_since`; it can be kept as JSON."""
    stamp: Stamp = {}
    for path, status in _files(tree.root):
        if _OUTPUT.fullmatch(os.path.basename(path)):
            continue
        mark = _hash(tree.root, path, status)
        if mark:
            stamp[path] = (status.st_size, status.st_mtime_ns, mark)
    return stamp


def changed_since(tree: Sources, stamp: Stamp) -> list[str]:
    """The files that are new, gone or another since `stamp` was taken, sorted.

    A file is read only where its time says that it was written to, and its size that it may be the same.
    """
    changed, cut = [], list[str]()
    left = set(stamp)
    for path, status in _files(tree.root, cut):
        if _OUTPUT.fullmatch(os.path.basename(path)):
            continue
        before = stamp.get(path)
        left.discard(path)
        if before is None:
            if _hash(tree.root, path, status):
                changed.append(path)
        elif status.st_size != before[0] or (
            status.st_mtime_ns != before[1] and _hash(tree.root, path, status) != before[2]
        ):
            changed.append(path)
    return sorted([*changed, *(() if cut else left)])


def _hash(root: str, path: str, status: os.stat_result) -> str:
    """A mark of what a file holds; "" for an output of a build."""
    if stat.S_ISLNK(status.st_mode):
        return "link " + _target(root, path)
    if not stat.S_ISREG(status.st_mode) or status.st_size > SIZE_MAX:
        return f"{status.st_mode:o} {status.st_size} {status.st_mtime_ns}"
    try:
        data = read_bytes(root, path)
    except TreeError:
        return f"unreadable {status.st_mtime_ns}"
    return "" if _is_made(data) else _digest()(data)


def _is_made(data: bytes) -> bool:
    """Whether a build made a file, as its contents say."""
    return is_object(data) or is_assembler_text(data)


def _digest() -> Callable[[bytes], str]:
    from hashlib import blake2b

    return lambda data: blake2b(data, digest_size=16).hexdigest()
