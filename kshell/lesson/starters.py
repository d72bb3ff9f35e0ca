"""The files that a step gives to the student, in the folder that kshell was started in; what they wrote stays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from kshell.lesson.lesson import Check, Edit, Lesson, Step
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


def left_over(lesson: Lesson) -> list[str]:
    """A sentence if what the student makes in the lesson is there before it begins, from another time."""
    gets = {name for step in lesson.steps for name in step.starters}
    names = sorted({name.partition("/")[0] for name in _made(lesson) if name not in gets and os.path.exists(name)})
    if not names:
        return []
    are, them = ("are", "them") if len(names) > 1 else ("is", "it")
    begin = f"to begin with none, rename {them} outside of kshell and type `reset lesson`"
    return [f"{', '.join(map(show, names))} {are} here already, so steps may be done at once: {begin}"]


def _made(lesson: Lesson) -> Iterator[str]:
    """The files of the host that its checks look at and its solutions change."""
    for step in lesson.steps:
        yield from (edit.file for edit in step.edit)
        yield from _looked_at(step.check)


def _looked_at(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks:
        if "host_file" in check:
            yield check["host_file"]
        for inner in check.values():
            if isinstance(inner, (list, tuple)):
                yield from _looked_at([each for each in inner if isinstance(each, Mapping)])


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
