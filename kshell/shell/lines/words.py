"""A line typed at the shell, cut into commands and words.

``;`` parts commands, blanks part words, ``#`` at the start of a word begins a comment.  Between double quotes
``\\"`` and ``\\\\`` stand for the character itself and every other backslash stays, so that a system call's
argument can still read C's escapes in it (kshell.shell.calls.arguments); between single quotes nothing is special, but
``'\\''`` is C's quote character.  Outside quotes a backslash protects a blank, a quote, ``;``, ``#`` or itself
and is an ordinary character elsewhere, as paths on Windows need.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kshell.abi.problem import excerpt
from kshell.shell.errors import CommandError

BLANKS = " \t\r\n\f\v"
END = "end"  # the line that ends a program which is typed over several
_PROTECTED = BLANKS + "\\\"';#"
_IN_DOUBLE = '"\\'
# kshell's own, gdb's, and those of a Unix shell, which stand before the lines that people paste: "$ ", "me@host:~$ ".
# root's # begins a comment, unless more of the prompt is there.
_PROMPT = re.compile(
    r"\A\s*(?:kshell(?: [\w.+-]+)?(?: \[[\w:/ -]+\])?> ?|\(gdb\) ?|\[?[\w.-]+@[\w.-]+[: ][^\s$#]*[$#] |\$ )+"
)


class Word(NamedTuple):
    """One word: `text` without its quotes, `raw` as typed, `column` where it begins in the line (from 0).

    `quote` is the quote character when the whole word is one quoted piece, else "".
    """

    text: str
    raw: str
    column: int
    quote: str = ""

    @property
    def inside(self) -> str:
        """What stands between the quotes, as typed."""
        return self.raw[1:-1] if self.quote else self.raw


class TypedCommand(NamedTuple):
    """One command of a line: its words, and its text as typed."""

    text: str
    words: list[Word]


def plain(text: str, column: int = 0) -> Word:
    """A word as if it had been typed without quotes."""
    return Word(text, text, column)


def without_prompt(line: str) -> str:
    """A line without the prompt before it, which is there when it was copied from a session."""
    return _PROMPT.sub("", line)


def pasted(text: str) -> str:
    """A pasted text as it is to be edited: its lines, without a last newline and without prompts."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    return "\n".join(map(without_prompt, lines))


def split(line: str) -> list[TypedCommand]:
    """The commands of a line; empty ones are left out.  CommandError for a quote that is not closed."""
    commands: list[TypedCommand] = []
    words: list[Word] = []
    at, start = 0, 0
    while at < len(line):
        c = line[at]
        if c in BLANKS:
            at += 1
        elif c == "#":
            break
        elif c == ";":
            _finish(commands, words, line[start:at])
            words, at = [], at + 1
            start = at
        else:
            word = _word(line, at)
            words.append(word)
            at += len(word.raw)
    _finish(commands, words, line[start:at])
    return commands


def _finish(commands: list[TypedCommand], words: list[Word], text: str) -> None:
    if words:
        commands.append(TypedCommand(text.strip(BLANKS), words))


def _word(line: str, start: int) -> Word:
    """The word that begins at `start`."""
    text: list[str] = []
    at, pieces, quote = start, 0, ""
    while at < len(line) and line[at] not in BLANKS and line[at] != ";":
        c = line[at]
        if c in "\"'":
            end = _closing(line, at)
            text.append(_unquoted(line[at + 1 : end], c))
            at, pieces, quote = end + 1, pieces + 1, c
        elif c == "\\" and line[at + 1 : at + 2] and line[at + 1] in _PROTECTED:
            text.append(line[at + 1])
            at, pieces = at + 2, pieces + 2
        else:
            text.append(c)
            at, pieces = at + 1, pieces + 2
    return Word("".join(text), line[start:at], start, quote if pieces == 1 else "")


def _closing(line: str, start: int) -> int:
    """Where the quote that opens at `start` closes."""
    quote = line[start]
    if line.startswith("'\\''", start):
        return start + 3
    at = start + 1
    while at < len(line) and line[at] != quote:
        at += 2 if quote == '"' and line[at] == "\\" else 1
    if at < len(line):
        return at
    raise CommandError(
        f"the quote {quote} at column {start + 1} is not closed",
        "a quoted text ends at the next quote of the same kind, on the same line",
        _mended(line, start),
        details=caret(line, start),
    )


def _mended(line: str, start: int) -> str:
    """The line with the quote at `start` closed at its end; inside a word, as in don't, it is the character itself."""
    if start and line[start - 1].isalnum():
        return f"{line[:start]}\\{line[start:]}  (the character itself)"
    return f"{line.rstrip(BLANKS)}{line[start]}  (or close it where the text ends)"


def _unquoted(inside: str, quote: str) -> str:
    if quote == "'":
        return "'" if inside == "\\'" else inside
    out, at = [], 0
    while at < len(inside):
        if inside[at] == "\\" and inside[at + 1 : at + 2] and inside[at + 1] in _IN_DOUBLE:
            at += 1
        out.append(inside[at])
        at += 1
    return "".join(out)


def caret(line: str, column: int) -> list[str]:
    """Two lines: the line (the part around the column, where it is long) and a caret under the column (from 0)."""
    return [text.partition("| ")[2] for text in excerpt(line, 1, column + 1, window=100)]
