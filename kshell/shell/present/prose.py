"""Headings, paragraphs and questions, as views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kshell.shell.views.view import Line, View, marked, span
from kshell.shell.views.wrapping import choice_lines, columns, wrapped

WIDEST = 88  # columns: longer lines are hard to read
USUAL = 80  # where nobody says how wide the screen is


class Paragraphs(View):
    """Prose; what stands between backquotes is something to type."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def json(self) -> dict[str, Any]:
        return {"prose": list(self.texts)}

    def lines(self, width: int | None = None) -> list[Line]:
        lines: list[Line] = []
        for text in self.texts:
            lines += [[], *paragraph(text, width)]
        return lines[1:]


class Heading(View):
    """A heading, underlined so that it is one without colours, too."""

    def __init__(self, text: str) -> None:
        self.heading = text

    def json(self) -> dict[str, Any]:
        return {"heading": self.heading}

    def lines(self, width: int | None = None) -> list[Line]:
        found = wrapped([(self.heading, "name")], width or USUAL)
        rule = min(columns(self.heading), width or USUAL)
        return [*found, span("=" * rule, "dim")]


class Asked(View):
    """A question, and its answers, each with a letter."""

    def __init__(self, question: str, choices: Sequence[str]) -> None:
        self.question, self.choices = question, choices

    def json(self) -> dict[str, Any]:
        return {"question": self.question, "choices": list(self.choices)}

    def lines(self, width: int | None = None) -> list[Line]:
        lines = paragraph(self.question, width)
        for at, choice in enumerate(self.choices):
            lines += choice_lines(at, choice, reading_width(width))
        return lines


def reading_width(width: int | None) -> int:
    """How wide prose is on a screen."""
    return min(width or USUAL, WIDEST)


def paragraph(text: str, width: int | None) -> list[Line]:
    """One paragraph."""
    return wrapped(marked(text), reading_width(width))
