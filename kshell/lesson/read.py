"""A folder with a lesson.toml becomes a Lesson; every mistake in it is an error with file and line.

Nothing of a lesson is executed: TOML is data, and the files beside it are bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NoReturn

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import ProblemError
from kshell.lesson.checks import kinds as checks
from kshell.lesson.keys import COMMON, EDIT, LESSON, STEPS, TEXT, TEXTS, WRONG, is_of
from kshell.lesson.lesson import KINDS, SAYS, SKIPS, STILL, Check, Choice, Edit, Lesson, Step, Wrong
from kshell.lesson.toml_lines import TomlLines

if TYPE_CHECKING:
    from kshell.lesson.shelf import Folder

FORMAT = 1
NAME = "lesson.toml"
FILE_MAX = 1 << 20
FILES_MAX = 64
HINTS_MAX = 3
KERNELS = ("course", "4.19", "6.19")
NOT_TOML = """a text with quotes in it: 'say "hello"'"""
_FOLDER = re.compile(r"(?:(\d+)-)?([a-z0-9][a-z0-9-]*)\Z")
_ID = re.compile(r"[a-z0-9][a-z0-9-]*\Z")

COMPARED = ("ret", "errno")
A_LESSON, NEW = "a lesson is a folder with a lesson.toml", "lesson new 20-my-lesson  (makes one)"


class LessonError(ProblemError):
    """A lesson that cannot be used: `what` begins with file:line."""


def read_lesson(folder: Folder) -> Lesson:
    """The lesson in a folder.  Raises LessonError for the first thing that is wrong."""
    return Reader(folder).lesson()


def parts_of(name: str) -> tuple[int, str] | None:
    """The number (0 for none) and the slug that a folder's name gives to its lesson; None where it is no such name."""
    named = _FOLDER.match(name)
    return None if named is None else (int(named[1] or 0), named[2])


class Reader:
    """Reads one lesson.toml."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.where = folder, folder.path_of(NAME)

    def lesson(self) -> Lesson:
        """The whole of it."""
        import tomllib

        files = self.folder.files(FILE_MAX, FILES_MAX)
        data = files.pop(NAME, None)
        if data is None:
            raise LessonError(f"{self.where}: there is no such file", A_LESSON, NEW)
        try:
            text = data.decode("utf-8-sig")
            table = tomllib.loads(text)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            place = re.search(r" \(at line (\d+), column \d+\)", str(error))
            said = str(error).replace(place[0], "") if place else str(error)
            self.fail(int(place[1]) if place else 1, f"not TOML: {said}", NOT_TOML)
        self.lines = TomlLines(text)
        parts = parts_of(self.folder.name)
        if parts is None:
            self.fail(
                1, f"the folder {self.folder.name!r} names no lesson", "NN-slug in small letters, as in 01-a-call"
            )
        self._look_at(table, LESSON, ("format_version", "title", "goals", "step"), 1, "a lesson", ())
        if table["format_version"] != FORMAT:
            line = self.lines.of(("format_version",))
            self.fail(line, f"format_version {table['format_version']} is not known", f"format_version = {FORMAT}")
        steps = [self._step(each, at) for at, each in enumerate(table["step"])]
        lesson = self._made(table, steps, *parts, files)
        self._hold_together(lesson)
        return lesson

    def _made(
        self, table: Mapping[str, Any], steps: Sequence[Step], number: int, slug: str, files: dict[str, bytes]
    ) -> Lesson:
        digest = blake2b(repr([sorted(table.items()), sorted(files.items())]).encode(), digest_size=8).hexdigest()
        texts = {key: tuple(table.get(key, ())) for key in ("goals", "needs", "misconceptions", "remember")}
        return Lesson(
            slug=slug,
            number=number,
            title=table["title"],
            minutes=table.get("minutes", 10),
            kernel=self._one_of(table, "kernel", KERNELS),
            cmdline=table.get("cmdline", ""),
            skip=self._one_of(table, "skip", SKIPS),
            steps=tuple(steps),
            files=files,
            hash=digest,
            where=self.where,
            **texts,
        )

    def _one_of(self, table: Mapping[str, Any], key: str, values: Sequence[str]) -> str:
        value: str = table.get(key, values[0])
        if value not in values:
            self.fail(
                self.lines.of((key,)), f"{key} is none of {', '.join(values)}: {value!r}", f'{key} = "{values[0]}"'
            )
        return value

    # Steps.

    def _step(self, table: Mapping[str, Any], at: int) -> Step:
        line = self.lines.of(("step", at))
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in STEPS:
            what = f"step {at + 1} has no kind" if kind is None else f"there is no kind of step {kind!r}"
            self.fail(line, what, f"kind is one of {', '.join(KINDS)}")
        keys, needed = STEPS[kind]
        self._look_at(table, COMMON | keys, ("id", "kind", *needed), line, f"a {kind} step", ("step", at))
        text = {key: table.get(key, "") for key, type_ in (COMMON | keys).items() if type_ == TEXT}
        texts = {key: tuple(table.get(key, ())) for key, type_ in (COMMON | keys).items() if type_ == TEXTS}
        made: dict[str, Any] = text | texts
        made["choices"] = tuple(map(Choice, texts.get("choices", ())))
        made["also"] = tuple(tuple(order) for order in table.get("also", ()))
        made["check"] = self._checks(table.get("check", ()), ("step", at, "check"), line)
        made["edit"] = self._edits(table, ("step", at), line)
        made["wrong"] = tuple(self._wrong(each, at, n) for n, each in enumerate(table.get("wrong", ())))
        step = Step(line=line, **made)
        self._fits(step, line)
        return step

    def _fits(self, step: Step, line: int) -> None:
        """What is true of a step in itself."""
        if not _ID.match(step.id):
            self.fail(line, f"the id {step.id!r} is not made of small letters, digits and -", 'id = "first-call"')
        if len(step.hints) > HINTS_MAX:
            self.fail(
                line, f"step {step.id} has {len(step.hints)} hints", f"{HINTS_MAX} at most, the last partly worked"
            )
        if step.choices and step.right not in step.letters:
            self.fail(line, f"step {step.id}: right is no letter of its choices", f'right = "{step.letters[0]}"')
        for wrong in step.wrong if step.choices else ():
            if wrong.answer not in step.letters or wrong.answer == step.right:
                self.fail(
                    line, f"step {step.id}: no wrong choice is {wrong.answer!r}", f"one of {', '.join(step.letters)}"
                )
        if step.kind == "predict" and not step.choices and step.compare not in COMPARED:
            try_ = f"compare is one of {', '.join(COMPARED)}"
            self.fail(line, f"step {step.id} predicts a value, and compares it with nothing", try_)
        if step.kind == "predict" and step.choices and not step.check:
            self.fail(line, f"step {step.id} does not prove its right choice", "a check that holds after run")
        if step.kind == "parsons":
            self._orders_fit(step, line)

    def _orders_fit(self, step: Step, line: int) -> None:
        lines = set(range(1, len(step.lines) + 1))
        bad = next((order for order in step.also if set(order) != lines or len(order) != len(lines)), None)
        if bad is not None:
            self.fail(line, f"step {step.id}: {list(bad)} is no order of its {len(lines)} lines", "each number once")
        texts = [*step.lines, *step.extra]
        twice = next((text for text in texts if texts.count(text) > 1), None)
        if twice is not None:
            self.fail(line, f"step {step.id} has the line {twice!r} twice", "lines that a student can tell apart")

    def _wrong(self, table: Mapping[str, Any], step: int, at: int) -> Wrong:
        path = ("step", step, "wrong", at)
        line = self.lines.of(path)
        self._look_at(table, WRONG, ("say",), line, "a wrong answer", path)
        if ("answer" in table) == ("check" in table):
            self.fail(line, "a wrong answer has an answer or a check", 'answer = "b", or check = [{ ... }]')
        if "check" in table and "solution" not in table and "edit" not in table:
            self.fail(line, "a wrong state needs the commands that lead there", 'solution = ["syscall ..."]')
        found = self._checks(table.get("check", ()), (*path, "check"), line)
        rest = {key: table.get(key, "") for key in ("say", "answer", "misconception", "goto")}
        edits = self._edits(table, path, line)
        return Wrong(check=found, edit=edits, solution=tuple(table.get("solution", ())), **rest)

    def _edits(self, table: Mapping[str, Any], path: tuple[str | int, ...], line: int) -> tuple[Edit, ...]:
        found = []
        for at, each in enumerate(table.get("edit", ())):
            here = (*path, "edit", at)
            self._look_at(each, EDIT, ("file",), self.lines.of(here, line), "an edit", here)
            found.append(Edit(**each))
            if not _is_inside(each["file"]):
                self.fail(line, f"{each['file']!r} is not inside of the student's folder", 'file = "tree/Makefile"')
        return tuple(found)

    def _checks(self, tables: Sequence[Any], path: tuple[str | int, ...], line: int) -> tuple[Check, ...]:
        for table in tables:
            self._check(table, self.lines.of(path, line))
        return tuple(tables)

    def _check(self, table: Any, line: int) -> None:
        if not isinstance(table, dict):
            self.fail(line, f"a check is a table, and this is {table!r}", '{ call = "getpid", ret = 1 }')
        kind = checks.kind_of(table)
        if kind is None:
            close = did_you_mean(next(iter(table), ""), checks.KINDS)
            self.fail(
                line, f"no check has the keys {', '.join(table)}", f"{close[0]} = ..." if close else "help lesson"
            )
        types = {kind.name: kind.value, **kind.more, STILL: checks.BOOLEAN, SAYS: TEXT}
        for key, value in table.items():
            if key not in types:
                self.fail(line, f"the check {kind.name} has no {key}", f"it has {', '.join(types)}")
            if not is_of(value, types[key]):
                self.fail(line, f"{key} of the check {kind.name} is {types[key]}, not {value!r}", "")
        missing = next((key for key in kind.needed if key not in table), None)
        if missing is not None:
            self.fail(line, f"the check {kind.name} needs {missing}", f"{missing} = ...")
        for inner in table[kind.name] if kind.value == checks.CHECKS else ():
            self._check(inner, line)

    # The whole.

    def _hold_together(self, lesson: Lesson) -> None:
        """What is true of the steps together."""
        if not lesson.steps:
            self.fail(1, "the lesson has no step", "[[step]]")
        ids = [step.id for step in lesson.steps]
        for at, step in enumerate(lesson.steps):
            if step.id in ids[:at]:
                self.fail(step.line, f"two steps have the id {step.id}", f'id = "{step.id}-2"')
            for name in filter(None, (*step.starters, step.solved)):
                if name not in lesson.files:
                    self.fail(step.line, f"step {step.id} names the file {name}, which is not in the folder", name)
            for edit in (*step.edit, *(edit for wrong in step.wrong for edit in wrong.edit)):
                if edit.source and edit.source not in lesson.files:
                    self.fail(step.line, f"step {step.id} names the file {edit.source}, which is not there", "")
            for wrong in step.wrong:
                if wrong.goto and wrong.goto not in ids:
                    close = did_you_mean(wrong.goto, ids)
                    self.fail(step.line, f"step {step.id}: goto leads to no step", f'goto = "{(close or ids)[0]}"')
                if wrong.misconception and wrong.misconception not in lesson.misconceptions:
                    what = f"step {step.id}: the lesson does not name the misconception {wrong.misconception}"
                    self.fail(step.line, what, f'misconceptions = ["{wrong.misconception}"]')

    def _look_at(
        self,
        table: Mapping[str, Any],
        keys: Mapping[str, str],
        needed: Sequence[str],
        line: int,
        what: str,
        path: tuple[str | int, ...],
    ) -> None:
        """Every key is known and of its type, and those that must be there are."""
        for key, value in table.items():
            at = self.lines.of((*path, key), line)
            if key not in keys:
                close = did_you_mean(key, keys)
                self.fail(at, f"{what} has no key {key}", f"{close[0]} = ..." if close else f"it has {', '.join(keys)}")
            if not is_of(value, keys[key]):
                self.fail(at, f"{key} of {what} is {keys[key]}, not {value!r}", "")
        missing = next((key for key in needed if key not in table), None)
        if missing is not None:
            self.fail(line, f"{what} needs {missing}", f"{missing} = ...")

    def fail(self, line: int, what: str, try_: str) -> NoReturn:
        """Say what is wrong in which line."""
        raise LessonError(f"{self.where}:{line}: {what[:300]}", "", try_)


def _is_inside(path: str) -> bool:
    """Whether a path stays in the folder that it is taken from, on every system."""
    parts = path.replace("\\", "/").split("/")
    return bool(path) and ".." not in parts and parts[0] != "" and ":" not in parts[0]
