"""A script of commands as a person reads it: headings, prose, notes, questions, and the commands.

## A heading
# Prose.  A blank comment parts
#
# paragraphs.
#: a note for whoever presents it
#? a question | one answer | *the right one | another
syscall getpid
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from kshell.shell.errors import CommandError
from kshell.shell.lines.words import BLANKS, END, split
from kshell.shell.views.view import Line, span

HEADING, PROSE, NOTE, QUESTION, COMMAND, BLANK = "heading", "prose", "note", "question", "command", "blank"
PROMPT, GDB = "kshell> ", "(gdb) "
RIGHT = "*"  # before the right one of a question's answers


class Piece(NamedTuple):
    """Lines of a script that belong together: a `kind`, the lines as they stand there, and their `texts`: the
    paragraphs of prose, the heading, each note, a question and its answers, a command and the lines that it reads."""

    kind: str
    lines: tuple[str, ...]
    texts: tuple[str, ...] = ()


def pieces(lines: Iterable[str]) -> Iterator[Piece]:
    """The pieces of a script, each as soon as its last line is known; together they have every line."""
    left = iter(lines)
    waiting: list[str] = []  # of prose or notes, which go on as long as their kind does
    for line in left:
        kind = _kind(line)
        if waiting and kind != _kind(waiting[0]):
            yield _comment(waiting)
            waiting = []
        if kind in (PROSE, NOTE):
            waiting.append(line)
        elif kind == COMMAND:
            block = (line, *(_body(left) if reads_on(line) else ()))
            yield Piece(COMMAND, block, tuple(each.rstrip("\r\n") for each in block))
        else:
            yield _comment([line])
    if waiting:
        yield _comment(waiting)


def _kind(line: str) -> str:
    text = line.strip(BLANKS)
    if not text:
        return BLANK
    if text[0] != "#":
        return COMMAND
    if text.startswith("#!"):  # the first line of a script that is a program
        return BLANK
    if text.startswith("#:"):
        return NOTE
    if text.startswith("#?"):
        return QUESTION
    return HEADING if text.startswith("##") and text.strip("#" + BLANKS) else PROSE


def _comment(lines: Sequence[str]) -> Piece:
    """Lines of comment, all of one kind."""
    kind = _kind(lines[0])
    found: tuple[str, ...] = ()
    if kind == HEADING:
        found = (lines[0].strip("#" + BLANKS),)
    elif kind == PROSE:
        found = _paragraphs(line.strip(BLANKS).lstrip("#").strip(BLANKS) for line in lines)
    elif kind == NOTE:
        found = tuple(filter(None, (line.strip(BLANKS)[2:].strip(BLANKS) for line in lines)))
    elif kind == QUESTION:
        found = tuple(part.strip(BLANKS) for part in lines[0].strip(BLANKS)[2:].split("|"))
    return Piece(kind, tuple(lines), found)


def _paragraphs(texts: Iterable[str]) -> tuple[str, ...]:
    found = [""]
    for text in texts:
        if not text:
            found.append("")
        else:
            found[-1] = f"{found[-1]} {text}".strip()
    return tuple(filter(None, found))


def reads_on(line: str) -> bool:
    """Whether a command takes the lines that follow it: `asm` without a text."""
    try:
        commands = split(line)
    except CommandError:
        return False
    words = [word.text for word in commands[-1].words] if commands else [""]
    given = [word for before, word in pairwise(words) if before != "--save"]
    return words[0] == "asm" and all(word.startswith("--") for word in given)


def _body(left: Iterator[str]) -> Iterator[str]:
    """The lines of a program, up to the one that ends it."""
    for line in left:
        yield line
        if line.strip(BLANKS) == END:
            return


def answers(texts: Sequence[str]) -> tuple[str, tuple[str, ...], int | None]:
    """A question, its answers, and which of them is right (None: nobody says so)."""
    question, *given = texts
    right = next((at for at, each in enumerate(given) if each.startswith(RIGHT)), None)
    return question, tuple(each.removeprefix(RIGHT).strip(BLANKS) for each in given), right


def command_lines(texts: Iterable[str], stands_still: bool = False) -> list[Line]:
    """A command as it looks when it is typed; what it reads stands under it."""
    first, *more = texts
    return [
        [(GDB if stands_still else PROMPT, "dim"), (first, "hint")],
        *(span(f"    {line}", "hint") for line in more),
    ]
