"""The files that a step gives to the student, in the folder that kshell was started in; what they wrote stays."""

from __future__ import annotations

import os

from kshell.lesson.lesson import Edit, Lesson, Step
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named
from kshell.shell.views.view import Line, show


def lay_out(lesson: Lesson, step: Step, anew: bool = False) -> list[str]:
    """Put the files of a step where the student works; a sentence for each that was there already, and differs.

    `anew`: in their place, the student's own become NAME~.
    """
    notes = []
    for name in step.starters:
        data = lesson.files[name]
        before = read_own(name)
        if before == data:
            continue
        if before is not None and not anew:
            notes.append(f"your own {show(name)} is kept as it is; `reset step` puts the lesson's in its place")
            continue
        put(name, data)
    return notes


def put(name: str, data: bytes) -> None:
    """Write a file into the student's folder; one that is there becomes NAME~.  CommandError where it cannot be."""
    before = read_own(name)
    if before == data:
        return
    try:
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        if before is not None:
            os.replace(name, name + "~")
        with open(name, "xb") as file:
            file.write(data)
    except OSError as error:
        what = f"lesson: {named(name)} cannot be written: {error.strerror}"
        because = "a lesson puts its files into your own folder"
        raise CommandError(what, because, "start kshell in a folder of yours") from None


def solve(lesson: Lesson, step: Step) -> None:
    """Do what is to be done with files in a step."""
    if step.solved:
        put(step.file, lesson.files[step.solved])
    change(lesson, step.edit)


def change(lesson: Lesson, edits: tuple[Edit, ...]) -> None:
    """Change the student's files.  CommandError where what is to be changed is not there."""
    for edit in edits:
        text = lesson.files[edit.source].decode() if edit.source else edit.text
        if edit.find:
            whole = (read_own(edit.file) or b"").decode("utf-8", "surrogateescape")
            if whole.count(edit.find) != 1:
                because = f"{edit.find.strip()!r} stands there {whole.count(edit.find)} times"
                raise CommandError(f"lesson: {named(edit.file)} cannot be changed", because, "reset step")
            text = whole.replace(edit.find, text)
        put(edit.file, text.encode("utf-8", "surrogateescape"))


def told(edits: tuple[Edit, ...]) -> list[Line]:
    """The changes, for a person."""
    lines: list[Line] = []
    for edit in edits:
        lines.append([("in ", ""), (edit.file, "name"), (":" if edit.find else ", the whole file:", "")])
        old, new = edit.find.split("\n"), edit.text.split("\n")
        lines += [[("    - ", "errno"), (text, "")] for text in old if text and text not in new]
        lines += [[("    + ", "good"), (text, "hint")] for text in new if text and text not in old]
    return lines


def read_own(name: str) -> bytes | None:
    """A file of the student's; None where there is none."""
    if not os.path.isfile(name):
        return None
    try:
        with open(name, "rb") as file:
            return file.read(1 << 20)
    except OSError:
        return None
