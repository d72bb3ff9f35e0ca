"""A lesson made of text, and somebody who does it, for the tests of the lessons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kshell.lesson.guide import LessonGuide
from kshell.lesson.lesson import Lesson
from kshell.lesson.progress import Progress
from kshell.lesson.read import read_lesson
from kshell.lesson.shelf import Folder
from kshell.lesson.views import EndView
from kshell.lesson.words import Lead
from kshell.shell.session import Session
from kshell.shell.views.output import Output, Result

HEAD = 'format_version = 1\ntitle = "T"\ngoals = ["g"]\nmisconceptions = ["m"]\n'
ASK = """
[[step]]
id = "ask"
kind = "predict"
question = "What does it answer?"
compare = "ret"
right = "-38"
run = ["syscall test_call 42"]
hints = ["nobody is there"]
[[step.wrong]]
answer = "-1"
say = "That is the library's."
misconception = "m"
"""
LOAD = """
[[step]]
id = "load"
kind = "command"
check = [{ module = "syscallModule" }, { call = "test_call", ret = 42 }]
hints = ["modprobe", "two commands", "modprobe syscallModule; and the call"]
solution = ["modprobe syscallModule", "syscall test_call 42"]
then = "Somebody answers."
[[step.wrong]]
check = [{ call = "test_call", ret = -38 }]
solution = ["syscall test_call 42"]
say = "Nobody has filled the pointer."
goto = "ask"
"""
CHOOSE = """
[[step]]
id = "choose"
kind = "choice"
question = "Which?"
choices = ["this", "that"]
right = "b"
[[step.wrong]]
answer = "a"
say = "Not this."
"""
ORDER = """
[[step]]
id = "order"
kind = "parsons"
question = "In which order?"
lines = ["one", "two", "three", "four"]
extra = ["five"]
also = [[2, 1, 3, 4]]
"""
READ = """
[[step]]
id = "read"
kind = "text"
say = "Read `this`."
"""
EXPLORE = """
[[step]]
id = "look"
kind = "explore"
check = [{ call = "getpid" }]
solution = ["syscall getpid"]
"""


def write(folder: Path, text: str, **files: str) -> Path:
    """Put a lesson into a folder; `files` have their dots as __."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lesson.toml").write_text(text, encoding="utf-8")
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_text(data, encoding="utf-8")
    return folder


def lesson_of(folder: Path, text: str, **files: str) -> Lesson:
    """The lesson of a text."""
    return read_lesson(Folder(write(folder / "07-tried", text, **files)))


class Shown(Output):
    """What a student was shown, as the objects of --json and as text."""

    collects = True

    def __init__(self) -> None:
        self.results: list[Result] = []

    def show(self, result: Result) -> None:
        self.results.append(result)

    def take(self) -> list[dict[str, Any]]:
        """The objects since the last time."""
        found = [result.json() for result in self.results]
        self.results = []
        return found


class Student:
    """Does a lesson; `says(line)` gives the objects that come, `last` the result of the last of them."""

    def __init__(self, lesson: Lesson, progress: Progress, goes_on: bool = False) -> None:
        self.heard = Shown()
        self.session = Session("course", keep_going=True, output=self.heard)
        self.lesson, self.progress = lesson, progress
        self.guide = LessonGuide(self.session, lesson, progress, self._end)
        self.first = (self.guide.take_up() if goes_on else self.guide.begin()).json()
        self.session.guide = self.guide
        self.ended = False

    def _end(self, guide: Lead) -> EndView:
        self.ended = True
        return EndView(self.lesson, guide.world.answers, None)

    def says(self, *lines: str) -> list[dict[str, Any]]:
        for line in lines:
            self.session.execute(line)
        return self.heard.take()

    def last(self, *lines: str) -> dict[str, Any]:
        found = self.says(*lines)[-1]
        result: dict[str, Any] = found["error"] if "error" in found else found["result"]
        return result

    @property
    def at(self) -> str:
        return self.guide.step.id
