"""Makefiles: reads what kbuild's and a student's own use, as GNU make reads it, and runs nothing.

`parse` answers a :class:`Makefile`: the variables with the places where they were set, the rules, the default goal.
What a Makefile asks about the world ($(shell pwd), include, $(wildcard)) comes from the caller through a
:class:`Host`.  Every mistake is a :class:`MakefileError` in GNU make's words.

C counterpart: GNU make.
"""

from __future__ import annotations

from collections.abc import Mapping

from kshell.kbuild.makefile.expand import Expander, Host
from kshell.kbuild.makefile.make_errors import MakefileError, Where
from kshell.kbuild.makefile.reader import Reader
from kshell.kbuild.makefile.rules import RecipeLine, Rule
from kshell.kbuild.makefile.spelling import SPACES, logical_lines, words
from kshell.kbuild.makefile.variables import Entry, Scope, Variable

__all__ = ["Entry", "Host", "Makefile", "MakefileError", "RecipeLine", "Rule", "Where", "parse"]


class Makefile:
    """A Makefile that has been read.

    `targets` are the rules by target, `patterns` those with a %; `said` is what $(info), $(warning) and make's own
    warnings printed while reading, and while expanding later, as (stream, text).
    """

    def __init__(self, reader: Reader, filename: str) -> None:
        self._x, self._reader, self.filename = reader.x, reader, filename
        self.host = reader.x.host
        self.targets: dict[str, Rule] = reader.rules.targets
        self.patterns: list[Rule] = reader.rules.patterns
        self.said = reader.x.said

    @property
    def default_goal(self) -> str | None:
        """What `make` without a goal makes: .DEFAULT_GOAL if set, else the first target; None if there is none."""
        return self.value(".DEFAULT_GOAL").strip(SPACES) or None

    def value(self, name: str) -> str:
        """A variable, expanded; "" if it is not set.  Raises MakefileError."""
        return self._x.value(name)

    def words(self, name: str) -> list[str]:
        """The words of a variable's value.  Raises MakefileError."""
        return words(self.value(name))

    def entries(self, name: str) -> list[Entry]:
        """The words of a variable, each with the line and file where it was written.  Raises MakefileError.

        A word that $(OTHER), $(OTHER:.o=.c), patsubst, filter or sort took from another variable keeps the line it
        has there; one that some other function made has the line of that function.
        """
        return self._x.entries(name)

    def exports(self) -> dict[str, str]:
        """The variables that the recipes' commands get in their environment, expanded.  Raises MakefileError."""
        chosen, export_all = self._reader.exported, self._reader.export_all
        found = {}
        for name, variable in self._x.scope.globals.items():
            given = variable.origin == "command line" or name in self._x.scope.inherited
            if chosen.get(name, given or (export_all and variable.where is not None)):
                found[name] = self.value(name)
        return found

    def expand(self, text: str, where: Where | None = None) -> str:
        """Any text with the references in it expanded; `where` is the line that errors name.  Raises MakefileError."""
        self._x.reading = where or self._x.reading
        return self._x.expand(text)

    def recipe(self, rule: Rule, stem: str = "") -> list[RecipeLine]:
        """The commands of a rule, expanded as make does before it runs them.  Raises MakefileError.

        $@, $<, $^, $+, $| and $* are set.  A command that expands to several lines is several commands; the prefixes
        @, - and + are still there.
        """
        needs = rule.prerequisites
        automatic = {
            "@": rule.target,
            "<": needs[0] if needs else "",
            "^": " ".join(dict.fromkeys(needs)),
            "+": " ".join(needs),
            "|": " ".join(dict.fromkeys(rule.order_only)),
            "?": " ".join(dict.fromkeys(needs)),
            "*": stem,
        }
        scope = self._x.scope
        scope.layers.append({name: Variable(name, text, "automatic") for name, text in automatic.items()})
        found = []
        try:
            for line in rule.recipe:
                text = self.expand(line.text, Where(line.file, line.line))
                found += [RecipeLine(part, line.line, line.file) for part in _commands(text)]
        finally:
            scope.layers.pop()
        return found


def _commands(text: str) -> list[str]:
    """An expanded recipe line as the commands it is, one for each line that no backslash continues."""
    lines, _ = logical_lines(text)
    return [line.text for line in lines if line.text.strip(SPACES)]


def parse(
    text: str,
    filename: str = "Makefile",
    variables: Mapping[str, str] | None = None,
    host: Host | None = None,
) -> Makefile:
    """Reads a Makefile.  `variables` are those of the command line: they override the file's.

    Raises MakefileError, and nothing else, whatever the text.
    """
    host = host or Host()
    scope = Scope(variables or {}, host.environment, host.directory)
    reader = Reader(Expander(scope, host, Where(filename, 1)))
    reader.file(text, filename)
    return Makefile(reader, filename)
