"""trace insmod, modprobe and rmmod: what a module's init or exit function does."""

from __future__ import annotations

from kshell.kernel.trace.listening import heard_by
from kshell.kernel.trace.tracer import Tracer
from kshell.shell.calls.call_views import ModuleTraceView
from kshell.shell.calls.hops import Hops
from kshell.shell.commands.registry import find
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word
from kshell.shell.state.context import Context
from kshell.shell.views.view import plain


def trace_modules(session: Context, words: list[Word], detail: str) -> ModuleTraceView:
    """The command of that line, traced.  Where it fails, its hops stand under what it says of that."""
    command, k, tracer = find(words[0].text), session.kernel, Tracer(wants_events=True)
    assert command is not None
    tracer.detail = detail or tracer.detail
    try:
        with heard_by(k, tracer):
            view = command.handler(session, words[1:])
    except CommandError as error:
        hops = Hops(tracer.events, [], tree=k.image.tree)
        lines = map(plain, hops.lines(None))
        error.problem = error.problem._replace(excerpt=(*error.problem.excerpt, *lines))
        error.facts = {**error.facts, "hops": hops.json()}
        raise
    return ModuleTraceView(Hops(tracer.events, [], tree=k.image.tree), view)
