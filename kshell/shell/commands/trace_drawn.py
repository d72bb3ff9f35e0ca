"""trace --diagram and --mermaid: a traced command as a picture."""

from __future__ import annotations

from collections.abc import Callable

from kshell.shell.calls.call_views import TracedView
from kshell.shell.commands.registry import misuse
from kshell.shell.diagrams.diagram_view import DiagramView, MermaidView, sequence_in
from kshell.shell.diagrams.glyphs import ASCII, BOXES
from kshell.shell.diagrams.mermaid import mermaid
from kshell.shell.host_files import write_new
from kshell.shell.lines.options import Given
from kshell.shell.state.context import Context
from kshell.shell.views.view import View, show


def diagram(session: Context, trace: Callable[[], View], given: Given) -> View:
    """What is traced by that, as a sequence diagram."""
    traced = _hopping("--diagram", trace)
    return DiagramView(traced, BOXES if session.output.has_boxes else ASCII)


def for_mermaid(session: Context, trace: Callable[[], View], given: Given) -> View:
    """The same in mermaid's words, into a file if one is named.  Else notes become comments in it, so that all of it
    can be redirected."""
    traced, path = _hopping("--mermaid", trace), given.get("-o")
    text = mermaid(sequence_in(traced), session.kernel.take_notes() if path is None else ())
    if path is not None:
        rest = "".join(f" {show(word.raw)}" for word in given.words)
        write_new("trace", path, text, "trace --mermaid -o", rest)
    return MermaidView(traced, text, path)


def _hopping(option: str, trace: Callable[[], View]) -> TracedView:
    """What was traced.  CommandError where there is nothing to draw."""
    view = trace()
    if isinstance(view, TracedView) and view.hops is not None:
        return view
    raise misuse("trace", f"there are no hops that {option} could draw", f"trace {option} syscall getpid")
