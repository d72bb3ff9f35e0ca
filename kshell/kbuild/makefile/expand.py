"""Expansion: what $(NAME), ${NAME}, $X, $(NAME:.c=.o) and $(function ...) stand for.

A Makefile can ask for more text than there is memory, or never come to an end; here a cost is counted for
everything that is read, made or called, and beyond `MAX_COST` or `MAX_DEPTH` the answer is a MakefileError.

C counterpart: expand.c of GNU make.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

from kshell.kbuild.makefile.functions import FUNCTIONS, REFUSED, BadArgument, arguments, cost, patsubst
from kshell.kbuild.makefile.make_errors import MakefileError, Where, fatal, no_programs, refused, stop, too_much
from kshell.kbuild.makefile.spelling import SPACES, closing, parts, plain, split_percent, words
from kshell.kbuild.makefile.variables import Entry, Scope, Variable

MAX_COST = 1 << 20
"""The most that one line may expand to, in characters (each reference counts as 16 more)."""
MAX_TOTAL = 1 << 22
"""The most for a whole Makefile."""
MAX_DEPTH = 200
"""How deep references may stand in references."""

# The functions that need the expander: the fewest and the most arguments (0: any number).
_OWN = {
    "abspath": (0, 1),
    "and": (1, 0),
    "error": (0, 1),
    "foreach": (3, 3),
    "if": (2, 3),
    "info": (0, 1),
    "or": (1, 0),
    "shell": (0, 1),
    "warning": (0, 1),
    "wildcard": (0, 1),
}
_UNEXPANDED = ("and", "foreach", "if", "or")
_FUNCTION = re.compile(r"[a-z-]+(?=[ \t\n\v\f\r]|\Z)")
# A word that only passes another variable's words on, one for one or some of them: its words keep their places.
_NAME = r"[^()${}:#=, \t\n]+"
_MAPPED = re.compile(rf"\$\((?:(?:patsubst|addprefix|addsuffix)\s[^()$]*,\s*\$\(({_NAME})\)|({_NAME}):[^()$]*)\)\Z")
_CHOSEN = re.compile(rf"\$\((?:(?:filter|filter-out)\s[^()$]*,|sort\s|strip\s)\s*\$\(({_NAME})\)\)\Z")
_ONE_REFERENCE = re.compile(r"\$(?:\(([^()${}:#= \t\n]+)\)|\{([^()${}:#= \t\n]+)\})\Z")


class Host:
    """What a Makefile may ask about the world around it; every answer comes from the caller.

    `shell` gets the command of a $(shell ...) and answers its output, or None for a command it does not run.
    `read` gets the name of an included file and answers its text, or None if there is none.
    `wildcard` gets a pattern and answers the names that match.  `environment` are the variables of the process,
    `directory` is the value of CURDIR.
    """

    __slots__ = ("directory", "environment", "read", "shell", "wildcard")

    def __init__(
        self,
        shell: Callable[[str], str | None] = lambda command: None,
        read: Callable[[str], str | None] = lambda name: None,
        wildcard: Callable[[str], list[str]] = lambda pattern: [],
        environment: Mapping[str, str] | None = None,
        directory: str = "/",
    ) -> None:
        self.shell, self.read, self.wildcard = shell, read, wildcard
        self.environment: Mapping[str, str] = environment or {}
        self.directory = directory


class Expander:
    """Expands texts in a scope.  `said` gets what $(info) and $(warning) print, as (stream, text)."""

    def __init__(self, scope: Scope, host: Host, where: Where) -> None:
        self.scope, self.host = scope, host
        self.reading = where
        """The line being read: what $(error) and $(warning) name."""
        self.inside: list[Where] = []
        """Where the variables that are being expanded were set: what every other error names."""
        self.said: list[tuple[str, str]] = []
        self.depth = self.cost = self.total = 0

    def where(self) -> Where:
        """The place an error in an expansion names."""
        return self.inside[-1] if self.inside else self.reading

    def error(self, message: str) -> MakefileError:
        """make's fatal error at the present place."""
        return stop(self.where(), message)

    def charge(self, cost: int) -> None:
        """Counts `cost` characters; raises MakefileError when that is more than any sensible Makefile needs."""
        self.cost += cost
        if self.cost > MAX_COST or self.total + self.cost > MAX_TOTAL:
            raise too_much(self.where(), "this expands to too much text")

    def expand(self, text: str) -> str:
        """What `text` stands for.  Raises MakefileError."""
        if self.depth == 0:
            self.total += self.cost
            self.cost = 0
        if self.depth >= MAX_DEPTH:
            raise too_much(self.where(), f"variable references nested deeper than {MAX_DEPTH}")
        self.charge(len(text))
        if "$" not in text:
            return text
        self.depth += 1
        try:
            return self._expand(text)
        except RecursionError:
            raise too_much(self.where(), "variable references nested too deep") from None
        finally:
            self.depth -= 1

    def _expand(self, text: str) -> str:
        out, at = [], 0
        while (dollar := text.find("$", at)) >= 0:
            out.append(text[at:dollar])
            char = text[dollar + 1 : dollar + 2]
            at = dollar + 2
            if char == "$":
                out.append("$")
            elif char and char in "({":
                value, at = self._bracket(text, dollar + 1)
                out.append(value)
            elif char and char not in SPACES:
                out.append(self.value(char))
        out.append(text[at:])
        return "".join(out)

    def _bracket(self, text: str, at: int) -> tuple[str, int]:
        """The value of the reference whose bracket opens at `at`, and the place after it."""
        self.charge(16)
        closer = ")" if text[at] == "(" else "}"
        function = _FUNCTION.match(text, at + 1)
        name = function[0] if function else ""
        end = closing(text, at)
        if end < 0:
            self.charge(len(text) - at)
        if name in FUNCTIONS or name in _OWN or name in REFUSED:
            if end < 0:
                raise self.error(f"unterminated call to function '{name}': missing '{closer}'")
            return self._call(name, text[at + 1 + len(name) : end].lstrip(SPACES), text[at]), end + 1
        first = text.find(closer, at)
        if first < 0:
            raise self.error("unterminated variable reference")
        if "$" not in text[at:first] or end < 0:
            # Without a reference inside, GNU make looks for the first closing bracket only.
            return self._reference(text[at + 1 : first]), first + 1
        return self._reference(self.expand(text[at + 1 : end])), end + 1

    def _call(self, name: str, text: str, opener: str) -> str:
        """The value of $(name text), the brackets of which are of the kind `opener`."""
        if name in REFUSED:
            raise refused(self.where(), f"$({name} ...)", REFUSED[name])
        least, most = _OWN[name] if name in _OWN else FUNCTIONS[name][:2]
        given = arguments(text, opener, most)
        if name not in _UNEXPANDED:
            given = [self.expand(argument) for argument in given]
        if len(given) < least:
            raise self.error(f"insufficient number of arguments ({len(given)}) to function '{name}'")
        if name in _OWN:
            return self._own(name, given)
        self.charge(cost(name, given))
        try:
            return FUNCTIONS[name].run(*given)
        except BadArgument as error:
            raise self.error(str(error)) from None

    def _own(self, name: str, given: list[str]) -> str:
        """A function that expands its arguments itself, asks the world around, or says something."""
        if name == "if":
            chosen = 1 if self.expand(given[0].strip(SPACES)) else 2
            return self.expand(given[chosen]) if chosen < len(given) else ""
        if name in ("or", "and"):
            value = ""
            for text in given:
                value = self.expand(text.strip(SPACES))
                if bool(value) is (name == "or"):
                    break
            return value
        if name == "foreach":
            return self._foreach(*given)
        if name == "shell":
            return self._shell(given[0].strip(SPACES))
        if name == "wildcard":
            return " ".join(found for pattern in words(given[0]) for found in self.host.wildcard(pattern))
        if name == "abspath":
            paths = (posixpath.normpath(posixpath.join(self.host.directory, word)) for word in words(given[0]))
            return " ".join("/" + path.lstrip("/") for path in paths)
        if name == "error":
            because, try_ = "the Makefile stops here by itself, with $(error ...)", "do what its words ask for"
            raise fatal(self.reading, given[0], because, try_)
        self.said.append(("stdout", given[0]) if name == "info" else ("stderr", f"{self.reading}: {given[0]}"))
        return ""

    def _foreach(self, name: str, listed: str, text: str) -> str:
        name, out = self.expand(name).strip(SPACES), []
        for word in words(self.expand(listed)):
            self.charge(16)
            self.scope.layers.append({name: Variable(name, word, "automatic")})
            try:
                out.append(self.expand(text))
            finally:
                self.scope.layers.pop()
        return " ".join(out)

    def _shell(self, command: str) -> str:
        output = self.host.shell(command) if command else ""
        if output is None:
            raise no_programs(self.where(), command)
        return output.rstrip("\n").replace("\n", " ")

    def _reference(self, name: str) -> str:
        """The value of NAME or of NAME:from=to, the references in which are expanded already."""
        variable, colon, change = name.partition(":")
        old, equals, new = change.partition("=")
        if not colon or not equals:
            return self.value(name)
        if split_percent(old)[1] is None:
            old, new = "%" + old.replace("%", "\\%"), "%" + new
        value = self.value(variable)
        self.charge(cost("patsubst", [old, new, value]))
        return patsubst(old, new, value)

    def value(self, name: str) -> str:
        """The expanded value of a variable, "" for one that is not set."""
        variable = self.scope.find(name)
        self.charge(1)
        if variable is None:
            return ""
        if not variable.recursive:
            self.charge(len(variable.text))
            return variable.text
        return self._expand_variable(variable)

    def _expand_variable(self, variable: Variable) -> str:
        """The value of a recursive variable."""
        self._enter(variable)
        if variable.where:
            self.inside.append(variable.where)
        try:
            return self.expand(variable.text)
        finally:
            variable.expanding = False
            if variable.where:
                self.inside.pop()

    def _enter(self, variable: Variable) -> None:
        if variable.expanding:
            where = variable.where or self.where()
            raise stop(where, f"Recursive variable '{variable.name}' references itself (eventually)")
        variable.expanding = True

    def expand_words(self, text: str, where: Where | None) -> tuple[str, list[Entry]]:
        """A collapsed text expanded, and its words, each with the line it was written on."""
        values, entries = [], []
        file, first = where or ("", 0)
        for part, is_word, newlines in parts(text):
            value = self.expand(plain(part)) if is_word else plain(part)
            values.append(value)
            if not is_word:
                continue
            entries += self._places(part, words(value), Entry("", first + newlines, file))
        self.charge(sum(map(len, values)))
        return "".join(values), entries

    def _places(self, part: str, found: list[str], here: Entry) -> list[Entry]:
        """The words that `part` came to, with their places: `here`, or those that another variable's words have."""
        one = _ONE_REFERENCE.match(part)
        if one:
            return self.entries(one[1] or one[2])
        mapped = _MAPPED.match(part)
        if mapped:
            entries = self.entries(mapped[1] or mapped[2])
            if len(entries) == len(found):
                return [entry._replace(text=word) for entry, word in zip(entries, found, strict=True)]
        chosen = _CHOSEN.match(part)
        known = {entry.text: entry for entry in reversed(self.entries(chosen[1]))} if chosen else {}
        return [known.get(word, here._replace(text=word)) for word in found]

    def entries(self, name: str) -> list[Entry]:
        """The words of a variable, each with the place where it was written."""
        variable = self.scope.find(name)
        if variable is None:
            return []
        self.charge(16 + len(variable.found))
        if not variable.recursive:
            return variable.found or [Entry(word, 0, "") for word in words(variable.text)]
        self._enter(variable)
        printed = len(self.said)
        try:
            return [entry for piece in variable.pieces for entry in self.expand_words(*piece)[1]]
        finally:
            variable.expanding = False
            del self.said[printed:]  # whoever asked for the value has printed it
