"""A lesson as slides for a class: its predictions are asked of all, its solutions are shown, each on a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import unified_diff
from typing import Any

from kshell.lesson.lesson import Lesson, Step
from kshell.lesson.prose import prose
from kshell.lesson.starters import lay_out, solve, told
from kshell.lesson.views import shuffled
from kshell.shell.present.deck import Ask, Beat, Deck, Run, Slide, Tell
from kshell.shell.views.view import Line, Text, View, span

OTHER = "another value"


def lesson_deck(lesson: Lesson) -> Deck:
    """The deck of a lesson."""
    slides = [_first(lesson), *(_slide(lesson, step) for step in lesson.steps)]
    if lesson.remember:
        slides.append(Slide("Remember", Markdown("\n".join(f"- {text}" for text in lesson.remember))))
    return Deck(lesson.slug, tuple(slides), f"boot {lesson.kernel} {lesson.cmdline}".strip(), has_files=True)


class Markdown(View):
    """A text of a lesson."""

    def __init__(self, *texts: str) -> None:
        self.texts = [text for text in texts if text]

    def json(self) -> dict[str, Any]:
        return {"say": "\n\n".join(self.texts)}

    def lines(self, width: int | None = None) -> list[Line]:
        return prose("\n\n".join(self.texts), width)


def _first(lesson: Lesson) -> Slide:
    goals = "\n".join(f"- {goal}" for goal in lesson.goals)
    notes = (f"{lesson.minutes} minutes alone; with a class, ask before you show.",)
    return Slide(lesson.title, Markdown("After this you can:", goals), notes)


def _slide(lesson: Lesson, step: Step) -> Slide:
    says = [step.say]
    if step.kind == "parsons":
        lines = [f"{at}. {_literal(text)}" for at, text in enumerate(shuffled(lesson, step), 1)]
        says += [step.question, "\n".join(lines)]
    beats = {"predict": _predict, "choice": _predict, "parsons": _parsons}.get(step.kind, _solution)(lesson, step)
    heading, notes = step.title or lesson.title, tuple(_notes(step))
    return Slide(heading, Markdown(*says), notes, tuple(beats), lambda: _lay_out(lesson, step))


def _literal(text: str) -> str:
    """Text that Markdown is to leave as it is."""
    return f"`{text}`" if "`" not in text else text


def _predict(lesson: Lesson, step: Step) -> Iterable[Beat]:
    """The question, what it is about, and what is to be said to it."""
    choices, right, wrong = _choices(step)
    yield Ask(Markdown(step.question), choices, right)
    yield from _runs(lesson, step, step.run)
    yield Tell(Markdown(step.then), judges=True, wrong=wrong)


def _choices(step: Step) -> tuple[tuple[str, ...], int, dict[int, View]]:
    """What hands are shown for, the place of what is right, what is said to the others.

    A value is chosen among those that the lesson knows something about; if it knows but one, the class says it aloud.
    """
    said = {wrong.answer: Markdown(wrong.say) for wrong in step.wrong if wrong.answer}
    if step.choices:
        places = {each: at for at, each in enumerate(step.letters)}
        wrong: dict[int, View] = {places[answer]: view for answer, view in said.items() if answer in places}
        return tuple(choice.text for choice in step.choices), places[step.right], wrong
    values = sorted({step.right, *said})
    wrong = {values.index(answer): view for answer, view in said.items()}
    choices = (*values, OTHER) if len(values) > 1 else ()
    return choices, values.index(step.right), wrong


def _parsons(lesson: Lesson, step: Step) -> Iterable[Beat]:
    right: list[Line] = [[(f"  {at:2d}  ", "name"), (text, "hint")] for at, text in enumerate(step.lines, 1)]
    yield Tell(Text([span("In their order:"), [], *right]))
    if step.then:
        yield Tell(Markdown(step.then))


def _solution(lesson: Lesson, step: Step) -> Iterable[Beat]:
    """A way to do it, first hidden; nothing for a text."""
    if step.solution:
        yield Tell(Text(_edits(lesson, step) or [span("One way:")]))
        yield from _runs(lesson, step, step.solution)
    elif step.edit or step.solved:
        yield Tell(Text(_edits(lesson, step)))
    if step.then:
        yield Tell(Markdown(step.then))


def _edits(lesson: Lesson, step: Step) -> list[Line]:
    """What is changed in files, for the class."""
    lines = told(step.edit)
    if step.solved:
        lines.append([("in ", ""), (step.file, "name"), (":", "")])
        before, after = (lesson.files[name].decode(errors="replace").splitlines() for name in (step.file, step.solved))
        lines += [[("    ", ""), *_changed(line)] for line in [*unified_diff(before, after, n=2, lineterm="")][3:]]
    return lines


def _changed(line: str) -> Line:
    role = {"+": "good", "-": "errno", "@": "dim"}.get(line[:1], "")
    return [(line, role)]


def _runs(lesson: Lesson, step: Step, lines: Sequence[str]) -> Iterable[Run]:
    """The commands; before the first one what is to be done in files is done."""

    def prepare() -> None:
        _lay_out(lesson, step)
        solve(lesson, step)

    for number, line in enumerate(lines):
        yield Run((line,), None if number else prepare)


def _lay_out(lesson: Lesson, step: Step) -> None:
    """The files that the lesson has given so far."""
    for earlier in lesson.steps[: lesson.steps.index(step) + 1]:
        lay_out(lesson, earlier)


def _notes(step: Step) -> Iterable[str]:
    """What the speaker reads: the lesson's own notes, what is right, the hints, what is behind each wrong answer."""
    yield from step.notes.split("\n\n") if step.notes else ()
    if step.right:
        yield f"Right: {step.right}"
    for number, hint in enumerate(step.hints, 1):
        yield f"Hint {number}: {hint}"
    for wrong in step.wrong:
        misconception = f" ({wrong.misconception})" if wrong.misconception else ""
        if wrong.answer:
            yield f"Who says {wrong.answer}{misconception}: {wrong.say}"
        else:
            yield f"If it goes wrong{misconception}: {wrong.say}"
