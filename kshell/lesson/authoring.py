"""What whoever writes a lesson does with it: begin one, prove it, look at it, print it, play it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kshell.lesson.guide import LessonGuide
from kshell.lesson.lesson import Lesson
from kshell.lesson.lint import Finding, answers_of, circles, lint
from kshell.lesson.progress import Progress
from kshell.lesson.read import A_LESSON, NEW, LessonError, read_lesson
from kshell.lesson.shelf import lesson_named, lessons_in
from kshell.lesson.starters import solve
from kshell.lesson.views import EndView, StepView
from kshell.shell.commands.registry import misuse
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named, write_new
from kshell.shell.session import Session
from kshell.shell.views.view import Line, Text, View, marked, show, span

TEMPLATE = """\
# A lesson of your own.  docs/write-a-lesson.md explains every key; `lesson lint DIR` proves it by running it.
format_version = 1
title = "A title that says what it is about"
minutes = 10
goals = ["say what a call to a number that nobody has taken answers"]
needs = []
kernel = "course"
misconceptions = ["the-kernel-sets-errno"]
remember = [
    "The kernel answers a negative number.",
    "The C library makes -1 and errno of it.",
    "A number that nobody has taken answers -ENOSYS.",
]

[[step]]
id = "ask-first"
kind = "predict"
title = "A number that nobody has taken"
say = "The table of this kernel ends long before 9999."
question = "What does the kernel itself leave in rax?"
compare = "ret"
right = "-38"
run = ["syscall 9999"]
hints = ["An error is a negative errno.", "ENOSYS is number 38."]
then = "-38 is -ENOSYS: there is no such call."
[[step.wrong]]
answer = "-1"
say = "-1 is what the C library returns. It reads the kernel's -38 and keeps 38 in errno."
misconception = "the-kernel-sets-errno"

[[step]]
id = "which-errno"
kind = "predict"
title = "And through the library"
question = "Which errno does a program find?"
compare = "errno"
right = "ENOSYS"
run = ["syscall 9998"]

[[step]]
id = "find-one"
kind = "explore"
title = "Now one that is there"
say = "Find a call of this kernel that answers your process id, and make it."
check = [{ call = "getpid" }]
hints = ["`table pid` lists the calls with pid in their names."]
solution = ["syscall getpid"]
"""


def author(session: Session, verb: str, words: list[str]) -> View:
    """Do what an author asks for."""
    solutions = "--solutions" in words
    words = [word for word in words if word != "--solutions"]
    if len(words) != 1 and not (verb == "render" and len(words) == 2):
        raise misuse("lesson", f"{verb} takes a lesson" if verb != "new" else "new takes the folder to make")
    if verb == "new":
        return _new(words[0])
    if verb in ("lint", "test") and not _is_one(words[0]):
        return _lint_all(words[0], verb == "test")
    lesson = lesson_named(words[0], session.lesson_places)
    if verb == "run":
        return play(session, lesson) if solutions else _begin(session, lesson)
    if verb == "lint":
        return Findings([lesson], lint(lesson), proved=False)
    if verb == "test":
        return Findings([lesson], lint(lesson), proved=True)
    if verb == "preview":
        return Preview(lesson)
    from kshell.lesson.page import render

    path = words[1] if len(words) == 2 else f"{lesson.slug}.html"
    write_new("lesson render", path, render(lesson), "lesson render " + words[0])
    return Text([f"{show(path)}: a page to print, all in one file"], {"path": path})


def _is_one(name: str) -> bool:
    return not os.path.isdir(name) or os.path.isfile(os.path.join(name, "lesson.toml"))


def _new(path: str) -> View:
    """A lesson that works, to begin with."""
    name = os.path.basename(os.path.normpath(path))
    if not name or any(not (c.isascii() and (c.islower() or c.isdigit() or c == "-")) for c in name):
        because = "a lesson's folder has small letters, digits and -"
        raise CommandError(f"lesson new: {show(path)}: no name for a lesson", because, NEW)
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise CommandError(f"lesson new: {show(path)}: {error.strerror}", "the folder cannot be made", NEW) from None
    file = os.path.join(path, "lesson.toml")
    write_new("lesson new", file, TEMPLATE, "lesson new")
    lines = [
        marked(f"{show(file)}: a lesson of three steps that works"),
        marked(f"prove it: `lesson lint {named(path)}`"),
    ]
    return Text(lines, {"path": file})


def _lint_all(path: str, proved: bool) -> View:
    """Every lesson of a folder, and whether they fit together."""
    lessons: list[Lesson] = []
    found: list[Finding] = []
    for folder in lessons_in(Path(os.path.abspath(path))):
        try:
            lessons.append(read_lesson(folder))
        except LessonError as error:
            where, _, what = error.what.partition(": ")
            found.append(Finding(where, what))
    if not lessons and not found:
        raise CommandError(f"lesson lint: {show(path)}: no lesson there", A_LESSON, NEW)
    for lesson in lessons:
        found += lint(lesson)
    return Findings(lessons, [*found, *circles(lessons)], proved)


class Findings(View):
    """What lint has to say."""

    def __init__(self, lessons: list[Lesson], found: list[Finding], proved: bool) -> None:
        self.lessons, self.found, self.proved = lessons, found, proved
        self.status = int(any(each.is_error for each in found))

    def json(self) -> dict[str, Any]:
        found = [{"where": each.where, "text": each.text, "is_error": each.is_error} for each in self.found]
        return {"lessons": [each.slug for each in self.lessons], "findings": found}

    def lines(self, width: int | None = None) -> list[Line]:
        lines = [span(str(each), "error" if each.is_error else "note") for each in self.found]
        bad = {each.where.split(":")[0] for each in self.found if each.is_error}
        for lesson in self.lessons:
            if lesson.where not in bad:
                steps = len(lesson.steps)
                wrong = sum(len(step.wrong) for step in lesson.steps)
                lines.append(
                    span(f"{lesson.slug}: {steps} steps and {wrong} wrong answers, each proved by a run", "good")
                )
                if self.proved:
                    lines += [span(f"  {step.id}: {step.kind}", "dim") for step in lesson.steps]
        return lines


class Preview(View):
    """All steps as they look, one below the other; nothing is run."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson

    def json(self) -> dict[str, Any]:
        return {"steps": [StepView(self.lesson, at).json() for at in range(len(self.lesson.steps))]}

    def lines(self, width: int | None = None) -> list[Line]:
        lines: list[Line] = []
        for at in range(len(self.lesson.steps)):
            lines += [*StepView(self.lesson, at).lines(width), span("-" * min(width or 80, 80), "dim")]
        return [*lines, *EndView(self.lesson, {}, None).lines(width)]


# Playing one.


def _begin(session: Session, lesson: Lesson) -> View:
    """From its start, and what was done before is not asked for: the same as `lesson start`."""
    guide = LessonGuide(session, lesson, Progress(), lambda guide: EndView(lesson, guide.world.answers, None))
    view = guide.begin()
    session.guide = guide
    return view


def play(session: Session, lesson: Lesson) -> View:
    """Do a lesson as its author does, with everything shown; the person's own progress is not touched."""
    guide = LessonGuide(session, lesson, Progress(""), lambda guide: EndView(lesson, guide.world.answers, None))
    session.say(guide.begin())
    while True:
        step = guide.step
        solve(lesson, step)
        for line in answers_of(lesson, step):
            session.run_shown(line, guide)
        if not guide.is_done:
            because = "its solution does not do it here"
            raise CommandError(f"lesson run: step {step.id} is not done", because, f"lesson lint {lesson.slug}")
        last = guide.at + 1 == len(lesson.steps)
        view = guide.next_([])
        if last:
            return view
        session.say(view)
