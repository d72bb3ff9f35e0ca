"""F1: what is known about the word under the cursor.  Pages are read, nothing is run."""

from __future__ import annotations

from collections.abc import Sequence

from kshell.shell.commands import registry
from kshell.shell.errors import CommandError
from kshell.shell.lines.words import Word, plain
from kshell.shell.modules.samples import find_sample
from kshell.shell.prompt.line import Expected, expected, lenient
from kshell.shell.prompt.values import HINTS, constants, parameter_at
from kshell.shell.session import Session
from kshell.shell.views.failure import Failure
from kshell.shell.views.output import Result
from kshell.shell.views.view import Line, Text, View, marked, show, span

KEYS = (
    ("Tab", "complete; Enter takes the choice from the list, Esc closes it"),
    ("Right, Ctrl-E", "take the grey suggestion"),
    ("Up, Ctrl-R", "earlier lines; search in them"),
    ("Ctrl-C", "clear the line, or end what is running"),
    ("Ctrl-L", "clear the screen"),
    ("Ctrl-D", "on an empty line: end the session"),
    ("F1, Ctrl-X h", "explain the word under the cursor"),
)


def explain(session: Session, text: str, column: int) -> Result:
    """What F1 shows for the word at `column` of a line."""
    try:
        view = _explain(session, text, column)
    except CommandError as error:
        view = Failure(error)
    return Result("", 0, view)


def _explain(session: Session, text: str, column: int) -> View:
    words, word = _word_at(text, column)
    if word is None:
        return _keys() if not words else _command_page(session, words)
    wanted = expected(words)
    name = word.text
    if wanted.kind == "command" and registry.is_command(name):
        return session.call([plain("help"), plain(name)])
    k = session.kernel
    if wanted.kind in ("syscall", "row", "line", "command") and name in k.table.by_name:
        return session.call([plain("man"), plain(name)])
    if wanted.kind == "value":
        return _value(session, wanted, name)
    if name in k.modules or (wanted.kind in ("sample", "module") and find_sample(name)):
        return session.call([plain("modinfo"), plain(name)])
    symbol = k.symbols.lookup(name.lstrip("&"))
    if symbol is not None:
        return session.call([plain("kallsyms"), plain(symbol.name)])
    if wanted.kind == "command":
        return session.call([plain("help"), plain(name)])
    if wanted.kind == "goal" and name:
        from kshell.kbuild.goals import GOALS

        if name in GOALS:
            return Text([[(f"make {name}", "hint"), (f": {GOALS[name]}", "")], marked("`help make`  says more")])
    return _command_page(session, [*words, word])


def _word_at(text: str, column: int) -> tuple[list[Word], Word | None]:
    """The words before the one that `column` is in or behind, and that word; None if it stands between two."""
    parts, _ = lenient(text)
    before: list[Word] = []
    for part in parts:
        if part.words[0].column > column:
            break
        before = []
        for word in part.words:
            if word.column <= column <= word.column + len(word.raw):
                return before, word
            if word.column > column:
                return before, None
            before.append(word)
        if ";" in text[before[-1].column + len(before[-1].raw) : column]:
            before = []
    return before, None


def _keys() -> View:
    pages = (
        "`help`  lists the commands",
        "`help config`  shows the settings; `kshell --write-config` makes their file",
    )
    return Text([*key_lines("Keys of the prompt", KEYS), *map(marked, pages)])


def key_lines(heading: str, keys: Sequence[tuple[str, str]]) -> list[Line]:
    """Keys, each with what it does."""
    width = max(len(key) for key, _ in keys)
    return [span(heading, "heading"), *([(f"  {key:<{width}}  ", "name"), (does, "")] for key, does in keys)]


def _command_page(session: Session, words: Sequence[Word]) -> View:
    wanted = expected(words)
    if wanted.call is not None and wanted.call in session.kernel.table.by_name:
        return session.call([plain("man"), plain(wanted.call)])
    name = wanted.command.name if wanted.command is not None else words[0].text
    return session.call([plain("help"), plain(name)])


def _value(session: Session, wanted: Expected, name: str) -> View:
    """An argument of a call: the values of its constants, and what the call wants there."""
    lines = []
    known = {candidate.text: candidate.meaning for candidate in constants()}
    for term in name.split("|"):
        if term in known:
            lines.append([(f"{term}", "name"), (f" = {known[term]}", "")])
    parameter = parameter_at(session.kernel, wanted)
    if parameter is not None:
        hint = HINTS.get(parameter.ctype.show, "")
        lines.append([(f"argument {wanted.position} of {show(wanted.call or '')}: ", "dim"), (str(parameter), "name")])
        lines[-1].append((f"  ({hint})" if hint else "", ""))
    if wanted.call is not None and wanted.call in session.kernel.table.by_name:
        lines.append([(f"man {wanted.call}", "hint"), ("  shows the page of the call", "dim")])
    return Text(lines) if lines else _command_page(session, wanted.words)
