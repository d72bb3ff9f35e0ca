"""What a lesson is: a title, goals, and steps, as values.  read.py makes one of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kshell.shell.views.wrapping import letter

Check = Mapping[str, Any]  # of the closed set in checks.py

KINDS = ("text", "predict", "command", "choice", "parsons", "fill", "explore")
ASKS = ("predict", "choice", "parsons")  # the kinds that are answered, and not done
SAYS = "says"  # the key of a check with what it wants, in words for a person
STILL = "still"  # the key of a check that holds before the step as well, and must go on holding
SKIPS = ("solution", "never")


class Choice(NamedTuple):
    """One answer that a step offers; its letter is its place: a, b, c."""

    text: str


class Wrong(NamedTuple):
    """An answer, or a state of the machine, that is wrong in a known way.

    `answer` is what was predicted or chosen ("b", "-1"); for a step that is done, `check` holds in the state that is
    meant, and `edit` and `solution` lead there, which lint does.  `say` is the feedback, `misconception` the
    name of what is behind it, `goto` a step to go back to ("" for none).
    """

    say: str
    answer: str = ""
    check: tuple[Check, ...] = ()
    edit: tuple[Edit, ...] = ()
    solution: tuple[str, ...] = ()
    misconception: str = ""
    goto: str = ""


class Edit(NamedTuple):
    """A change of a file in the student's folder, as part of a solution: `find`, which stands there once, becomes
    `text`; without `find` the file gets `text`, or what the lesson's file `source` holds."""

    file: str
    find: str = ""
    text: str = ""
    source: str = ""


class Step(NamedTuple):
    """One step.  `line` is where it begins in lesson.toml.

    `say` is Markdown.  A step that asks has a `question`, and `choices` or a free value; `right` is the right answer.
    A prediction is compared with what `run` then comes to: `compare` names a field of its last call (ret, errno, ...).
    A step that is done has `check`, which holds when it is, and `solution`, the commands that do it after `edit`.  A
    parsons step has its `lines` in their right order, other right orders in `also` (numbers of lines, from 1), and
    `extra` lines that belong nowhere.  `files` are put into the student's folder when the step begins; `file` is that
    which a fill step wants completed, and `solved` the same completed.  `then` is said when the step is done.
    `notes` are for whoever presents it to a class.
    """

    id: str
    kind: str
    line: int
    title: str = ""
    say: str = ""
    question: str = ""
    choices: tuple[Choice, ...] = ()
    right: str = ""
    compare: str = ""
    run: tuple[str, ...] = ()
    check: tuple[Check, ...] = ()
    hints: tuple[str, ...] = ()
    edit: tuple[Edit, ...] = ()
    solution: tuple[str, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    then: str = ""
    notes: str = ""
    lines: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    also: tuple[tuple[int, ...], ...] = ()
    files: tuple[str, ...] = ()
    file: str = ""
    solved: str = ""

    @property
    def starters(self) -> tuple[str, ...]:
        """The files that the student gets for it."""
        return (*self.files, *([self.file] if self.file else []))

    @property
    def letters(self) -> list[str]:
        """The letters of its choices, in their order."""
        return [letter(at) for at in range(len(self.choices))]

    @property
    def asks(self) -> bool:
        """Whether it is answered, and not done."""
        return self.kind in ASKS


class Lesson(NamedTuple):
    """A lesson.  `slug` is its folder's name without the number, `number` that (0 where there is none).

    `needs` are slugs of lessons to do first, `kernel` and `cmdline` what is booted, `misconceptions` the names that it
    is against, `remember` its last lines.  `files` are what lies beside lesson.toml, by name.  `hash` changes when
    anything in the folder does.  `where` is the path of lesson.toml, for errors.
    """

    slug: str
    number: int
    title: str
    minutes: int
    goals: tuple[str, ...]
    needs: tuple[str, ...]
    kernel: str
    cmdline: str
    misconceptions: tuple[str, ...]
    skip: str
    remember: tuple[str, ...]
    steps: tuple[Step, ...]
    files: Mapping[str, bytes]
    hash: str
    where: str

    def index_of(self, step: str) -> int | None:
        """The place of a step by its id or its number (from 1); None if there is none."""
        for at, each in enumerate(self.steps):
            if step in (each.id, str(at + 1)):
                return at
        return None
