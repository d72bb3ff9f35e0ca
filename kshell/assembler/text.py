"""Assembly source as text: comments away, statements apart, tokens out of them."""

from __future__ import annotations

import re

from kshell.assembler.problems import MNEMONICS, REGISTER, Refused

SEPARATOR = "\x1e"  # stands for a `;` that separates statements; no source may contain it

_SCAN = re.compile(
    r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\\n])*`|(/\*.*?(?:\*/|\Z)|//[^\n]*|#[^\n]*)|(;[^\n]*)",
    re.DOTALL,
)
_NASM = re.compile(
    r"^\s*(?:(?:section|segment|global|extern|bits|default)\b|(?:[\w.$@?]+:?\s+)?(?:d[bwdq]|res[bwdq]|equ|times)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_GAS = re.compile(
    r"^\s*(?:[\w.$]+:\s*)?\.(?:globl|global|section|text|data|bss|intel_syntax|asciz?|string|byte|long|quad)\b", re.M
)
TOKEN = re.compile(
    r"""\s+|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)
    |(?P<float>\d+\.\d*(?:[eE][-+]?\d+)?)
    |(?P<number>0[xX][0-9a-fA-F_]+|\d[0-9a-fA-F_]*[hH]\b|0[oOqQbBdDyY][0-9_]+|\d[\d_]*[bBfFoOqQdDyY]?(?![\w.]))
    |(?P<name>[A-Za-z_.][\w.$]*)|(?P<here>\$\$?)|(?P<mark><<|>>|[-+*/()\[\],:=~!&|^<>{}%?])""",
    re.VERBOSE | re.ASCII,
)


class AsmToken:
    """A piece of a statement: its kind (the group names of TOKEN), its text, and its column in the statement from 0."""

    __slots__ = ("column", "kind", "text")

    def __init__(self, kind: str, text: str, column: int) -> None:
        self.kind, self.text, self.column = kind, text, column


class AsmStatement:
    """One statement: line and column from 1, and its text without comments."""

    __slots__ = ("column", "line", "text")

    def __init__(self, line: int, column: int, text: str) -> None:
        self.line, self.column, self.text = line, column, text


def is_gas(source: str) -> bool:
    """Whether a file is written for the GNU assembler, whose `;` separates and whose bare label means memory."""
    return _GAS.search(source) is not None and not is_nasm(source)


def is_nasm(source: str) -> bool:
    """Whether a source uses the spelling of NASM."""
    return _NASM.search(_blank_comments(source, nasm=True)) is not None


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _looks_like_statement(tail: str) -> bool:
    """Whether what follows a `;` is code: an instruction whose operands are only registers and numbers."""
    words = re.findall(r"[\w.]+", tail.split(";")[0].split("#")[0].split("//")[0])
    if not words or words[0].lower() not in MNEMONICS:
        return False
    if len(words) == 1:
        return words[0].lower() in ("syscall", "ret", "nop", "leave", "cqo", "cld", "int3", "hlt", "ud2", "cpuid")
    return all(REGISTER.match(word) or word[0].isdigit() for word in words[1:])


def _blank_comments(source: str, nasm: bool) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[1] is not None:
            return _blank(match[1])
        if match[2] is None:
            return match[0]
        if not nasm and _looks_like_statement(match[2][1:]):
            return SEPARATOR + _blank_comments(match[2][1:], nasm)
        return _blank(match[2])

    return _SCAN.sub(replace, source)


def statements(source: str) -> list[AsmStatement]:
    """The statements of a source, comments removed; line and column are those of the original."""
    found = []
    for number, line in enumerate(_blank_comments(source, is_nasm(source)).split("\n"), 1):
        start = 0
        for piece in line.split(SEPARATOR):
            if piece.strip():
                indent = len(piece) - len(piece.lstrip())
                found.append(AsmStatement(number, start + indent + 1, piece.strip()))
            start += len(piece) + 1
    return found


def tokens(text: str) -> list[AsmToken]:
    """The tokens of a statement. Raises Refused at a character that has no place in one."""
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise _bad_character(text, at)
        if match.lastgroup:
            found.append(AsmToken(match.lastgroup, match[0], at))
        at = match.end()
    return found


def _bad_character(text: str, at: int) -> Refused:
    character = text[at]
    if character in "\"'`":
        because = f"no second {character} follows on this line"
        return Refused("a string is not closed", because, f"end it with {character}", at)
    if character in "\u201c\u201d\u201e\u2018\u2019":
        return Refused(f"`{character}` is not a quote", "a word processor made it typographic", "write ' or \"", at)
    return Refused(f"`{character!a}` has no place here", "it is not part of Intel syntax", "delete it or quote it", at)


_ESCAPES = {"n": 10, "t": 9, "r": 13, "b": 8, "f": 12, "a": 7, "v": 11, "e": 27, "\\": 92, '"': 34, "'": 39, "`": 96}


def string_bytes(literal: str, escapes: bool) -> bytes:
    """The bytes of a quoted string, UTF-8; with C's escapes if asked for."""
    inside = literal[1:-1]
    if not escapes:
        return inside.encode("utf-8", "replace")

    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "01234567":
            return chr(0xF700 + (int(code, 8) & 255))
        if code[0] == "x" and len(code) > 1:
            return chr(0xF700 + (int(code[1:], 16) & 255))
        return chr(0xF700 + _ESCAPES[code]) if code in _ESCAPES else code

    # Private characters stand for single bytes until the rest is UTF-8.
    marked = re.sub(r"\\([0-7]{1,3}|x[0-9a-fA-F]+|.)", one, inside)
    return b"".join(
        bytes([ord(c) - 0xF700]) if 0xF700 <= ord(c) <= 0xF7FF else c.encode("utf-8", "replace") for c in marked
    )


def number_value(literal: str, octal: bool) -> int:
    """The value of a number as GAS or NASM spells it; with `octal`, a leading zero means base 8. Else ValueError."""
    text = literal.lower().replace("_", "")
    if text.startswith("0x"):
        return int(text, 16)
    if text.endswith("h"):
        return int(text[:-1], 16)
    if text[:2] in ("0o", "0q", "0b", "0y", "0d") and len(text) > 2:
        return int(text[2:], {"o": 8, "q": 8, "b": 2, "y": 2, "d": 10}[text[1]])
    if text[-1] in "boqdy":
        return int(text[:-1], {"b": 2, "y": 2, "o": 8, "q": 8, "d": 10}[text[-1]])
    if octal and len(text) > 1 and text[0] == "0":
        return int(text, 8)
    return int(text, 10)
