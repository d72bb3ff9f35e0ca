"""The last report of the kernel, as `explain` shows it."""

from __future__ import annotations

from typing import Any

from kshell.kernel.kernel import Kernel
from kshell.kernel.report.oops_report import Oops
from kshell.shell.oopses.case import Case
from kshell.shell.oopses.line_by_line import parts
from kshell.shell.views.view import Line, View, marked, show, span
from kshell.shell.views.wrapping import wrapped

INDENT = "    "
UNBOUNDED = 1 << 30  # columns


class Explanation(View):
    """Each line of a report, and under it what it says."""

    def __init__(self, k: Kernel, oops: Oops) -> None:
        self.oops, self.parts = oops, parts(Case(k, oops))

    def json(self) -> dict[str, Any]:
        return {"because": self.oops.why, "lines": [{"lines": part.lines, "says": part.says} for part in self.parts]}

    def lines(self, width: int | None = None) -> list[Line]:
        room = width or UNBOUNDED
        found = wrapped([(show(self.oops.why), "heading")], room) if self.oops.why else []
        for part in self.parts:
            found.append([])
            for text in part.lines:
                found += _fitted(show(text), room)
            found += wrapped(marked(show(part.says), "instruction"), room, INDENT) if part.says else []
        return found


def _fitted(text: str, room: int) -> list[Line]:
    """A line of the report as it is or, where the screen is too narrow, broken between its words."""
    return [span(text, "name")] if len(text) <= room else wrapped([(text, "name")], room)
