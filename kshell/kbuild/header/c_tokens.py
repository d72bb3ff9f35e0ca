"""The words of a C header, as the preprocessor leaves them: comments out, #if blocks decided, places kept.

Enough of C for include/linux/syscalls.h and what a student may write into it; macros are not expanded, but those
that expand to nothing are dropped.  It never raises and never recurses on its input.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kshell.kbuild.messages import ERROR, WARNING, BuildMessage, excerpt

# What the compiler of an x86-64 kernel has been told before it reads the header.
CONFIG = {
    **dict.fromkeys(("CONFIG_ARCH_HAS_SYSCALL_WRAPPER", "CONFIG_X86_64", "CONFIG_X86", "CONFIG_64BIT"), "1"),
    **dict.fromkeys(("CONFIG_MMU", "CONFIG_SMP", "CONFIG_MODULES", "__KERNEL__", "__x86_64__", "__GNUC__"), "1"),
    **dict.fromkeys(("asmlinkage", "__init", "notrace", "__must_check"), ""),
}

_COMMENT = re.compile(r"""//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z)|"(?:\\.|[^"\\\n])*+"?|'(?:\\.|[^'\\\n])*+'?""", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<id>[^\W\d]\w*)|(?P<num>\.?\d[\w.]*)|(?P<str>"(?:\\.|[^"\\\n])*+")|(?P<chr>'(?:\\.|[^'\\\n])*+')"""
    r"""|(?P<punct>\.\.\.|->|\+\+|--|<<|>>|[<>=!]=|&&|\|\||[][(){};,:?.=*&|^~!<>+\-/%])|(?P<stray>"(?:\\.|[^"\\])*+|'(?:\\.|[^'\\])*+|\S)"""
)
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w*)(.*)", re.DOTALL)
_WORD = re.compile(r"[ \t]*([A-Za-z_]\w*)[ \t]*(.*)", re.DOTALL)
_CONDITIONALS = ("if", "ifdef", "ifndef", "elif", "else", "endif")
_OTHERS = ("define", "undef", "include", "include_next", "pragma", "line", "ident", "error", "warning", "")
_LONGEST_CONDITION = 200  # words
MOST_MESSAGES = 100  # on one header: nobody reads more


class Token(NamedTuple):
    """A word of C: its `kind` (id, num, str, chr, punct, stray), where it starts, and whether the compiler sees it."""

    kind: str
    text: str
    line: int
    column: int
    active: bool

    def described(self) -> str:
        """How gcc names it in ``expected ... before``."""
        if self.kind in ("id", "punct"):
            return f"'{self.text}'" + (" token" if self.kind == "punct" else "")
        return {"num": "numeric constant", "str": "string constant", "chr": "character constant"}.get(
            self.kind, "token"
        )

    @property
    def end(self) -> int:
        """The column behind it."""
        return self.column + len(self.text)


class _Group:
    """One #if that is open: what it says, and whether a branch of it has been taken."""

    __slots__ = ("active", "column", "line", "outer", "seen_else", "taken", "word")

    def __init__(self, word: str, line: int, outer: bool, active: bool) -> None:
        self.word, self.line, self.outer, self.active = word, line, outer, outer and active
        self.taken, self.seen_else = active, False


class Header:
    """A header after the preprocessor: its `tokens`, the `messages` of the preprocessor, its `lines` as they were."""

    __slots__ = ("filename", "groups", "lines", "macros", "messages", "tokens")

    def __init__(self, text: str, filename: str) -> None:
        self.filename, self.lines = filename, text.split("\n")
        self.tokens: list[Token] = []
        self.messages: list[BuildMessage] = []
        self.macros = dict(CONFIG)
        self.groups: list[_Group] = []
        self._read(self._without_comments(text))

    def message(self, kind: str, text: str, line: int, column: int = 0, width: int = 1) -> None:
        """Note what gcc says about a place."""
        if len(self.messages) >= MOST_MESSAGES:
            return
        shown = excerpt(self.lines[line - 1].rstrip("\r"), line, column, width) if column else ()
        self.messages.append(BuildMessage(kind, text, self.filename, line, column, shown))

    def _without_comments(self, text: str) -> list[str]:
        """The lines, each comment blanked out."""

        def blank(match: re.Match[str]) -> str:
            comment = match[0]
            if comment[0] != "/":
                return comment
            if comment.startswith("/*") and (len(comment) < 4 or not comment.endswith("*/")):
                line = text.count("\n", 0, match.start()) + 1
                self.message(ERROR, "unterminated comment", line, match.start() - text.rfind("\n", 0, match.start()))
            return re.sub(r"[^\n]", " ", comment)

        return _COMMENT.sub(blank, text).split("\n")

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

    def _words(self, line: str, number: int) -> None:
        active = self.groups[-1].active if self.groups else True
        for match in _TOKEN.finditer(line):
            kind, text = str(match.lastgroup), match[0]
            if text == "\\" and not line[match.end() :].strip():
                continue  # the line goes on in the next one
            if kind == "id" and self.macros.get(text) == "":
                continue
            if kind == "stray" and active:
                shown = text if " " < text <= "~" else f"\\{text.encode('utf-8', 'replace')[0]:o}"
                what = f"missing terminating {text[0]} character" if text[0] in "\"'" else f"stray '{shown}' in program"
                self.message(ERROR, what, number, match.start() + 1)
                continue
            self.tokens.append(Token(kind, text, number, match.start() + 1, active))

    def _directive(self, word: str, rest: str, line: int, column: int) -> None:
        active = self.groups[-1].active if self.groups else True
        if word in _CONDITIONALS:
            self._conditional(word, rest, line, column, active)
        elif not active:
            return
        elif word not in _OTHERS:
            from difflib import get_close_matches

            is_told = len(self.messages) < MOST_MESSAGES
            near = get_close_matches(word, (*_CONDITIONALS, *_OTHERS[:-1]), 1, 0.7) if is_told else []
            hint = f"; did you mean #{near[0]}?" if near else ""
            self.message(ERROR, f"invalid preprocessing directive #{word}{hint}", line, column, len(word))
        elif word in ("define", "undef"):
            name = _WORD.match(rest)
            if name is None:
                what = (
                    f"no macro name given in #{word} directive"
                    if not rest.strip()
                    else "macro names must be identifiers"
                )
                self.message(ERROR, what, line, column, len(word))
            elif word == "define":
                self.macros[name[1]] = name[2].strip()
            else:
                self.macros.pop(name[1], None)
        elif word in ("error", "warning"):
            kind = ERROR if word == "error" else WARNING
            self.message(kind, f"#{word} {rest.strip()}", line, column, len(word))

    def _conditional(self, word: str, rest: str, line: int, column: int, active: bool) -> None:
        if word in ("if", "ifdef", "ifndef"):
            name = _WORD.match(rest)
            if active and word != "if" and name is None:
                self.message(ERROR, f"no macro name given in #{word} directive", line, column + len(word))
            if active and word == "if" and not rest.strip():
                self.message(ERROR, "#if with no expression", line, column, len(word))
            defined = name is not None and name[1] in self.macros
            holds = self._holds(rest) if word == "if" else defined is (word == "ifdef")
            self.groups.append(_Group(word, line, active, holds))
            return
        if not self.groups:
            self.message(ERROR, f"#{word} without #if", line, column, len(word))
            return
        group = self.groups[-1]
        if word == "endif":
            self.groups.pop()
        elif group.seen_else:
            self.message(ERROR, f"#{word} after #else", line, column, len(word))
        else:
            holds = not group.taken and (word == "else" or self._holds(rest))
            group.active, group.taken = group.outer and holds, group.taken or holds
            group.seen_else, group.word = word == "else", word

    def _holds(self, condition: str) -> bool:
        """Whether the condition of an #if holds; what is beyond this reader's arithmetic does not."""
        words = re.findall(r"\w+|&&|\|\||[=!<>]=|\S", condition)
        if len(words) > _LONGEST_CONDITION:
            return False
        try:
            return _Condition(words, self.macros).value() != 0
        except (ValueError, IndexError):
            return False


class _Condition:
    """The expression of an #if: ``defined``, IS_ENABLED, whole numbers, !, comparisons, && and ||."""

    LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="))

    def __init__(self, words: list[str], macros: dict[str, str]) -> None:
        self.words, self.macros, self.at = words, macros, 0

    def value(self) -> int:
        """What it comes to.  ValueError or IndexError where it is none."""
        value = self._binary(0)
        if self.at != len(self.words):
            raise ValueError(self.words[self.at])
        return value

    def _binary(self, level: int) -> int:
        if level == len(self.LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self.at < len(self.words) and self.words[self.at] in self.LEVELS[level]:
            operator = self._next()
            right = self._binary(level + 1)
            results = {"||": bool(left or right), "&&": bool(left and right), "==": left == right, "!=": left != right}
            results |= {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}
            left = int(results[operator])
        return left

    def _unary(self) -> int:
        word = self._next()
        if word == "!":
            return int(not self._unary())
        if word == "(":
            value = self._binary(0)
            self._close()
            return value
        if word in ("defined", "IS_ENABLED", "IS_BUILTIN"):
            name = self._next()
            if name == "(":
                name = self._next()
                self._close()
            return int(name in self.macros)
        if re.fullmatch(r"[A-Za-z_]\w*", word):
            word = self.macros.get(word, "0")
        return int(word.rstrip("uUlL"), 0)

    def _next(self) -> str:
        self.at += 1
        return self.words[self.at - 1]

    def _close(self) -> None:
        if self._next() != ")":
            raise ValueError(")")
