"""kill -9 at random moments of a lesson: is the person where they were, with the machine as it was?

    .venv/bin/python tests/tools/fuzz_lessons.py [MOMENTS=100] [SEED=1] [LESSON...]

Somebody does lesson after lesson by its solutions, line by line; at a random moment kshell is killed.  Another kshell
must then find the step, the answers and the kernel of a line that was sent, and of none before the last but one that
was answered: no more is lost than what was in hand.  The last line has the figures; exit status 1 on a failure.
"""

import json
import os
import random
import select
import subprocess
import sys
import time
from typing import IO

from lesson_script import Place, lay_out, resumed, script, use
from scratch import KSHELL, SCRATCH

LESSONS = (1, 2, 4, 6, 7, 9, 10, 11)
MOST = 10  # results until a kill
AHEAD = 0.1  # how likely a line is typed before the one before it is answered
LOOKS = 0.02  # seconds between two looks at what has come


class Student:
    """Does a lesson, as far as they come before each kill; `at` lines of it are done."""

    def __init__(self, d: random.Random, lesson: int) -> None:
        self.d, self.lesson, self.at = d, lesson, 0
        use(SCRATCH / f"reference-{lesson}")
        lay_out(lesson)
        self.lines, self.places = script(lesson)
        use(SCRATCH / f"state-{lesson}")

    def is_killed(self) -> str:
        """One sitting: begin or go on, type, be killed.  What is wrong then, "" for nothing."""
        first = f"lesson resume {self.lesson}" if self.at else f"lesson start {self.lesson}"
        lines = [first, *self.lines[self.at :]]
        process = subprocess.Popen(
            [KSHELL, "--json", "--keep-going"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        sent, shown = self._types(process, lines)
        process.kill()
        rest, errors = process.communicate()
        if errors:
            return f"it said {errors.decode(errors='replace')[-500:]}"
        answered = _answered(shown + rest, lines[:sent])
        if self.at == 0 and answered == 0:
            return ""  # the lesson may not even have begun
        return self._found(self.at + max(answered - 2, 0), self.at + max(sent - 1, 0))

    def _types(self, process: subprocess.Popen[bytes], lines: list[str]) -> tuple[int, bytes]:
        """Type until so many results have come, and for a moment of the next command's; how many lines that were, and
        what was shown."""
        assert process.stdin is not None
        assert process.stdout is not None
        sent, shown, wanted, begin = 0, b"", self.d.randrange(MOST), time.monotonic()
        while shown.count(b"\n") < wanted and _answered(shown, lines) < len(lines):
            if sent < len(lines) and (_answered(shown, lines) == sent or self.d.random() < AHEAD):
                sent += self._type(process.stdin, lines[sent])
            if select.select([process.stdout], [], [], LOOKS)[0]:
                shown += os.read(process.stdout.fileno(), 1 << 20)
        if sent < len(lines):
            sent += self._type(process.stdin, lines[sent])
        time.sleep(self.d.random() * (time.monotonic() - begin) / max(wanted, 1))
        return sent, shown

    def _type(self, keyboard: IO[bytes], line: str) -> int:
        keyboard.write(line.encode() + b"\n")
        keyboard.flush()
        return 1

    def _found(self, first: int, last: int) -> str:
        """Where another kshell finds the person must be a place between two lines; there they go on."""
        found = resumed(self.lesson)
        for at in range(first, last + 1):
            if found == self.places[at]:
                self.at = at
                return ""
        self.at = first
        return f"between lines {first} and {last} was expected {_short(self.places[first])}, and is {_short(found)}"

    @property
    def is_done(self) -> bool:
        """Whether the whole lesson is."""
        return self.at == len(self.lines)


def _answered(shown: bytes, lines: list[str]) -> int:
    """How many of the lines have come to a result, each of one command or more."""
    commands = [json.loads(line)["command"] for line in shown.split(b"\n")[:-1]]
    count = 0
    for command in commands:
        if count < len(lines) and command == lines[count].rpartition("; ")[2]:
            count += 1
    return count


def _short(place: Place) -> str:
    return f"step {place.number}{' (done)' * place.done}, {len(place.answers)} answers, kernel {place.digest[:8]}"


def main() -> int:
    """Kill, look, go on; the exit status."""
    numbers = [int(text) for text in sys.argv[1:]]
    moments, seed = [*numbers[:2], *(100, 1)[len(numbers[:2]) :]]
    d = random.Random(seed)
    lessons = numbers[2:] or [*LESSONS]
    os.chdir(SCRATCH)
    failures = ended = done = 0
    student = Student(d, lessons[0])
    for moment in range(moments):
        if student.is_done:
            ended += 1
            student = Student(d, lessons[ended % len(lessons)])
        before = student.at
        if wrong := student.is_killed():
            failures += 1
            print(f"FAIL moment {moment}, lesson {student.lesson}, from line {before}: {wrong}", flush=True)
        done += student.at - before
    print(f"fuzz_lessons: {moments} moments, {done} lines, {ended} lessons ended, {failures} failures")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
