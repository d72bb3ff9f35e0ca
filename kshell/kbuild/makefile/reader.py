"""Reads the lines of a Makefile, one after the other, into variables and rules.

C counterpart: eval() in read.c, and do_variable_definition() in variable.c, of GNU make.
"""

from __future__ import annotations

from kshell.kbuild.makefile.conditionals import Conditionals
from kshell.kbuild.makefile.expand import Expander
from kshell.kbuild.makefile.make_errors import MakefileError, Where, fatal, no_programs, refused, stop
from kshell.kbuild.makefile.rules import Pending, Rules, missing_separator, read_rule
from kshell.kbuild.makefile.spelling import (
    SPACES,
    Assignment,
    LogicalLine,
    assignment,
    collapse,
    logical_lines,
    plain,
    without_comment,
    words,
)
from kshell.kbuild.makefile.variables import Piece, Variable

MAX_SIZE = 1 << 18
MAX_INCLUDES = 20
_NUL = "\0"
# Directives that kernel trees do without.
_REFUSED = {
    "define": "NAME = text, on one line",
    "override": "NAME = text",
    "private": "NAME = text",
    "undefine": "NAME =",
    "vpath": "the path in front of each name",
}


class Reader:
    """Reads files into one set of variables and rules.

    `exported` says of the names that an export or unexport names whether they are; `export_all` of all others.
    """

    def __init__(self, expander: Expander) -> None:
        self.x = expander
        self.rules = Rules(expander)
        self.exported: dict[str, bool] = {}
        self.export_all = False
        self.pending: Pending | None = None
        self.depth = 0

    def file(self, text: str, filename: str) -> None:
        """Reads one file to its end."""
        where = self.x.reading = Where(filename, 1)
        if len(text) > MAX_SIZE:
            because = f"the file has more than {MAX_SIZE >> 10} KiB, and no Makefile is that long"
            raise fatal(where, "file too large", because, "look whether this is a Makefile at all")
        listed = self.x.scope.globals["MAKEFILE_LIST"]
        listed.text = f"{listed.text} {filename}".lstrip()
        lines, end = logical_lines(text)
        conditionals = Conditionals(self.x)
        for line in lines:
            self.x.reading = Where(filename, line.number)
            if _NUL in line.text:
                because = "a text file holds no byte 0; GNU make reads the line only up to it"
                raise fatal(self.x.reading, "NUL character seen", because, "save the file as plain text (UTF-8)")
            self._line(line, conditionals)
        self.x.reading = Where(filename, end)
        if conditionals.open:
            raise stop(self.x.reading, "missing 'endif'")
        self._finish_rule()

    def _finish_rule(self) -> None:
        """Takes in the rule whose recipe has ended."""
        pending, self.pending = self.pending, None
        if pending is None or not pending.targets:
            return
        self.rules.record(pending)
        goals = self.x.scope.globals
        if self.rules.first and ".DEFAULT_GOAL" not in goals:
            goals[".DEFAULT_GOAL"] = Variable(".DEFAULT_GOAL", self.rules.first, "file", where=pending.where)

    def _line(self, line: LogicalLine, conditionals: Conditionals) -> None:
        if line.text.startswith("\t") and self.pending is not None:
            if not conditionals.ignoring:
                self.pending.add(line.text[1:].replace("\\\n\t", "\\\n"), self.x.reading)
            return
        text = without_comment(collapse(line.text)).lstrip(SPACES)
        word = next(iter(words(text[:100])), "")
        rest = text[len(word) :].strip(SPACES)
        given = assignment(text)
        exports = assignment(rest) if given is None and word == "export" else None
        if given or exports:
            if not conditionals.ignoring:
                self._assign(given or exports, is_exported=exports is not None)
            return
        if not text or conditionals.line(text) or conditionals.ignoring or self._directive(word, plain(rest)):
            return
        if line.text.startswith("\t"):
            raise stop(self.x.reading, "recipe commences before first target", line.text)
        self._rule(line.text)

    def _directive(self, word: str, rest: str) -> bool:
        """export, unexport and include; whether the line was one of them."""
        if word in _REFUSED and (rest or word == "define"):
            raise refused(self.x.reading, f"`{word}`", _REFUSED[word])
        if word in ("export", "unexport"):
            self._finish_rule()
            self._export(rest, word == "export")
        elif word in ("include", "-include", "sinclude"):
            self._finish_rule()
            self._include(words(self.x.expand(rest)), needed=word == "include")
        else:
            return False
        return True

    def _rule(self, line: str) -> None:
        under = self.pending
        self._finish_rule()
        found = read_rule(self.x, line)
        if isinstance(found, Pending):
            self.pending = found
        elif found.strip(SPACES):
            raise missing_separator(self.x.reading, line, under if under and under.targets else None)

    # Variables.

    def _assign(self, given: Assignment | None, is_exported: bool) -> None:
        """Carries out ``NAME = text``; the command line's value of a variable stays."""
        assert given is not None
        self._finish_rule()
        where, operator, text, globals_ = self.x.reading, given.operator, given.value, self.x.scope.globals
        if operator == "!=":
            raise no_programs(where, plain(text).strip(SPACES))
        if operator in ("::=", ":::="):
            raise refused(where, f"`{operator}`", f"{plain(given.name)} := {plain(text)}")
        name = self.x.expand(plain(given.name))
        if not name:
            raise stop(where, "empty variable name", given.name)
        if is_exported:
            self.exported[name] = True
        old = self.x.scope.find(name)
        if operator == "?=" and old is not None:
            return
        new = Variable(name, plain(text), "file", True, where)
        new.pieces = [Piece(text, where)]
        if operator == ":=":
            self._expand_now(new)
        elif operator == "+=" and old is not None:
            self._append(new, old)
        if old is None or old.origin != "command line":
            globals_[name] = new

    def _expand_now(self, new: Variable) -> None:
        """Makes `new`, the text of which is not expanded yet, a simple variable."""
        new.recursive = False
        new.text, new.found = self.x.expand_words(*new.pieces[0])

    def _append(self, new: Variable, old: Variable) -> None:
        """Makes `new` what `old` is with the text of `new` after it: of the old flavour, one blank between."""
        self.x.charge((len(old.text) + len(old.found) + len(old.pieces)) // 16)  # copying is quick
        if not old.recursive:
            self._expand_now(new)
            new.found = self.x.entries(old.name) + new.found
        else:
            new.pieces = [*old.pieces, *new.pieces]
        if not new.text:
            new.where = old.where  # as in GNU make, which then leaves the variable as it was
        new.text = old.text + " " + new.text if old.text and new.text else old.text or new.text

    def _export(self, names: str, on: bool) -> None:
        """``export NAMES`` and ``unexport NAMES``; without names, of all variables."""
        if not names:
            self.export_all = on
        for name in words(self.x.expand(names)):
            self.exported[name] = on
            if name not in self.x.scope.globals:
                self.x.scope.globals[name] = Variable(name, "", "file", where=self.x.reading)

    # Other files.

    def _include(self, names: list[str], needed: bool) -> None:
        where = self.x.reading
        for pattern in names:
            globbed = any(c in pattern for c in "*?[")
            for name in (self.x.host.wildcard(pattern) if globbed else []) or [pattern]:
                text = self.x.host.read(name)
                if text is None and needed:
                    raise _not_there(where, name)
                if text is None:
                    continue
                if self.depth >= MAX_INCLUDES:
                    because = f"files include one another more than {MAX_INCLUDES} deep; one includes itself"
                    raise fatal(where, f"{name}: Too many open files", because, "take the include away", name)
                self.depth += 1
                self.file(text, name)
                self.depth -= 1
                self.x.reading = where


def _not_there(where: Where, name: str) -> MakefileError:
    what, because = (
        f"{where}: {name}: No such file or directory",
        f"line {where.line} includes {name}, which is not there",
    )
    try_ = "write that file, or `-include` in place of `include` if make can do without it"
    trail = (f"make: *** No rule to make target '{name}'.  Stop.",)
    return MakefileError(what, because, try_, where, f"include {name}", trail)
