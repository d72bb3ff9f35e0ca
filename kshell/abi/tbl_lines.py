"""Lines of a system-call table that are no rows at all: pasted editor headers, #ifdef, odd characters."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from kshell.abi.tbl_columns import Fault

_SKIPPED = "Linux's own scripts would skip the line, as every one that does not start with a digit"
_TAB_WORD = re.compile(r"<tab>|\[tab\]|\{tab\}|\\t", re.IGNORECASE)
_COMMENT = re.compile(r"\s*#")

# The preprocessor's words, told from prose in a comment ("# if you add one ...") by what follows them.
_CPP = re.compile(
    r"[ \t]*#[ \t]*(?:(?:ifdef|ifndef|undef)[ \t]+\w+[ \t]*(?:/[/*].*)?$"
    r"|(?:el)?if[ \t]+(?:defined\b|[!(01]|[A-Z_0-9]+\b)"
    r"|(?:else|endif)[ \t]*(?:/[/*].*)?$|include[ \t]*[<\"])|[ \t]*#define[ \t]+\w"
)

_SCREENS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*(?:GNU nano|UW PICO)\b"), "the title line of the editor nano"),
    (re.compile(r"\s*(?:\^[A-Z\\_/] [A-Z][A-Za-z ]+\s+)+\^?"), "the help lines of the editor nano"),
    (re.compile(r'\s*".*" (?:\[\w+\] )?\d+(?:L, \d+[BC]| lines)'), "the status line of the editor vim"),
    (re.compile(r"\s*-- (?:INSERT|REPLACE|VISUAL)\b.*--"), "the status line of the editor vim"),
    (re.compile(r"~\s*$"), "the editor vim's mark of the end of the file"),
)
_DIFF = re.compile(r"[+]\s*\d+\s|@@ |diff --|--- |\+\+\+ |<<<<<<<|=======|>>>>>>>|[+-]\s*#|-\s+\d")


class OddCharacter(NamedTuple):
    """A character that has no place in a row: the error, and whether the line looks like no text at all."""

    fault: Fault
    garbage: bool


def odd_line(line: str) -> Fault | None:
    """The one error of a printable line that is no row; None where its columns are to be looked at."""
    word = _TAB_WORD.search(line)
    if word and not _COMMENT.match(line):
        typed = " ".join(_TAB_WORD.sub(" ", line).split()).replace(" ", "\t")
        width = len(word[0])
        because = f"{word[0]} is {width} plain characters, not a tab, so the columns run together; " + _typed_tab(line)
        try_ = f"the Tab key (blanks do as well): {typed}"
        return word.start() + 1, width, f"{word[0]} was typed out", because, try_
    if _CPP.match(line):
        because = (
            f"the table is not C: to its scripts this is a comment, so the rows below it are always built. {_SKIPPED}"
        )
        return _whole(
            line,
            "a preprocessor line has no effect here",
            because,
            "take the line out; a comment starts with # and a blank",
        )
    for pattern, what in _SCREENS:
        if pattern.match(line):
            because = f"it was on the screen, but it is not part of the file. {_SKIPPED}"
            return _whole(line, f"{what} was pasted in", because, "take the line out")
    if _DIFF.match(line):
        because = (
            f"it comes from a patch or a merge, not from the table. {_SKIPPED}, and the row in it would be missing"
        )
        return _whole(
            line, "a line of a patch was pasted in", because, "the bare row, without + or -, starting with its number"
        )
    if re.match(r"\s*(?:/\*|//|\*(?:\s|/|$))", line):
        return _whole(
            line, "a comment in the manner of C", f"comments here start with #. {_SKIPPED}", "# in front of the comment"
        )
    return None


def odd_character(line: str) -> OddCharacter | None:
    """The first character of a line, outside a comment, that is neither printable ASCII nor a tab; or None."""
    comment = re.search(r"(?:^|[ \t])#", line)
    for at, c in enumerate(line[: comment.start()] if comment else line):
        if c == "\t" or " " <= c <= "~":
            continue
        what, because, garbage = _describe(c)
        if garbage:
            return OddCharacter((at + 1, 1, what, because, "the text of syscall_64.tbl, saved as plain text"), True)
        cleaned = "\t".join("".join(_ascii(x) for x in line).split())
        try_ = f"type it again: {cleaned}" if cleaned else "take the line out"
        return OddCharacter((at + 1, 1, what, because, try_), False)
    return None


def _describe(c: str) -> tuple[str, str, bool]:
    """What the character is, why it cannot stand there, and whether it shows that the file is no text."""
    code = f"U+{ord(c):04X}"
    kind = unicodedata.category(c)
    name = unicodedata.name(c, "unnamed character").lower()
    if c == "\r":
        return (
            "a carriage return in the middle of a line",
            "lines end with LF or CRLF; the rest of the line is hidden behind it",
            False,
        )
    if c == "\ufffd" or kind in ("Cc", "Cs", "Co", "Cn"):
        label = "bytes that are no text" if c == "\ufffd" or kind == "Cs" else f"a control character ({code})"
        return label, "the table is plain text; is this another file, or one saved in another encoding?", True
    if kind == "Pd" or c == "\u2212":
        return (
            f"a typographic dash ({name}, {code})",
            "it only looks like the - of the keyboard; web pages and word processors put it in",
            False,
        )
    if kind in ("Zs", "Zl", "Zp", "Cf"):
        return (
            f"an invisible character ({name}, {code})",
            "it only looks like a blank: to the scripts it is part of the word beside it",
            False,
        )
    return (
        f"a character that is not ASCII ({name}, {code})",
        "numbers, ABIs and the names of C functions are plain ASCII",
        False,
    )


def _ascii(c: str) -> str:
    """What was probably meant."""
    if c == "\t" or " " <= c <= "~":
        return c
    kind = unicodedata.category(c)
    if kind == "Pd" or c == "\u2212":
        return "-"
    if kind.startswith("Z") or c == "\r":
        return " "
    plain = unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    return plain if plain.isprintable() else ""


def _typed_tab(line: str) -> str:
    if line[:1].isdigit():
        return "4.19's script would stop with 'Unknown abi' or break in C, 6.x's would skip the row in silence"
    return _SKIPPED


def _whole(line: str, what: str, because: str, try_: str) -> Fault:
    """An error that marks all of a line but the blanks around it."""
    text = line.strip(" \t")
    return line.index(text) + 1, len(text), what, because, try_
