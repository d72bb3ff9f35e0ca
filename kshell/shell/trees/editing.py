"""The person's own editor, for the command edit."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

from kshell.kbuild.tree.sources import Sources
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import tree_of
from kshell.shell.views.view import Nothing, View, show

FALLBACKS = ("nano", "notepad", "vim", "vi")  # those that tell how to leave them come first
WITHOUT_A_WORD = ("vim", "vi")  # and these do not


def editor() -> list[str]:
    """The editor's command, as $VISUAL or $EDITOR names it; nothing where none is set.  CommandError if it is not
    here."""
    for name in ("VISUAL", "EDITOR"):
        value = os.environ.get(name, "").strip()
        if not value:
            continue
        try:
            words = shlex.split(value, posix=os.name != "nt")
        except ValueError:
            words = []
        if words and shutil.which(words[0]):
            return words
        because = f"{name} is {show(value)!r}, and there is no such program"
        raise CommandError("edit: no editor", because, f"{name}=nano kshell  (or any editor that you have)")
    return []


def _usual_editor(session: Context) -> str:
    """The first of the usual ones that is here; of one that says nothing itself, how to leave it is told.  CommandError
    if there is none."""
    found = next((name for name in FALLBACKS if shutil.which(name)), None)
    if found is None:
        because = f"EDITOR is not set, and none of {', '.join(FALLBACKS)} is here"
        raise CommandError("edit: no editor", because, "EDITOR=nano kshell  (or edit in a window of its own)")
    if found in WITHOUT_A_WORD and not session.output.collects:
        keys = "i types; Esc :wq Enter saves and ends, Esc :q! Enter ends"
        session.output.line([(found, "name"), (f": {keys}. Enter opens it", "")])
        sys.stdin.readline()
    return found


def edit_file(session: Context, path: str) -> View:
    """Open `path` in the editor and wait for it.  CommandError where that cannot be."""
    if not session.interactive or not sys.stdin.isatty():
        because = "an editor needs a terminal, and this is a script or a pipe"
        raise CommandError(f"edit: {show(path)}: no terminal", because, "kshell  (and edit at its prompt)")
    if os.path.isdir(path):
        because = "an editor takes a file"
        raise CommandError(
            f"edit: {show(path)}: Is a directory", because, f"edit {named(os.path.join(path, 'Makefile'))}"
        )
    words = editor() or [_usual_editor(session)]
    made = _make_folder(path)
    try:
        status = subprocess.call([*words, path])
    except OSError as error:
        what = f"edit: {show(words[0])}: {error.strerror}"
        raise CommandError(what, "the editor did not start", "EDITOR=nano kshell") from None
    finally:
        if made and not os.listdir(made):
            os.rmdir(made)
    if status:
        because = f"{show(words[0])} ended with status {status}"
        try_ = f"edit {named(path)}  (the file is as the editor left it)"
        raise CommandError(f"edit: {show(path)}: the editor failed", because, try_)
    return Nothing()


def _make_folder(path: str) -> str:
    """Make the folder of a new file, if only that is missing in a kernel tree; "" where it is there.  CommandError for
    a folder that is missing elsewhere, which is rather a mistyped one."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(folder):
        return ""
    above = os.path.dirname(folder) or "."
    what = f"edit: {show(path)}: "
    if not os.path.isdir(above) or not Sources(folder).tree_above():
        because = f"there is no folder {show(folder)}, and edit makes one only in a kernel tree, beside what is there"
        raise CommandError(what + "No such file or directory", because, _in_this_folder(path))
    try:
        os.mkdir(folder)
    except OSError as error:
        because = f"the folder {show(folder)} cannot be made"
        raise CommandError(f"{what}{error.strerror}", because, _in_this_folder(path)) from None
    return folder


def _in_this_folder(path: str) -> str:
    return f"edit {named(os.path.basename(path))}  (in this folder; others are made outside kshell)"


def a_file(session: Context) -> str:
    """A file that edit can take: one of the tree that matters now, or a new one."""
    tree = tree_of(session)
    return f"edit {named(os.path.join(tree, 'Makefile'))}" if tree else "edit test.py"
