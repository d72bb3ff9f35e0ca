"""What the lessons show: a step, what a check came to, the list of lessons."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from kshell.lesson.checks import Found
from kshell.lesson.lesson import Lesson, Step
from kshell.lesson.progress import Progress
from kshell.lesson.prose import prose
from kshell.shell.views.view import Line, View, marked, span
from kshell.shell.views.wrapping import choice_lines, wrapped

GO_ON = "to go on: Enter, or `next`"
TO_DO = {
    "choice": "type its letter",
    "parsons": "type the numbers in their right order, as in 2 1 3",
    "command": "what is missing: `check`    help: `hint`",
    "fill": "open the file: `edit {file}`    what is missing: `check`    help: `hint`",
    "explore": "any way that leads there is right    what is missing: `check`    help: `hint`",
}


def shuffled(lesson: Lesson, step: Step) -> list[str]:
    """The lines of a parsons step as they are shown, always in the same disorder."""
    texts = [*step.lines, *step.extra]
    order = texts[:]
    seed = 0
    while order == texts and len(texts) > 1:
        Random(f"{lesson.slug} {step.id} {seed}").shuffle(order)
        seed += 1
    return order


class StepView(View):
    """A step: where it is, its text, its question, and what to do, if it is not done already."""

    def __init__(self, lesson: Lesson, at: int, notes: Sequence[str] = (), is_done: bool = False) -> None:
        self.lesson, self.at, self.step, self.notes = lesson, at, lesson.steps[at], notes
        self._is_done = is_done

    def json(self) -> dict[str, Any]:
        step = self.step
        found: dict[str, Any] = {"lesson": self.lesson.slug, "step": step.id, "number": self.at + 1}
        found |= {"of": len(self.lesson.steps), "kind": step.kind, "title": step.title, "say": step.say}
        found |= {"done": self._is_done}
        if step.asks:
            found |= {"question": step.question, "choices": [choice.text for choice in step.choices]}
        if step.kind == "parsons":
            found["lines"] = shuffled(self.lesson, step)
        return found | ({"notes": list(self.notes)} if self.notes else {})

    def lines(self, width: int | None = None) -> list[Line]:
        step = self.step
        number = f"Lesson {self.lesson.number}" if self.lesson.number else "Lesson"
        title = step.title or self.lesson.title
        lines: list[Line] = [
            [],
            [(f"{number}, step {self.at + 1} of {len(self.lesson.steps)}: ", "dim"), (title, "heading")],
        ]
        lines += [[], *prose(step.say, width)] if step.say else []
        if step.question:
            lines += [[], *prose(step.question, width)]
        for at, choice in enumerate(step.choices):
            lines += choice_lines(at, choice.text, width or 80)
        if step.kind == "parsons":
            lines.append([])
            for at, text in enumerate(shuffled(self.lesson, step), 1):
                lines.append([(f"  {at:2d}  ", "name"), (text, "hint")])
        for note in self.notes:
            lines += [[], *wrapped(marked(note), width or 80)]
        return [*lines, [], [("-> ", "dim"), *marked(self._to_do())]]

    def _to_do(self) -> str:
        step = self.step
        if step.kind == "text":
            return GO_ON
        if self._is_done:
            return f"this step is done    {GO_ON}"
        if step.kind == "predict" and step.choices:
            return f"before you see it: type {', '.join(step.letters)}"
        if step.kind == "predict":
            return "before you see it: type the number" if step.compare == "ret" else "before you see it: type its name"
        return TO_DO[step.kind].format(file=step.file)


class Feedback(View):
    """What the lesson says to something that was done: a mark that needs no colour, and Markdown."""

    def __init__(self, passed: bool, said: str, more: dict[str, Any], goes_on: str = "") -> None:
        self.passed, self.said, self.more, self.goes_on = passed, said, more, goes_on
        self.mark = "[ok]" if passed else "[not yet]"

    def json(self) -> dict[str, Any]:
        return {"passed": self.passed, "say": self.said, **self.more}

    def lines(self, width: int | None = None) -> list[Line]:
        mark = (self.mark, "good" if self.passed else "errno")
        lines = prose(self.said, width, mark) or [[mark]]
        return [*lines, *([[("-> ", "dim"), *marked(self.goes_on)]] if self.goes_on else [])]


class CheckView(View):
    """What each check of a step looked at, wanted and found."""

    def __init__(self, found: Sequence[Found], hint: str) -> None:
        self.found, self.hint = found, hint
        self.status = 0 if all(each.passed for each in found) else 1

    def json(self) -> dict[str, Any]:
        return {"passed": not self.status, "checks": [each._asdict() for each in self.found]}

    def lines(self, width: int | None = None) -> list[Line]:
        lines: list[Line] = []
        for each in self.found:
            mark = ("[ok] ", "good") if each.passed else ("[not yet] ", "errno")
            lines.append([mark, (each.looked_at, ""), (f": {each.wanted}" if each.passed and each.wanted else "", "")])
            if not each.passed:
                lines.append([("    wanted: ", "dim"), (each.wanted, "")])
                lines.append([("    found:  ", "dim"), (each.found, "")])
        return [*lines, *([[("-> ", "dim"), *marked(self.hint)]] if self.hint else [])]


class ListView(View):
    """The lessons, each with how far the person has come."""

    def __init__(self, lessons: Sequence[Lesson], progress: Progress, problems: Sequence[str]) -> None:
        self.lessons, self.progress, self.problems = lessons, progress, problems

    def json(self) -> dict[str, Any]:
        keys = ("slug", "number", "title", "minutes", "goals", "needs", "kernel", "misconceptions")
        rows = [
            {key: getattr(each, key) for key in keys} | {"steps": len(each.steps), "progress": self._progress(each)}
            for each in self.lessons
        ]
        return {"lessons": rows, "problems": list(self.problems)}

    def _progress(self, lesson: Lesson) -> str:
        state = self.progress.state(lesson)
        if state.is_open:
            return f"step {(lesson.index_of(state.step) or 0) + 1} of {len(lesson.steps)}"
        return "done" if state.ended else ""

    def lines(self, width: int | None = None) -> list[Line]:
        lines: list[Line] = [span("Lessons: you predict, run, and compare."), []]
        for lesson in self.lessons:
            progress = self._progress(lesson)
            tail = f"  [{progress}]" if progress else f"  {lesson.minutes} min"
            number = f"{lesson.number:3d}  " if lesson.number else "  -  "
            lines.append([(number, "dim"), (lesson.title, "name"), (tail, "good" if progress else "dim")])
        lines += [span(problem, "error") for problem in self.problems]
        following = self._next()
        if following is None:
            return [*lines, [], marked("again: `lesson start N`")]
        name = following.number or following.slug
        lines += [[], [(f"Next is {name}. After it you can:", "")]]
        for goal in following.goals:
            lines += wrapped([("- " + goal, "")], width or 80, "  ")
        verb = "go on with" if self.progress.state(following).is_open else "begin with"
        word = "resume" if self.progress.state(following).is_open else "start"
        return [*lines, marked(f"{verb}: `lesson {word} {name}`    of another: `lesson info N`")]

    def _next(self) -> Lesson | None:
        """The one that is under way, or the first that was not done."""
        under_way = [each for each in self.lessons if self.progress.state(each).is_open]
        latest = next((each for each in under_way if each.slug == self.progress.latest), None)
        return latest or next((each for each in self.lessons if not self.progress.state(each).ended), None)


class InfoView(View):
    """What a lesson is about, and where the person is in it."""

    def __init__(self, lesson: Lesson, place: str) -> None:
        self.lesson, self.place = lesson, place

    def json(self) -> dict[str, Any]:
        keys = ("slug", "number", "title", "minutes", "goals", "needs", "kernel", "misconceptions", "remember")
        return {key: getattr(self.lesson, key) for key in keys} | {"place": self.place}

    def lines(self, width: int | None = None) -> list[Line]:
        lesson = self.lesson
        lines: list[Line] = [[(lesson.title, "heading")], span(f"{lesson.minutes} minutes, kernel {lesson.kernel}")]
        for label, texts in (("After it you can:", lesson.goals), ("Do first:", lesson.needs)):
            lines += [span(label, "dim")] if texts else []
            lines += [line for text in texts for line in wrapped([("- " + text, "")], width or 80, "  ")]
        return [*lines, *([span(self.place, "good")] if self.place else [])]


class EndView(View):
    """The last screen of a lesson: what to remember, how the predictions were, what comes next."""

    def __init__(self, lesson: Lesson, answers: dict[str, tuple[str, bool]], after: Lesson | None) -> None:
        self.lesson, self.answers, self.after = lesson, answers, after

    def json(self) -> dict[str, Any]:
        asked = {step: {"answer": answer, "right": right} for step, (answer, right) in self.answers.items()}
        return {"lesson": self.lesson.slug, "done": True, "remember": list(self.lesson.remember), "answers": asked}

    def lines(self, width: int | None = None) -> list[Line]:
        right = sum(right for _, right in self.answers.values())
        lines: list[Line] = [[("Done: ", "good"), (self.lesson.title, "name")]]
        if self.answers:
            lines.append(span(f"{right} of {len(self.answers)} questions answered right the first time."))
        lines += [[], span("Remember:", "heading")] if self.lesson.remember else []
        for text in self.lesson.remember:
            lines += prose("- " + text, width)
        lines.append([])
        if self.after is not None:
            lines.append(marked(f"Next: `lesson start {self.after.number or self.after.slug}`  ({self.after.title})"))
        return [*lines, marked("The machine is yours now: try what you like.  All lessons: `lesson`")]


class ReviewView(View):
    """Each step so far, and what was answered."""

    def __init__(self, lesson: Lesson, done: Sequence[str], answers: dict[str, tuple[str, bool]]) -> None:
        self.lesson, self.done, self.answers = lesson, done, answers

    def json(self) -> dict[str, Any]:
        return {
            "steps": [
                {"step": step.id, "done": step.id in self.done, **self._answer(step)} for step in self.lesson.steps
            ]
        }

    def _answer(self, step: Step) -> dict[str, Any]:
        answer = self.answers.get(step.id)
        return {} if answer is None else {"answer": answer[0], "right": answer[1]}

    def lines(self, width: int | None = None) -> list[Line]:
        lines: list[Line] = []
        for at, step in enumerate(self.lesson.steps, 1):
            mark = "[ok] " if step.id in self.done else "     "
            line: Line = [(f"{at:3d}  ", "dim"), (mark, "good"), (step.title or step.id, "")]
            answer = self.answers.get(step.id)
            if answer is not None:
                text = answer[0] + ("" if answer[1] else f"  (it is {step.right})" if step.right else "  (not right)")
                line += [("   you said ", "dim"), (text, "good" if answer[1] else "errno")]
            lines.append(line)
        return [*lines, marked("back to a step, and the machine with you: `goto N`")]
