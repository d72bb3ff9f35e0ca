"""Where lessons are: with kshell, in a folder or a zip of one's own, and in packages that name them by an entry point.

Of a package only its data is read: its code is never imported.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from kshell.abi.did_you_mean import did_you_mean
from kshell.lesson.lesson import Lesson
from kshell.lesson.read import A_LESSON, NAME, NEW, LessonError, parts_of, read_lesson
from kshell.shell.commands.pages import lesson_folder

ENTRY_POINTS = "kshell.lessons"
Place = Path | zipfile.Path


class Folder:
    """The folder of one lesson, on disk or in a zip."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.name = place.name

    def path_of(self, name: str) -> str:
        """The path of a file in it, for errors."""
        path = str(self._place.joinpath(name))
        return os.path.relpath(path) if os.path.isabs(path) and path.startswith(os.getcwd() + os.sep) else path

    def files(self, largest: int, most: int) -> dict[str, bytes]:
        """Every file in it by name (folder/name).  LessonError where one is larger than `largest`, or there are more
        than `most`."""
        found: dict[str, bytes] = {}
        folders: list[tuple[str, Place]] = [("", self._place)]
        while folders:
            prefix, folder = folders.pop(0)
            for each in entries(folder):
                name = prefix + each.name
                if each.name.startswith((".", "__pycache__")):
                    continue
                if each.is_dir():
                    folders.append((name + "/", each))
                    continue
                if len(found) == most:
                    raise LessonError(f"{self.path_of('')}: more than {most} files", "a lesson is small", NEW)
                found[name] = self._read(each, name, largest)
        return found

    def _read(self, place: Place, name: str, largest: int) -> bytes:
        try:
            with place.open("rb") as file:
                data = file.read(largest + 1)
        except OSError as error:
            raise LessonError(f"{self.path_of(name)}: {error.strerror}", "it cannot be read", NEW) from None
        if len(data) > largest:
            raise LessonError(f"{self.path_of(name)}: too large", f"{largest >> 10} KiB at most", NEW)
        return data


class Shelf:
    """All lessons that can be done, in their order; `places` are folders or zips of one's own.  They are read when they
    are asked for."""

    def __init__(self, places: Sequence[str] = ()) -> None:
        found = [lessons_in(place) for place in (lesson_folder(), *_of_packages())]
        self._folders = [folder for each in (*found, *map(_own, places)) for folder in each]

    @cached_property
    def _read(self) -> tuple[dict[str, Lesson], list[LessonError]]:
        lessons, problems = {}, []
        for folder in self._folders:
            try:
                lesson = read_lesson(folder)
            except LessonError as error:
                problems.append(error)
            else:
                lessons[lesson.slug] = lesson
        return lessons, problems

    @property
    def lessons(self) -> dict[str, Lesson]:
        """All that can be read, by slug."""
        return self._read[0]

    @property
    def problems(self) -> list[LessonError]:
        """What is wrong with the others."""
        return self._read[1]

    def ordered(self) -> list[Lesson]:
        """The lessons by their numbers; those without one stand at the end."""
        return sorted(self.lessons.values(), key=lambda each: (not each.number, each.number, each.slug))

    def knows(self, name: str) -> bool:
        """Whether a lesson has that number or slug."""
        return bool(self._called(name))

    def find(self, name: str) -> Lesson:
        """The lesson of that number or slug.  LessonError if there is none, or it cannot be read."""
        called = self._called(name)
        if called:
            return read_lesson(called[min(called)])
        close = did_you_mean(name, self.lessons)
        try_ = f"lesson start {close[0]}  (did you mean that?)" if close else "lesson  (lists them)"
        raise LessonError(f"there is no lesson {name!r}", "a lesson has a number and a name", try_)

    def _called(self, name: str) -> dict[str, Folder]:
        """The folders whose lessons are called so, by slug; of two with one slug the later."""
        found = {}
        for folder in self._folders:
            parts = parts_of(folder.name)
            if parts is not None and (name == parts[1] or (name.isdecimal() and int(name) == parts[0] > 0)):
                found[parts[1]] = folder
            elif name == folder.name:
                found[folder.name] = folder
        return found


def lesson_named(name: str, places: Sequence[str]) -> Lesson:
    """The lesson in a folder, or one of the shelf.  LessonError if there is none."""
    folder = Path(os.path.abspath(name))
    if folder.is_dir():
        if not folder.joinpath(NAME).is_file():  # before all that is in it is read
            raise LessonError(f"{name}: no lesson there", A_LESSON, NEW)
        return read_lesson(Folder(folder))
    return Shelf(places).find(name)


def entries(place: Place) -> list[Place]:
    """What is in a folder, by name."""
    found: list[Place] = [*place.iterdir()]
    return sorted(found, key=lambda each: each.name)


def lessons_in(place: Place) -> Iterator[Folder]:
    """The lessons of a folder: the folder itself, or those in it."""
    if place.joinpath(NAME).is_file():
        yield Folder(place)
    elif place.is_dir():
        for each in entries(place):
            if each.is_dir() and each.joinpath(NAME).is_file():
                yield Folder(each)


def _own(path: str) -> list[Folder]:
    """The lessons of a place that the person named.  LessonError if there are none."""
    found = list(lessons_in(_opened(path)))
    if not found:
        raise LessonError(f"--lessons {path}: no lesson there", "one is a folder with a lesson.toml", "lesson new DIR")
    return found


def _opened(path: str) -> Place:
    """A folder or zip that the person named.  LessonError if it is neither."""
    if os.path.isdir(path):
        return Path(path)
    try:
        found = zipfile.Path(path)
    except (OSError, zipfile.BadZipFile) as error:
        words = getattr(error, "strerror", None) or "it is no folder and no zip"
        raise LessonError(f"--lessons {path}: {words}", "lessons are in a folder or a zip", "--lessons DIR") from None
    entries = list(found.iterdir())
    return (
        entries[0] if len(entries) == 1 and entries[0].is_dir() and not entries[0].joinpath(NAME).is_file() else found
    )


def _of_packages() -> Iterator[Place]:
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for entry in entry_points(group=ENTRY_POINTS):
        name, *inside = entry.value.partition(":")[0].split(".")
        spec = find_spec(name)  # of what is inside of it Python would find nothing without importing it
        for path in (spec.submodule_search_locations or ()) if spec is not None else ():
            yield Path(path, *inside)
