"""What make shows: the lines of the build, kshell's notes, and what the same costs on a real machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.make import Made
from kshell.kbuild.messages import BuildMessage
from kshell.shell.errors import CommandError
from kshell.shell.host_files import named
from kshell.shell.state.context import Context
from kshell.shell.trees.named_tree import build_of, is_running, tree_shown
from kshell.shell.trees.tree_notes import reload
from kshell.shell.trees.tree_running import way_there
from kshell.shell.views.view import Column, Line, Table, View, labelled, show, show_lines, span

if TYPE_CHECKING:
    from kshell.cc.listing import Listed

# A step, and what it takes on a real machine: orders of magnitude, for a laptop of four cores.
REAL_COST = (
    ("rebuild", "half an hour; after an edit, minutes"),
    ("reinstall", "a minute"),
    ("reboot", "a minute or two, and every program ends"),
    ("a module", "a second: nothing rebuilt or stopped"),
)
MOST_ERRORS = 9  # behind the first
MOST_MODULES = 3  # that the line of what comes next names


def message_lines(line: object) -> list[Line]:
    """A line of the log as lines of the screen."""
    if isinstance(line, str):
        return [_step_line(text) for text in show_lines(line)]
    message: BuildMessage = line  # type: ignore[assignment]
    is_error = message.kind == "error"  # whose reasons are shown at the end
    said = [span(text, "error" if is_error else "note") for text in show_lines(message.head())]
    reasons = [] if is_error else [*labelled("because", message.because), *labelled("try", message.try_)]
    return [*said, *_excerpt(message), *reasons]


def _step_line(text: str) -> Line:
    if text.startswith("  ") and text[2:3].isupper():
        return [(text[:10], "symbol"), (text[10:], "")]
    return span(text)


def _excerpt(message: BuildMessage) -> list[Line]:
    """The lines of the source under a message."""
    return [span(show(text), "caret" if set(text) <= set(" |^~") else "") for text in message.excerpt]


def note_lines(note: BuildMessage) -> list[Line]:
    """One of kshell's notes, with its because and try."""
    place = note.place()
    head: Line = [("note: ", "note"), (show(f"{place}: {note.text}" if place else note.text), "")]
    return [head, *_excerpt(note), *labelled("because", note.because), *labelled("try", note.try_)]


class MakeView(View):
    """A build that went through.  `show_lines`: nobody has seen its lines yet."""

    def __init__(self, session: Context, log: BuildLog, made: Made, folder: str, show_lines: bool) -> None:
        self.log, self.made, self.folder, self.show_lines = log, made, folder, show_lines
        there = build_of(session, made.tree) if made.tree else None
        self._build = made.build or (there[1] if there is not None else None)
        modules = [os.path.relpath(path) if os.path.isabs(path) else path for path in log.modules[:MOST_MODULES]]
        self._next = "" if made.relinked else "; ".join(_steps(session, made.tree, modules))

    def json(self) -> dict[str, Any]:
        return build_json(self.log) | {
            "release": self.made.release or None,
            "build": self._build,
            "linked": self.made.relinked,
        }

    def lines(self, width: int | None = None) -> list[Line]:
        lines = [each for line in self.log.lines for each in message_lines(line)] if self.show_lines else []
        for note in self.log.notes:
            lines += note_lines(note)
        if self.made.relinked:
            lines += self._cost(width)
        if self._next:
            lines.append([("next: ", "dim"), (self._next, "hint")])
        return lines

    def _cost(self, width: int | None) -> list[Line]:
        shown = named(self.folder)
        compiled = sum(tool.startswith("CC") for tool, _ in self.log.steps)
        here = (
            f"{compiled} file{'s' * (compiled != 1)} compiled, 1 linked",
            "make install: 2 files copied",
            "boot: a fresh machine",
            "rmmod, edit, insmod: 1 file",
        )
        rows = [(step, mine, real) for (step, real), mine in zip(REAL_COST, here, strict=True)]
        columns = [Column("step", "name"), Column("here"), Column("on a real machine")]
        next_: Line = [("next: ", "dim"), (f"make -C {shown} install", "hint"), ("; ", ""), (f"boot {shown}", "hint")]
        return [[], *Table(columns, rows, {}).lines(width), next_]


def _steps(session: Context, tree: str, modules: list[str]) -> list[str]:
    """What brings these modules into the kernel; before it, where that is not the one that runs, what boots it."""
    folder = tree_shown(session, tree) if tree else ""
    built = build_of(session, folder) if folder and modules else None
    k = session.kernel if session.has_kernel else None
    if built is None or (k is not None and is_running(k, folder) and k.image.build == built[1]):
        return reload(session, modules)
    return [way_there(session, folder, rebuild=False), *(f"insmod {named(path)}" for path in modules)]


def build_json(log: BuildLog) -> dict[str, Any]:
    """The fields that --json has for a build; `listings` only where it was asked for them (V=1)."""
    listings = [{"target": t, "rows": [listed_json(each) for each in rows]} for t, rows in log.listings]
    return {
        "steps": [{"tool": tool, "target": target} for tool, target in log.steps],
        "messages": [message_json(line) for line in log.lines if not isinstance(line, str)],
        "notes": [message_json(note) for note in log.notes],
    } | ({"listings": listings} if log.verbose else {})


def listed_json(each: Listed) -> dict[str, Any]:
    """One instruction of an object."""
    place = {"function": each.function, "section": each.section, "offset": f"{each.offset:#x}"}
    code = {"bytes": each.code.hex(), "text": each.text, "symbol": each.wanted or None}
    return {**place, **code, "file": each.file or None, "line": each.line or None}


def message_json(message: BuildMessage) -> dict[str, Any]:
    """One message of a tool or note of kshell's."""
    return {
        "kind": message.kind,
        "text": message.text,
        "file": message.file or None,
        "line": message.line or None,
        "column": message.column or None,
        "because": message.because,
        "try": message.try_,
    }


def failed_build(command: str, failed: BuildFailed, log: BuildLog) -> CommandError:
    """The errors that ended a build.  Those that were printed already stand in the log; here are their reasons."""
    first, *more = [as_error(message) for message in failed.messages] or [CommandError(f"{command}: the build failed")]
    first.more, first.after = more[:MOST_ERRORS], [show(line) for line in failed.trail]
    first.facts = build_json(log)
    return first


def as_error(message: BuildMessage) -> CommandError:
    """One of the errors of a build, as that of a command."""
    what, details = "\n".join(show_lines(message.head())), [show(text) for text in message.excerpt]
    return CommandError(what, show(message.because), show(message.try_), details=details)
