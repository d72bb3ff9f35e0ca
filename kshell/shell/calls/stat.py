"""How many instructions a call or a program took, as `perf stat` says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kshell.kernel.kernel import Kernel
from kshell.shell.lines.options import Option
from kshell.shell.lines.words import Word
from kshell.shell.views.view import Line, View, show, span

COUNT_WIDTH = 18  # of the numbers, as perf has them


class StatView(View):
    """What a command came to, and its counts."""

    def __init__(self, view: View, what: str, user: int, kernel: int) -> None:
        self.view, self.status = view, view.status
        self._what, self._user, self._kernel = what, user, kernel

    def json(self) -> dict[str, Any]:
        return self.view.json() | {"stat": {"instructions_user": self._user, "instructions_kernel": self._kernel}}

    def lines(self, width: int | None = None) -> list[Line]:
        counts = (("instructions:u", self._user), ("instructions:k", self._kernel))
        rows: list[Line] = [[(f"{number:>{COUNT_WIDTH},}", "number"), (f"      {name}", "")] for name, number in counts]
        head = span(f" Performance counter stats for '{show(self._what)}':")
        return [*self.view.lines(width), [], head, [], *rows]


STAT = Option("--stat", "count the instructions in user and in kernel mode, as perf stat does")


def counted(k: Kernel, name: str, words: list[Word], make: Callable[[list[Word]], View]) -> View:
    """What `make` answers to the words of a command but --stat, with the instructions that the CPU executes for it."""
    rest = [word for word in words if word.text != STAT.key or word.quote]
    what = " ".join([name, *(word.raw for word in rest)])
    count = k.cpu.count
    count.begin()
    try:
        view = make(rest)
    finally:
        count.wanted = False
    return StatView(view, what, count.user, count.kernel)
