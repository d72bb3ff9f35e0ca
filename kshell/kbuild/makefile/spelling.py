"""The spelling of Makefiles: lines and their continuations, words, comments, where a reference ends, assignments.

make counts as blank what C's isspace() does in the C locale, and nothing else: a no-break space is a letter to it.
A continuation (backslash, newline) becomes one blank.  Here it stays a newline in the text until `plain` is called,
so that the line on which each word of a list was written is still known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

SPACES = " \t\n\v\f\r"
_WORD = re.compile(r"[^ \t\n\v\f\r]+")
_CLOSER = {"(": ")", "{": "}"}


class LogicalLine(NamedTuple):
    """A logical line: its text, with the continuations in it, and the number of its first line in the file."""

    text: str
    number: int


def words(text: str) -> list[str]:
    """The words of a text, as make parts them."""
    return _WORD.findall(text)


def plain(text: str) -> str:
    """A collapsed text as make has it: a continuation is one blank."""
    return re.sub("\n+", " ", text) if "\n" in text else text


def collapse(text: str) -> str:
    """A logical line with every continuation, and the blanks around it, made one newline (see the file's head)."""
    if "\n" not in text:
        return text
    segments = text.split("\n")
    for i, segment in enumerate(segments):
        if i:
            segment = segment.lstrip(" \t\v\f\r")
        if i + 1 < len(segments):
            bare = segment.rstrip("\\")
            kept = "\\" * ((len(segment) - len(bare)) // 2)
            segment = bare + kept if kept else bare.rstrip(" \t")
        segments[i] = segment
    return "\n".join(segments)


def odd_backslash(text: str) -> bool:
    """Whether a text ends in a backslash that no other backslash quotes."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def logical_lines(text: str) -> tuple[list[LogicalLine], int]:
    """The lines of a Makefile with continuations joined, and the number make gives to the end of the file.

    As GNU make does, one carriage return before a newline is taken away, and a byte order mark at the beginning.
    """
    physical = text.removeprefix("\ufeff").split("\n")
    ended = physical.pop() if physical[-1] == "" else None
    last = len(physical) - 1
    physical = [p[:-1] if p.endswith("\r") and (i < last or ended is not None) else p for i, p in enumerate(physical)]
    lines, at = [], 0
    while at < len(physical):
        first = at
        while odd_backslash(physical[at]) and at + 1 < len(physical):
            at += 1
        lines.append(LogicalLine("\n".join(physical[first : at + 1]), first + 1))
        at += 1
    return lines, len(physical) + 1


def closing(text: str, at: int) -> int:
    """Where the reference whose opening bracket stands at `at` ends, brackets inside counted; -1 if it does not."""
    opener, closer, depth = text[at], _CLOSER[text[at]], 0
    for i in range(at, len(text)):
        if text[i] == opener:
            depth += 1
        elif text[i] == closer:
            depth -= 1
            if not depth:
                return i
    return -1


def after_reference(text: str, at: int) -> int:
    """The place after the reference whose `$` stands at `at`; the end of the text if it is never closed."""
    if text[at + 1 : at + 2] not in _CLOSER or not text[at + 1 : at + 2]:
        return min(at + 2, len(text))
    end = closing(text, at + 1)
    return len(text) if end < 0 else end + 1


def find_unquoted(text: str, stops: str, references: bool = True) -> tuple[str, int]:
    """Finds the first of `stops` that no backslash quotes (and, with `references`, outside of $(...)).

    Returns the text, with the quoting backslashes before what was passed taken away, and the place or -1.
    """
    out: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if references and char == "$":
            end = after_reference(text, at)
            out.append(text[at:end])
            at = end
        elif char == "\\":
            end = at
            while text[end : end + 1] == "\\":
                end += 1
            count = end - at
            if text[end : end + 1] and text[end] in stops:
                out.append("\\" * (count // 2))
                if count % 2:
                    out.append(text[end])
                    end += 1
            else:
                out.append("\\" * count)
            at = end
        elif char in stops:
            head = "".join(out)
            return head + text[at:], len(head)
        else:
            out.append(char)
            at += 1
    return "".join(out), -1


def without_comment(text: str) -> str:
    """A collapsed line up to the `#` that begins a comment."""
    text, at = find_unquoted(text, "#")
    return text if at < 0 else text[:at]


class Assignment(NamedTuple):
    """An assignment as it is written: the name, not yet expanded, the operator, and the text after it."""

    name: str
    operator: str
    value: str


_OPERATOR = re.compile(r":::=|::=|[:+?!]=|=")


def assignment(text: str) -> Assignment | None:
    """The assignment that a collapsed line is, or None.  A name with blanks in it is no name."""
    text = text.lstrip(SPACES)
    at, end = 0, -1
    while at < len(text):
        char = text[at]
        if char == "#":
            return None
        if char == "$":
            if at + 1 == len(text):
                return None
            at = after_reference(text, at)
            if end >= 0:
                return None
            continue
        if char in " \t\n":
            end = at
            while at < len(text) and text[at] in SPACES:
                at += 1
        match = _OPERATOR.match(text, at)
        if match:
            name = text[: at if end < 0 else end]
            return Assignment(name, match[0], text[match.end() :].lstrip(SPACES))
        if end >= 0 or text[at] == ":":
            return None
        at += 1
    return None


def parts(text: str) -> Iterator[tuple[str, bool, int]]:
    """A text as words and what is between them: (text, is it a word, newlines before it).  References are not cut."""
    at, newlines = 0, 0
    while at < len(text):
        start = at
        word = text[at] not in SPACES
        while at < len(text) and (text[at] not in SPACES) == word:
            at = after_reference(text, at) if text[at] == "$" else at + 1
        yield text[start:at], word, newlines
        newlines += text.count("\n", start, at)


def split_percent(pattern: str) -> tuple[str, str | None]:
    """What stands before and after the first % that no backslash quotes; (text, None) where there is none."""
    if "%" not in pattern:
        return pattern, None
    text, at = find_unquoted(pattern, "%", references=False)
    return (text, None) if at < 0 else (text[:at], text[at + 1 :])


def stem(pattern: tuple[str, str | None], word: str) -> str | None:
    """What the % of a split pattern stands for in `word`, "" for a pattern without %, None for no match."""
    head, tail = pattern
    if tail is None:
        return "" if word == head else None
    if len(word) < len(head) + len(tail) or not (word.startswith(head) and word.endswith(tail)):
        return None
    return word[len(head) : len(word) - len(tail)]
