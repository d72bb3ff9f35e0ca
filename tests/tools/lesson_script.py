"""What is typed to go through a lesson, and where each line leads: read from lesson.toml, tried on a machine."""

import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from kshell.api import Machine, boot

LESSONS = Path(__file__).resolve().parents[2] / "lessons"


class Place(NamedTuple):
    """Where somebody stands: the step's number, whether it is done, what was answered, the kernel's digest."""

    number: int
    done: bool
    answers: tuple[Any, ...]
    digest: str


def resumed(lesson: int) -> Place:
    """Where another kshell finds that the person was, in the state folder of the environment."""
    machine = boot()
    machine.execute(f"lesson resume {lesson}")
    return place(machine)


def place(machine: Machine) -> Place:
    """Where a machine's lesson is."""
    step = machine.execute("lesson step")["result"]
    review = machine.execute("lesson review")["result"]["steps"]
    answers = tuple((each["step"], each["answer"]) for each in review if "answer" in each)
    return Place(step["number"], step["done"], answers, machine.kernel_digest())


def lay_out(lesson: int) -> None:
    """Put the completed files of a lesson into the folder: then nobody has to edit them."""
    folder = _folder(lesson)
    for step in _toml(lesson)["step"]:
        if "solved" in step:
            shutil.copy(folder / step["solved"], step["file"])


def script(lesson: int) -> tuple[list[str], list[Place]]:
    """The lines that do a lesson, but for its last `next`, and the places: before the first, and after each."""
    machine = boot()
    machine.execute(f"lesson start {lesson}")
    lines, places = [], [place(machine)]
    for line in _lines(machine, _toml(lesson)["step"]):
        with suppress(ValueError):  # the lesson has its say behind the command
            machine.execute(line)
        lines.append(line)
        places.append(place(machine))
    return lines, places


def _lines(machine: Machine, steps: list[dict[str, Any]]) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        if step["kind"] == "parsons":
            shown = machine.execute("lesson step")["result"]["lines"]
            yield " ".join(str(shown.index(line) + 1) for line in step["lines"])
        elif "right" in step:
            yield step["right"]
        yield from step.get("solution", ())
        if number < len(steps):
            yield "next"


def _folder(lesson: int) -> Path:
    return next(LESSONS.glob(f"{lesson:02d}-*"))


def _toml(lesson: int) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((_folder(lesson) / "lesson.toml").read_text(encoding="utf-8"))
    return found


def use(folder: Path) -> None:
    """Keep what kshell keeps, of this process and of those that it starts, in that folder."""
    os.environ["XDG_STATE_HOME"] = str(folder)
