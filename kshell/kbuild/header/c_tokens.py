"""The words of a C header, as the preprocessor leaves them: comments out, #if blocks decided, places kept.

Enough of C for include/linux/syscalls.h and what a student may write into it; macros are not expanded, but those
that expand to nothing are dropped.  It never raises and never recurses on its input.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import excerpt
from kshell.kbuild.messages import ERROR, WARNING, BuildMessage

# What the compiler of an x86-64 kernel has been told before it reads the header.
CONFIG = {
    **dict.fromkeys(("CONFIG_ARCH_HAS_SYSCALL_WRAPPER", "CONFIG_X86_64", "CONFIG_X86", "CONFIG_64BIT"), "1"),
    **dict.fromkeys(("CONFIG_MMU", "CONFIG_SMP", "CONFIG_MODULES", "__KERNEL__", "__x86_64__", "__GNUC__"), "1"),
    **dict.fromkeys(("asmlinkage", "__init", "notrace", "__must_check"), ""),
}

_COMMENT = re.compile(r"""//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*+"?|'(?:\\.|[^'\\\n])*+'?""", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<identifier>[^\W\d]\w*)|(?P<numeric>\d[\w.]*)|(?P<string>"(?:\\.|[^"\\\n])*+")"""
    r"""|(?P<character>'(?:\\.|[^'\\\n])*+')|(?P<token>\.\.\.|[][(){};,:?.=*&|^~!<>+\-/%])|(?P<stray>["'].*|\S)"""
)
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w*)(.*)", re.DOTALL)
_WORD = re.compile(r"[ \t]*([A-Za-z_]\w*)[ \t]*(.*)", re.DOTALL)
_TERM = re.compile(r"(!*)(?:(defined|IS_ENABLED|IS_BUILTIN)\b)?\(?(\w+)\)?")
_CONDITIONALS = ("if", "ifdef", "ifndef", "elif", "else", "endif")
_OTHERS = ("define", "undef", "include", "pragma", "line", "error", "warning")
MOST_MESSAGES = 100  # on one header: nobody reads more


class Token(NamedTuple):
    """A word of C: its `kind` in gcc's words, where it starts, and whether the compiler sees it."""

    kind: str
    text: str
    line: int
    column: int
    active: bool

    def described(self) -> str:
        """How gcc names it in ``expected ... before``."""
        if self.kind == "identifier":
            return f"'{self.text}'"
        return f"'{self.text}' token" if self.kind == "token" else f"{self.kind} constant"

    @property
    def end(self) -> int:
        """The column behind it."""
        return self.column + len(self.text)


class _Group:
    """One #if that is open: whether its lines count now, whether a branch has been taken, whether its else was seen."""

    def __init__(self, word: str, line: int, outer: bool, holds: bool) -> None:
        self.word, self.line, self.outer, self.active = word, line, outer, outer and holds
        self.taken, self.seen_else = holds, False


class Header:
    """A header after the preprocessor: its `tokens`, the `messages` of the preprocessor, its `text` as it was."""

    def __init__(self, text: str, filename: str) -> None:
        self.filename, self.text, self.lines = filename, text, text.split("\n")
        self.tokens: list[Token] = []
        self.messages: list[BuildMessage] = []
        self.macros = dict(CONFIG)
        self.groups: list[_Group] = []
        self._read(_COMMENT.sub(self._blank, text).split("\n"))

    def message(self, kind: str, text: str, line: int, column: int = 0, width: int = 1) -> None:
        """Note what gcc says about a place."""
        if len(self.messages) < MOST_MESSAGES:
            shown = excerpt(self.text, line, column, width) if column else ()
            self.messages.append(BuildMessage(kind, text, self.filename, line, column, shown))

    def _blank(self, match: re.Match[str]) -> str:
        """A comment as blanks; a string as it is."""
        comment, start = match[0], match.start()
        if comment[0] != "/":
            return comment
        if comment.startswith("/*") and (len(comment) < 4 or not comment.endswith("*/")):
            line = self.text.count("\n", 0, start) + 1
            self.message(ERROR, "unterminated comment", line, start - self.text.rfind("\n", 0, start))
        return re.sub(r"[^\n]", " ", comment)

    def _read(self, lines: list[str]) -> None:
        at = 0
        while at < len(lines):
            number, line = at + 1, lines[at].rstrip("\r")
            at += 1
            if not line.lstrip(" \t").startswith("#"):
                self._words(line, number)
                continue
            while line.endswith("\\") and at < len(lines):
                line = line[:-1] + " " + lines[at].rstrip("\r")
                at += 1
            match = _DIRECTIVE.match(line)
            assert match is not None
            self._directive(match[1], match[2], number, line.index("#") + 2)
        for group in reversed(self.groups):
            self.message(ERROR, f"unterminated #{group.word}", group.line)

    @property
    def _active(self) -> bool:
        return self.groups[-1].active if self.groups else True

    def _words(self, line: str, number: int) -> None:
        active, end = self._active, len(line.rstrip())
        for match in _TOKEN.finditer(line):
            kind, text = str(match.lastgroup), match[0]
            if text == "\\" and match.end() == end:
                continue  # the line goes on in the next one
            if kind == "stray" and active:
                shown = text if " " < text <= "~" else f"\\{text.encode('utf-8', 'replace')[0]:o}"
                what = f"missing terminating {text[0]} character" if text[0] in "\"'" else f"stray '{shown}' in program"
                self.message(ERROR, what, number, match.start() + 1)
            elif self.macros.get(text) != "":
                self.tokens.append(Token(kind, text, number, match.start() + 1, active))

    def _directive(self, word: str, rest: str, line: int, column: int) -> None:
        name = _WORD.match(rest)
        if word in _CONDITIONALS:
            self._conditional(word, rest, line, column)
        elif not self._active or not word:
            return
        elif word not in _OTHERS:
            known = (*_CONDITIONALS, *_OTHERS) if len(self.messages) < MOST_MESSAGES else ()
            hint = "".join(f"; did you mean #{near}?" for near in did_you_mean(word, known))
            self.message(ERROR, f"invalid preprocessing directive #{word}{hint}", line, column, len(word))
        elif word == "define" and name is not None:
            self.macros[name[1]] = name[2].strip()
        elif word in ("error", "warning"):
            kind = ERROR if word == "error" else WARNING
            self.message(kind, f"#{word} {rest.strip()}", line, column, len(word))

    def _conditional(self, word: str, rest: str, line: int, column: int) -> None:
        if word in ("if", "ifdef", "ifndef"):
            name = _WORD.match(rest)
            if self._active and word != "if" and name is None:
                self.message(ERROR, f"no macro name given in #{word} directive", line, column + len(word))
            defined = name is not None and name[1] in self.macros
            holds = self._holds(rest) if word == "if" else defined is (word == "ifdef")
            self.groups.append(_Group(word, line, self._active, holds))
            return
        group = self.groups[-1] if self.groups else None
        if group is None or (group.seen_else and word != "endif"):
            what = f"#{word} after #else" if group else f"#{word} without #if"
            self.message(ERROR, what, line, column, len(word))
        elif word == "endif":
            self.groups.pop()
        else:
            holds = not group.taken and (word == "else" or self._holds(rest))
            group.active, group.taken = group.outer and holds, group.taken or holds
            group.seen_else, group.word = word == "else", word

    def _holds(self, condition: str) -> bool:
        """Whether the condition of an #if holds: names and numbers with && and ||; what is beyond that does not."""
        return any(all(self._term(term) for term in part.split("&&")) for part in condition.split("||"))

    def _term(self, text: str) -> bool:
        match = _TERM.fullmatch("".join(text.split()))
        if match is None:
            return False
        value = self.macros.get(match[3], "0" if match[3][0].isalpha() or match[3][0] == "_" else match[3])
        holds = match[3] in self.macros if match[2] else value.strip("0uUlL") not in ("", "x")
        return holds is (len(match[1]) % 2 == 0)
