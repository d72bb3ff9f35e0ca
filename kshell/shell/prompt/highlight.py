"""The colours of a line that is being typed: pure functions from a text to fragments (style class, text).

What is wrong is underlined as well as red; what is not finished yet has no colour, so that nothing blinks red while
a name is being typed.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from kshell.abi.symbolic import SYMBOLS
from kshell.shell.calls.arguments import EXTRA, TYPED, BadValue, register_value
from kshell.shell.commands import registry
from kshell.shell.lines.words import TypedCommand, Word
from kshell.shell.prompt.line import LONGEST, expected, is_i386, lenient
from kshell.shell.session import Session

Fragments = list[tuple[str, str]]


def highlight(session: Session, text: str) -> Fragments:
    """The whole text, in fragments."""
    if len(text) > LONGEST:
        return [("", text)]
    parts, quote = lenient(text)
    out: Fragments = []
    at = 0
    for part in parts:
        for number, word in enumerate(part.words):
            out += _gap(text[at : word.column])
            end = min(word.column + len(word.raw), len(text))
            last = end == len(text)
            out += _word(session, part, number, text[word.column : end], quote if last else "", last)
            at = end
    return [fragment for fragment in [*out, *_gap(text[at:])] if fragment[1]]


def _gap(text: str) -> Fragments:
    """Blanks, a separator, or a comment."""
    head, mark, comment = text.partition("#")
    out: Fragments = []
    for number, piece in enumerate(head.split(";")):
        if number:
            out.append(("class:separator", ";"))
        out.append(("", piece))
    return [*out, ("class:comment", mark + comment)]


def _word(session: Session, part: TypedCommand, number: int, raw: str, quote: str, last: bool) -> Fragments:
    word = part.words[number]
    if quote:
        return _open_quote(raw, quote)
    if number == 0:
        return [(_command_style(word.text, last), raw)]
    wanted = expected(part.words[:number])
    if wanted.command is None:
        return [("", raw)]
    if word.text.startswith("-") and not word.quote:
        known = {spelling for option in wanted.command.options for spelling in option.known}
        if word.text.partition("=")[0] in known:
            return [("class:option", raw)]
    if wanted.kind in ("syscall", "line") and not word.quote:
        takes_commands = wanted.kind == "line" or wanted.command.name == "man"
        side = session.kernel.ia32 if is_i386(wanted) else session.kernel
        return [(_call_style(side.table.by_name, word, last, takes_commands), raw)]
    if wanted.kind == "row":
        return [("class:call" if word.text in session.kernel.table.by_name else _range_style(word.text), raw)]
    if wanted.kind == "value":
        return _value(word, raw)
    if wanted.kind == "command":
        return [("class:command" if registry.is_command(word.text) else "", raw)]
    if wanted.kind in ("goal", "parameter") and "=" in raw and not word.quote:
        name, _, value = raw.partition("=")
        return [("class:option", name + "="), (_number_style(value), value)]
    if wanted.kind == "module":
        return [("class:module" if word.text in session.kernel.modules else "", raw)]
    return [("class:string" if word.quote else _number_style(word.text), raw)]


def _open_quote(raw: str, quote: str) -> Fragments:
    """A quote that is not closed: the quote itself is marked, what it holds looks like a string."""
    at = raw.find(quote)
    return [("", raw[:at]), ("class:unbalanced", quote), ("class:string", raw[at + 1 :])]


def _command_style(name: str, unfinished: bool) -> str:
    if registry.is_command(name):
        return "class:command"
    if unfinished and any(known.startswith(name) for known in (*registry.names(), *registry.aliases())):
        return ""
    return "class:unknown"


def _call_style(calls: Collection[str], word: Word, unfinished: bool, takes_commands: bool) -> str:
    name = word.text
    if name in calls:
        return "class:call"
    if takes_commands and (name in ("on", "off") or registry.is_command(name)):
        return "class:command"
    if _number_style(name):
        return "class:number"
    for prefix in ("__NR_", "SYS_", "sys_", "__x64_sys_"):
        if name.startswith(prefix) and name.removeprefix(prefix) in calls:
            return "class:call"
    if unfinished and any(known.startswith(name) for known in calls):
        return ""
    return "class:unknown"


def _range_style(text: str) -> str:
    first, _, last = text.partition("-")
    return "class:number" if _number_style(first) == _number_style(last or first) == "class:number" else ""


def _number_style(text: str) -> str:
    try:
        return "class:number" if register_value(text) is not None else ""
    except BadValue:
        return "class:unknown"


def _value(word: Word, raw: str) -> Fragments:
    """An argument of a call: a string, or flags and numbers joined by |."""
    if word.quote:
        return [("class:string", raw)]
    if raw.startswith("&"):
        return [("class:symbol", raw)]
    if raw.startswith("buf:") or re.match(TYPED, raw):
        return [("class:buffer", raw)]
    out: Fragments = []
    for number, term in enumerate(raw.split("|")):
        if number:
            out.append(("class:separator", "|"))
        known = term in SYMBOLS or term in EXTRA
        out.append(("class:constant" if known else _number_style(term), term))
    return out
