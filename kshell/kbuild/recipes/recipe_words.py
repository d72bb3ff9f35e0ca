"""The shell's spelling: a command line as commands, their words unquoted and expanded.

C counterpart: the word splitting of /bin/sh, as far as the recipes of a kernel tree need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from kshell.kbuild.makefile.make_errors import MakefileError, Where, no_programs

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_OPERATOR = re.compile(r"&&|\|\||;")
_QUIET = re.compile(r"2>\s*/dev/null(?=[\s;&|]|\Z)")


class ShellWord(NamedTuple):
    """A word: its `text`, and the same as a glob pattern in which what was quoted stands for itself."""

    text: str
    pattern: str


class ShellCommand(NamedTuple):
    """A simple command: what joins it to the one before (;, && or ||), NAME=value in front of it, and its words.

    `text` is the command as written.
    """

    after: str
    assignments: dict[str, str]
    words: list[ShellWord]
    text: str


def read_commands(
    text: str, where: Where, shell: Callable[[str], str | None], variables: dict[str, str]
) -> list[ShellCommand]:
    """The commands of a line.  A line of assignments alone sets `variables` for those after it.

    Raises MakefileError for what only a real shell could do: pipes, redirections, loops, background jobs.
    """
    return _Reader(text, where, shell, variables).commands()


class _Reader:
    """A command line while it is read."""

    def __init__(self, text: str, where: Where, shell: Callable[[str], str | None], variables: dict[str, str]) -> None:
        self.text, self.where, self.shell, self.variables = text, where, shell, variables
        self.at = 0
        self.found: list[ShellWord] = []
        self.plain: list[str] = []
        self.glob: list[str] = []
        self.open = False
        """Whether a word has begun (it may be empty: '')."""
        self.bare = ""
        """How the word begins, as written: only an unquoted NAME= is an assignment."""

    def commands(self) -> list[ShellCommand]:
        done: list[ShellCommand] = []
        after, start = ";", 0
        assigned: dict[str, str] = {}
        while self.at < len(self.text):
            operator = _OPERATOR.match(self.text, self.at)
            if operator:
                self._end_word(assigned)
                self._end_command(done, after, assigned, start)
                if not self.text[start : self.at].strip():
                    raise self._syntax(f'"{operator[0]}" unexpected', "there is no command before it")
                assigned, after = {}, operator[0]
                self.at = start = operator.end()
            else:
                self._character(assigned)
        self._end_word(assigned)
        if after != ";" and not self.text[start:].strip():
            raise self._syntax("end of file unexpected", f"after `{after}` comes another command")
        self._end_command(done, after, assigned, start)
        return done

    def _end_command(self, done: list[ShellCommand], after: str, assigned: dict[str, str], start: int) -> None:
        text = self.text[start : self.at].strip()
        if assigned and not self.found and after != ";":
            raise no_programs(self.where, text)  # whether it is set would hang on how the command before it ends
        if self.found or assigned:
            done.append(ShellCommand(after, assigned, self.found, text))
        if not self.found:
            self.variables.update(assigned)
        self.found = []

    def _character(self, assigned: dict[str, str]) -> None:
        char = self.text[self.at]
        quiet = None if self.open else _QUIET.match(self.text, self.at)
        if quiet:
            self.at = quiet.end()
        elif self.text.startswith("\\\n", self.at):
            self.at += 2
        elif char in " \t\n\r\v\f":
            self._end_word(assigned)
            self.at += 1
        elif char == "#" and not self.open:
            self.at = len(self.text)
        elif char in "|&<>()":
            raise no_programs(self.where, self.text)
        else:
            if not self.open:
                self.open, self.bare = True, self.text[self.at :]
            self._piece(char, assigned)

    def _piece(self, char: str, assigned: dict[str, str]) -> None:
        if char == "'":
            end = self.text.find("'", self.at + 1)
            if end < 0:
                raise self._unterminated()
            self._put(self.text[self.at + 1 : end], True)
            self.at = end + 1
        elif char == '"':
            self._double_quotes()
        elif char == "\\":
            self._put(self.text[self.at + 1 : self.at + 2] or "\\", True)
            self.at += 2
        elif char in "$`":
            # In an assignment, and between double quotes, the shell does not part a value into words.
            value = self._expansion()
            first, *others = [value] if _ASSIGNMENT.match(self.bare) else re.split(r"[ \t\n]+", value)
            self._put(first, False)
            for other in others:
                self._end_word(assigned)
                self.open, self.bare = bool(other), ""
                self._put(other, False)
        else:
            self._put(char, False)
            self.at += 1

    def _double_quotes(self) -> None:
        self.at += 1
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in tuple('$`"\\\n'):
                self._put(self.text[self.at + 1].strip("\n"), True)
                self.at += 2
            elif char in "$`":
                self._put(self._expansion(), True)
            else:
                self._put(char, True)
                self.at += 1
        raise self._unterminated()

    def _expansion(self) -> str:
        """The value of $NAME, ${NAME}, $(command) or `command` at the present place."""
        text, at = self.text, self.at
        for opening, closing in (("`", "`"), ("$(", ")"), ("${", "}")):
            if not text.startswith(opening, at):
                continue
            end = text.find(closing, at + len(opening))
            if end < 0:
                raise self._unterminated()
            self.at = end + 1
            inner = text[at + len(opening) : end].strip()
            if opening == "${":
                if not _NAME.fullmatch(inner):
                    raise no_programs(self.where, text[at : end + 1])
                return self.variables.get(inner, "")
            output = self.shell(inner)
            if output is None:
                raise no_programs(self.where, inner)
            return output.rstrip("\n")
        name = _NAME.match(text, at + 1)
        if name:
            self.at = name.end()
            return self.variables.get(name[0], "")
        if text[at + 1 : at + 2] in tuple("?$!#*@-0123456789"):
            raise no_programs(self.where, text[at : at + 2])
        self.at += 1
        return "$"

    def _put(self, text: str, quoted: bool) -> None:
        self.plain.append(text)
        self.glob.append(re.sub(r"[*?[]", r"[\g<0>]", text) if quoted else text)

    def _end_word(self, assigned: dict[str, str]) -> None:
        # An expansion to nothing, without quotes, is no word.
        text = "".join(self.plain)
        if self.open and (text or self.bare[:1] in ("'", '"')):
            match = _ASSIGNMENT.match(self.bare)
            if match and not self.found:
                assigned[match[0][:-1]] = text[match.end() :]
            else:
                self.found.append(ShellWord(text, "".join(self.glob)))
        self.plain, self.glob, self.open, self.bare = [], [], False, ""

    def _unterminated(self) -> MakefileError:
        return self._syntax("Unterminated quoted string", "a quote (or a backtick or bracket) is opened and not closed")

    def _syntax(self, message: str, because: str) -> MakefileError:
        what = f"/bin/sh: 1: Syntax error: {message}"
        return MakefileError(what, because, "look at the quotes and the ; && || of the command", self.where, self.text)
