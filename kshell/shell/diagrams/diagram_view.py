"""A traced call as a picture, and what else there is to say of it."""

from __future__ import annotations

from typing import Any

from kshell.shell.calls.call_views import TracedView
from kshell.shell.diagrams.drawing import draw
from kshell.shell.diagrams.glyphs import Glyphs
from kshell.shell.diagrams.path import messages_of
from kshell.shell.diagrams.sequence import Sequence, sequence_of
from kshell.shell.views.view import Line, View, show, span

MOST_MESSAGES = 500  # more can be read neither on a screen nor on a slide


def sequence_in(traced: TracedView) -> Sequence:
    """The sequence of what was traced."""
    hops = traced.hops
    assert hops is not None
    return sequence_of(messages_of(hops.events, traced.ending, hops.tree), MOST_MESSAGES)


class DiagramView(View):
    """The diagram in the place of the hops; with --json it comes beside them."""

    def __init__(self, traced: TracedView, glyphs: Glyphs) -> None:
        self.status, self._traced, self._glyphs = traced.status, traced, glyphs
        self.sequence = sequence_in(traced)

    def json(self) -> dict[str, Any]:
        return self._traced.json() | {"diagram": self.sequence.json()}

    def lines(self, width: int | None = None) -> list[Line]:
        return [*draw(self.sequence, width, self._glyphs), *self._traced.own_lines(width)]


class MermaidView(View):
    """The diagram in mermaid's words, which went to the file `path`, if that is given."""

    def __init__(self, traced: TracedView, text: str, path: str | None) -> None:
        self.status, self._traced, self._text, self._path = traced.status, traced, text, path

    def json(self) -> dict[str, Any]:
        return self._traced.json() | {"mermaid": self._text}

    def lines(self, width: int | None = None) -> list[Line]:
        if self._path is not None:
            return [*self._traced.own_lines(width), span(f"wrote {show(self._path)}")]
        return [span(line) for line in self._text.splitlines()]
