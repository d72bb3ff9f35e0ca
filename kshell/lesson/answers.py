"""What was answered to a step that asks, and whether it is right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.errno import errno_name
from kshell.lesson.checks import hold
from kshell.lesson.lesson import Lesson, Step, Wrong
from kshell.lesson.views import shuffled
from kshell.lesson.world import World
from kshell.shell.calls.arguments import BadValue, number
from kshell.shell.errors import CommandError
from kshell.shell.views.view import show

_NUMBERS = re.compile(r"[\d\s,]+\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


class Answered(NamedTuple):
    """An answer: its `text` as it is kept, whether it is `right` (None: nothing has happened yet to compare it with),
    and what is said to it."""

    step: Step
    text: str
    right: bool | None
    feedback: str = ""
    misconception: str = ""
    goto: str = ""

    def compared(self, world: World) -> Answered:
        """A prediction, after what it was about has happened."""
        step = self.step
        if step.choices:
            proved = hold(world, step.check)  # lint has seen to that; a student may have changed the machine
            tail = "" if proved else " (On this machine it came otherwise: something was changed before.)"
            return self._told(self.text == step.right, f"It is {step.right}: {_choice(step, step.right)}.{tail}")
        made = next(iter(world.calls()), None)
        found = "nothing" if made is None else str(made[step.compare])
        return self._told(_same(self.text, found), f"It came to {_worded(found)}.")

    def _told(self, right: bool, actual: str) -> Answered:
        if right:
            return self._replace(right=True, feedback=f"You said {self.text}, and so it is.")
        known = _known(self.step, self.text)
        said = f"You said {self.text}. {actual}"
        if known is None:
            return self._replace(right=False, feedback=said)
        feedback = f"{said}\n\n{known.say}"
        return self._replace(right=False, feedback=feedback, misconception=known.misconception, goto=known.goto)


def is_answer(step: Step, words: Sequence[str]) -> bool:
    """Whether a line could be meant as an answer to a step."""
    text = " ".join(words).strip()
    if step.kind == "parsons":
        return bool(_NUMBERS.match(text)) and any(c.isdigit() for c in text)
    if step.choices:
        return len(text.rstrip(").")) == 1
    if step.compare == "ret":
        return len(words) == 1 and _number(text) is not None
    return len(words) == 1 and bool(_NAME.match(text)) and (text.isupper() or text == "none")


def answered(lesson: Lesson, step: Step, words: Sequence[str]) -> Answered:
    """Judge an answer; a prediction is judged later, by `compared`."""
    text = " ".join(words).strip()
    if step.kind == "parsons":
        return _ordered(lesson, step, [int(each) for each in re.findall(r"\d+", text)])
    if step.choices:
        text = _chosen(step, text.lower().rstrip(")."))
    if step.kind == "predict":
        return Answered(step, text, None)
    if text == step.right:
        return Answered(step, text, True)
    known = _known(step, text)
    if known is None:
        return Answered(step, text, False, "Not that one. Read the question once more, and try again.")
    return Answered(step, text, False, known.say, known.misconception, known.goto)


def _chosen(step: Step, text: str) -> str:
    """The letter of a choice.  CommandError where it is none."""
    letters = step.letters
    if text not in letters:
        because = f"this question has {', '.join(letters[:-1])} and {letters[-1]}"
        raise CommandError(f"{show(text)}: no such answer", because, "step  (shows it again)")
    return text


def _ordered(lesson: Lesson, step: Step, numbers: list[int]) -> Answered:
    """The lines of a parsons step in the order that was typed, by the numbers on the screen."""
    shown, lines = shuffled(lesson, step), list(step.lines)
    text = " ".join(map(str, numbers))
    bad = next((each for each in numbers if not 0 < each <= len(shown)), None)
    if bad is not None:
        return Answered(step, text, False, f"There is no line {bad}.")
    order = [shown[each - 1] for each in numbers]
    right = [lines, *([lines[at - 1] for at in other] for other in step.also)]
    if order in right:
        return Answered(step, text, True)
    twice = next((each for each in numbers if numbers.count(each) > 1), None)
    if twice is not None:
        return Answered(step, text, False, f"Line {twice} stands twice.")
    originals = [*step.lines, *step.extra]
    known = _known(step, " ".join(str(originals.index(each) + 1) for each in order))
    if known is not None:
        return Answered(step, text, False, known.say, known.misconception, known.goto)
    extra = next((n for n, each in zip(numbers, order, strict=True) if each in step.extra), None)
    if extra is not None:
        return Answered(step, text, False, f"Line {extra} belongs nowhere.")
    fitting = max(_in_common(order, each) for each in right)
    if fitting == len(order):
        more = len(lines) - len(order)
        return Answered(
            step, text, False, f"Right so far; {more} more {'belong' if more > 1 else 'belongs'} behind it."
        )
    told = f"The first {fitting} are right." if fitting > 1 else "The first one is right."
    return Answered(step, text, False, f"{told} What comes next?" if fitting else "Something else comes first. What?")


def _in_common(one: list[str], other: list[str]) -> int:
    """How many lines at the start are the same."""
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    return at


def _known(step: Step, text: str) -> Wrong | None:
    """The wrong answer that somebody has thought of."""
    return next((wrong for wrong in step.wrong if wrong.answer and _same(wrong.answer, text)), None)


def _same(one: str, other: str) -> bool:
    """Whether two values are one: numbers by their value, a call without an errno as none."""
    a, b = _number(one), _number(other)
    if a is not None and b is not None:
        return a == b
    return one.casefold() == ("none" if other == "None" else other.casefold())


def _number(text: str) -> int | None:
    try:
        return number(text)
    except BadValue:
        return None


def _worded(found: str) -> str:
    """A kernel's result, with the name of the errno in it."""
    value = _number(found)
    if value is not None and -4096 < value < 0:
        return f"{found} (-{errno_name(-value)})"
    return "no errno" if found == "None" else found


def _choice(step: Step, chosen: str) -> str:
    return step.choices[ord(chosen) - ord("a")].text.rstrip(".")
