"""trace insmod, modprobe and rmmod: what a module's init or exit function does."""

from __future__ import annotations

from typing import Any

from kshell.kernel.core.trace import Tracer
from kshell.shell.calls.hops import Hops
from kshell.shell.commands.registry import find
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import Line, View


class ModuleTraceView(View):
    """The hops of a command's functions, and what it says itself."""

    def __init__(self, hops: Hops, view: View) -> None:
        self.hops, self.view = hops, view

    def json(self) -> dict[str, Any]:
        return self.view.json() | {"hops": self.hops.json()}

    def lines(self, width: int | None = None) -> list[Line]:
        return [*self.hops.lines(width), *self.view.lines(width)]


def trace_modules(session: Context, words: list[Word], detail: str) -> View:
    """The command of that line, traced.  Where it fails, its hops stand under what it says of that."""
    command, k, tracer = find(words[0].text), session.kernel, Tracer(wants_events=True)
    assert command is not None
    tracer.detail = detail or tracer.detail
    try:
        with k.heard_by(tracer):
            view = command.handler(session, words[1:])
    except CommandError as error:
        hops = Hops(tracer.events, [], tree=k.image.tree)
        lines = ["".join(text for text, _ in line) for line in hops.lines(None)]
        error.problem = error.problem._replace(excerpt=(*error.problem.excerpt, *lines))
        error.facts = {**error.facts, "hops": hops.json()}
        raise
    return ModuleTraceView(Hops(tracer.events, [], tree=k.image.tree), view)
