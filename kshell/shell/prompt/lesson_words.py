"""Lessons and scripts as completions: by the names of folders, of which nothing is opened."""

from __future__ import annotations

import os
from collections.abc import Iterable

from kshell.shell.commands.pages import lesson_folder
from kshell.shell.prompt.match import Candidate
from kshell.shell.prompt.path_words import host_files
from kshell.shell.session import Session

SCRIPT = ".ksh"


def lessons(session: Session) -> Iterable[Candidate]:
    """The lessons that can be begun, by their names."""
    for place in (str(lesson_folder()), *session.lesson_places):
        for name in _entries(place):
            number, dash, slug = name.partition("-")
            if os.path.isfile(os.path.join(place, name, "lesson.toml")):
                yield Candidate(slug, f"lesson {int(number)}") if number.isdecimal() and dash else Candidate(name)


def presented(session: Session, raw: str, start: int, quote: str) -> tuple[int, str, Iterable[Candidate]]:
    """What can be presented: lessons, the scripts that come with kshell, and files, scripts first."""
    column, name, files = host_files(raw, start, quote, (SCRIPT,))
    if column != start or quote:
        return column, name, files
    shipped = [entry.removesuffix(SCRIPT) for entry in _entries(str(lesson_folder())) if entry.endswith(SCRIPT)]
    return column, name, [*(Candidate(each, "comes with kshell") for each in shipped), *lessons(session), *files]


def _entries(place: str) -> list[str]:
    try:
        return sorted(os.listdir(place))
    except OSError:
        return []
