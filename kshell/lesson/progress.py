"""What was done in which lesson, on disk: a line of JSON for each event, only ever appended.

It belongs to the lesson as it was: a changed one has another hash, and begins anew.
"""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from kshell.lesson.appended import append
from kshell.lesson.lesson import Lesson
from kshell.shell.settings import state_folder

FORMAT = 1
MOST = 32 << 20  # bytes that are read back
START, STEP, COMMAND, ANSWER, DONE, END, FORGET = "start", "step", "command", "answer", "done", "end", "forget"


def progress_path() -> str:
    """The file."""
    return os.path.join(state_folder(), "lessons.jsonl")


class State(NamedTuple):
    """Where somebody is in a lesson: at `step`, by its id, after `commands` (the step of each, and the command), with
    `answers` (step, answer, whether it was right) and the steps that are `done`.  `ended` is how often it was done."""

    step: str
    commands: list[tuple[str, str]]
    answers: dict[str, tuple[str, bool]]
    done: list[str]
    ended: int

    @property
    def is_open(self) -> bool:
        """Whether it was begun, and not ended since."""
        return bool(self.step)


class Progress:
    """The events of all lessons, kept at `path`; with "" nothing is kept.  `problem` is a sentence about a file that
    cannot be used, "" if it can."""

    def __init__(self, path: str | None = None) -> None:
        self.path = progress_path() if path is None else path
        self.problem = ""
        self._states: dict[tuple[str, str], State] = {}
        for event in self._read():
            self._take(event)

    def state(self, lesson: Lesson) -> State:
        """Where the person is in a lesson."""
        return self._states.get((lesson.slug, lesson.hash), State("", [], {}, [], 0))

    def was_changed(self, lesson: Lesson) -> bool:
        """Whether it is under way in an earlier form, with another hash, and not in this one."""
        forms = {hash_: state for (slug, hash_), state in self._states.items() if slug == lesson.slug}
        return lesson.hash not in forms and any(state.is_open for state in forms.values())

    @property
    def latest(self) -> str:
        """The slug of the lesson that was worked on last, "" for none."""
        return next(reversed(self._states), ("", ""))[0]

    def note(self, lesson: Lesson, event: str, step: str = "", **more: Any) -> None:
        """Append an event; where it cannot be written, `problem` says so and the lesson goes on."""
        record = {"format": FORMAT, "lesson": lesson.slug, "hash": lesson.hash, "event": event, "step": step, **more}
        self._take(record)
        if not self.path:
            return
        try:
            append(self.path, json.dumps(record) + "\n")
        except OSError as error:
            self.problem = f"your progress is not kept: {self.path}: {error.strerror}"

    def _read(self) -> list[dict[str, Any]]:
        try:
            if not os.path.isfile(self.path):
                return []
            with open(self.path, "rb") as file:
                data = file.read(MOST)
        except OSError as error:
            self.problem = f"your progress cannot be read: {self.path}: {error.strerror}"
            return []
        return [event for line in data.split(b"\n") if (event := _event(line)) is not None]

    def _take(self, event: dict[str, Any]) -> None:
        """One event changes where the person is."""
        key, kind, step = (event["lesson"], event["hash"]), event["event"], event["step"]
        state = self._states.pop(key, State("", [], {}, [], 0))
        if kind == START:
            state = State(step, [], {}, [], state.ended)
        elif kind == STEP:  # also back to an earlier one: what was done from there on is undone
            kept = event.get("commands", len(state.commands))
            done = event.get("done", state.done)
            state = state._replace(step=step, commands=state.commands[:kept], done=[*done])
        elif kind == COMMAND:
            state.commands.append((step, event["line"]))
        elif kind == ANSWER:
            state.answers[step] = (event["answer"], event["right"])
        elif kind == DONE and step not in state.done:
            state.done.append(step)
        elif kind == END:
            state = state._replace(step="", ended=state.ended + 1)
        elif kind == FORGET:
            return
        self._states[key] = state


def _event(line: bytes) -> dict[str, Any] | None:
    """A line of the file; None for one that was cut off or is of another version of kshell."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("format") != FORMAT:
        return None
    texts = all(isinstance(event.get(key), str) for key in ("lesson", "hash", "event", "step"))
    of_kind: dict[str, dict[str, type]] = {COMMAND: {"line": str}, ANSWER: {"answer": str, "right": bool}}
    needed = of_kind.get(str(event.get("event")), {})
    fits = all(isinstance(event.get(key), type_) for key, type_ in needed.items())
    fits = fits and isinstance(event.get("commands", 0), int) and isinstance(event.get("done", []), list)
    return event if texts and fits else None
