"""Assignments: ``=``, ``:=``, ``::=``, ``:::=``, ``+=``, ``?=``, and what define, undefine and export do.

C counterpart: do_variable_definition() in variable.c of GNU make.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kbuild.makefile.expand import Expander
from kshell.kbuild.makefile.make_errors import Where, no_programs, stop
from kshell.kbuild.makefile.spelling import SPACES, Definition, definition, plain, words
from kshell.kbuild.makefile.variables import STRENGTH, Assignment, Entry, Piece, Variable


class Statement(NamedTuple):
    """A line about a variable: ``kind`` is =, define or undefine; what modifies it; the rest of the line."""

    kind: str
    override: bool
    export: bool
    definition: Definition
    rest: str


def statement(text: str) -> Statement | None:
    """The assignment, define or undefine that a collapsed line is, or None."""
    override = export = False
    while True:
        text = text.lstrip(SPACES)
        found = definition(text)
        if found:
            return Statement("=", override, export, found, "")
        word = next(iter(words(text[:100])), "")
        rest = text[len(word) :].strip(SPACES)
        if word in ("define", "undefine"):
            inner = definition(rest) or Definition(rest, "=", "")
            return Statement(word, override, export, inner, rest)
        if word not in ("export", "override", "private") or not rest:
            return None
        export, override, text = export or word == "export", override or word == "override", rest


class Assigner:
    """Carries out assignments; `made` has every one of a file by name, in order, `exported` the exported names."""

    def __init__(self, x: Expander) -> None:
        self.x = x
        self.made: dict[str, list[Assignment]] = {}
        self.exported: dict[str, bool] = {}
        self.export_all = False

    def name(self, text: str) -> str:
        """The name of a variable to set, expanded.  Raises MakefileError where nothing is left of it."""
        name = self.x.expand(plain(text))
        if not name:
            raise stop(self.x.reading, "empty variable name", text)
        return name

    def assign(
        self, into: dict[str, Variable], given: Definition, where: Where, override: bool = False, lines: bool = False
    ) -> str:
        """Sets a variable in `into` (those of all, or those of one target), and answers its name.

        With `lines` the text is that of a define: its newlines are its own.  Raises MakefileError.
        """
        name, operator, text = self.name(given.name), given.operator, given.value
        if operator == "!=":
            raise no_programs(where, plain(text).strip(SPACES))
        made = Assignment(name, operator, plain(text), where.line, where.file)
        self.made.setdefault(name, []).append(made)
        old = self.x.scope.find(name)
        if operator == "?=" and old is not None:
            return name
        new = Variable(name, text if lines else plain(text), "override" if override else "file", True, where)
        new.pieces = [Piece(text, where._replace(line=where.line + lines))]
        if operator in (":=", "::=", ":::="):
            self._expand_now(new, lines)
            if operator == ":::=":
                new.text, new.recursive = new.text.replace("$", "$$"), True
                new.pieces = [Piece(new.text, where)]
        elif operator == "+=" and old is not None:
            self._append(new, old, lines)
        if old is None or STRENGTH[old.origin] <= STRENGTH[new.origin]:
            into[name] = new
        return name

    def _expand_now(self, new: Variable, lines: bool) -> None:
        """Makes `new`, the text of which is not expanded yet, a simple variable."""
        new.recursive = False
        (text, where), *_ = new.pieces
        if lines:
            new.text = self.x.expand(text)
            new.found = [Entry(word, where.line, where.file) for word in words(new.text)] if where else []
        else:
            new.text, new.found = self.x.expand_words(text, where)

    def _append(self, new: Variable, old: Variable, lines: bool) -> None:
        """Makes `new` what `old` is with the text of `new` after it: of the old flavour, one blank between."""
        self.x.charge((len(old.text) + len(old.found) + len(old.pieces)) // 16)  # copying is quick
        if not old.recursive:
            self._expand_now(new, lines)
            new.found = self.x.entries(old.name) + new.found
        else:
            new.pieces = [*old.pieces, *new.pieces]
        if not new.text:
            new.where = old.where  # as in GNU make, which then leaves the variable as it was
        new.text = old.text + " " + new.text if old.text and new.text else old.text or new.text

    def undefine(self, text: str, override: bool) -> None:
        """Takes a variable away, as if it had never been set."""
        name = self.name(text)
        old = self.x.scope.globals.get(name)
        if old and STRENGTH[old.origin] <= STRENGTH["override" if override else "file"]:
            del self.x.scope.globals[name]

    def export(self, names: str, on: bool) -> None:
        """``export NAMES`` and ``unexport NAMES``; without names, of all variables."""
        listed = words(self.x.expand(names))
        if not names:
            self.export_all = on
        for name in listed:
            self.exported[name] = on
            if name not in self.x.scope.globals:
                self.x.scope.globals[name] = Variable(name, "", "file", where=self.x.reading)
