"""Reads the lines of a Makefile, one after the other, into variables and rules.

C counterpart: eval() in read.c of GNU make.
"""

from __future__ import annotations

from kshell.kbuild.makefile.assign import Assigner, Statement, statement
from kshell.kbuild.makefile.conditionals import Conditionals
from kshell.kbuild.makefile.expand import Expander
from kshell.kbuild.makefile.make_errors import MakefileError, Where, fatal, stop
from kshell.kbuild.makefile.rules import (
    Pending,
    RecipeLine,
    Rules,
    TargetVariable,
    is_target_variable,
    missing_separator,
    read_rule,
)
from kshell.kbuild.makefile.spelling import (
    SPACES,
    Definition,
    Line,
    collapse,
    logical_lines,
    plain,
    without_comment,
    words,
)
from kshell.kbuild.makefile.variables import Variable

MAX_SIZE = 1 << 18
MAX_INCLUDES = 20
_NUL = "\0"


class Reader:
    """Reads files into one set of variables and rules."""

    def __init__(self, expander: Expander) -> None:
        self.x = expander
        self.rules = Rules(expander)
        self.assigner = Assigner(expander)
        self.target_variables: dict[str, dict[str, Variable]] = {}
        self.pending: Pending | None = None
        self.depth = 0

    def file(self, text: str, filename: str) -> None:
        """Reads one file to its end."""
        where = Where(filename, 1)
        self.x.reading = where
        if len(text) > MAX_SIZE:
            because = f"the file has more than {MAX_SIZE >> 10} KiB, and no Makefile is that long"
            raise fatal(where, "file too large", because, "look whether this is a Makefile at all")
        listed = self.x.scope.globals["MAKEFILE_LIST"]
        listed.text = f"{listed.text} {filename}".lstrip()
        lines, end = logical_lines(text)
        _File(self, filename, lines).run(end)
        self.finish_rule()

    def finish_rule(self) -> None:
        """Takes in the rule whose recipe has ended."""
        pending, self.pending = self.pending, None
        if pending is None or not pending.targets:
            return
        self.rules.record(pending)
        goals = self.x.scope.globals
        if self.rules.first and ".DEFAULT_GOAL" not in goals:
            goals[".DEFAULT_GOAL"] = Variable(".DEFAULT_GOAL", self.rules.first, "file", where=pending.where)


class _File:
    """One file while it is read."""

    def __init__(self, reader: Reader, name: str, lines: list[Line]) -> None:
        self.reader, self.x, self.name, self.lines = reader, reader.x, name, lines
        self.conditionals = Conditionals(reader.x)
        self.at = 0

    def run(self, end: int) -> None:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            self.x.reading = Where(self.name, line.number)
            if _NUL in line.text:
                because = "a text file holds no byte 0; GNU make reads the line only up to it"
                raise fatal(self.x.reading, "NUL character seen", because, "save the file as plain text (UTF-8)")
            self._line(line)
        self.x.reading = Where(self.name, end)
        if self.conditionals.open:
            raise stop(self.x.reading, "missing 'endif'")

    def _line(self, line: Line) -> None:
        reader = self.reader
        if line.text.startswith("\t") and reader.pending is not None:
            if not self.conditionals.ignoring:
                self._recipe_line(line)
            return
        text = without_comment(collapse(line.text)).lstrip(SPACES)
        found = statement(text)
        if found:
            self._statement(found)
            return
        if not text or self.conditionals.line(text) or self.conditionals.ignoring or self._directive(plain(text)):
            return
        if line.text.startswith("\t"):
            raise stop(self.x.reading, "recipe commences before first target", line.text)
        self._rule(line.text)

    def _recipe_line(self, line: Line) -> None:
        pending = self.reader.pending
        assert pending is not None
        pending.has_recipe = True
        text = line.text[1:].replace("\\\n\t", "\\\n")
        if text.strip(SPACES):
            pending.recipe.append(RecipeLine(text, line.number, self.name))

    def _statement(self, found: Statement) -> None:
        ignoring, where = self.conditionals.ignoring, self.x.reading
        given = found.definition
        if found.kind == "define":
            if not ignoring:
                self.reader.finish_rule()
                if not plain(given.name):
                    raise stop(where, "empty variable name", found.rest)
            given = Definition(given.name, given.operator, self._define_body(where))
        if ignoring:
            return
        self.reader.finish_rule()
        assigner = self.reader.assigner
        if found.kind == "undefine":
            assigner.undefine(found.rest, found.override)
            return
        name = assigner.assign(self.x.scope.globals, given, where, found.override, found.kind == "define")
        if found.export:
            assigner.exported[name] = True

    def _define_body(self, where: Where) -> str:
        """The lines up to the endef that belongs to this define."""
        body: list[str] = []
        level = 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            text = plain(collapse(line.text))
            word = "" if text.startswith("\t") else next(iter(words(text[:100])), "")
            level += (word == "define") - (word == "endef")
            if not level:
                if without_comment(text).strip(SPACES) != "endef" and not self.conditionals.ignoring:
                    at = Where(self.name, line.number)
                    self.x.said.append(("stderr", f"{at}: extraneous text after 'endef' directive"))
                return "\n".join(body)
            body.append(text)
        raise stop(where, "missing 'endef', unterminated 'define'")

    def _directive(self, text: str) -> bool:
        """export, unexport, include and vpath; whether the line was one of them."""
        word = next(iter(words(text[:100])), "")
        rest = text[len(word) :].strip(SPACES)
        if word in ("export", "unexport"):
            self.reader.finish_rule()
            self.reader.assigner.export(rest, word == "export")
        elif word in ("include", "-include", "sinclude"):
            self.reader.finish_rule()
            self._include(words(self.x.expand(rest)), needed=word == "include")
        elif word == "vpath":
            self.reader.finish_rule()
        else:
            return False
        return True

    def _include(self, names: list[str], needed: bool) -> None:
        where = self.x.reading
        reader = self.reader
        for pattern in names:
            globbed = any(c in pattern for c in "*?[")
            for name in (self.x.host.wildcard(pattern) if globbed else []) or [pattern]:
                text = self.x.host.read(name)
                if text is not None:
                    if reader.depth >= MAX_INCLUDES:
                        because = f"files include one another more than {MAX_INCLUDES} deep; one includes itself"
                        raise fatal(where, f"{name}: Too many open files", because, "take the include away", name)
                    reader.depth += 1
                    reader.file(text, name)
                    reader.depth -= 1
                    self.x.reading = where
                elif needed:
                    raise MakefileError(
                        f"{where}: {name}: No such file or directory",
                        f"line {where.line} includes {name}, which is not there",
                        "write that file, or `-include` in place of `include` if make can do without it",
                        where,
                        f"include {name}",
                        (f"make: *** No rule to make target '{name}'.  Stop.",),
                    )

    def _rule(self, line: str) -> None:
        reader = self.reader
        under = reader.pending
        reader.finish_rule()
        found = read_rule(self.x, line)
        if isinstance(found, TargetVariable):
            self._target_variable(found)
        elif isinstance(found, Pending):
            reader.pending = found
        elif found.strip(SPACES):
            raise missing_separator(self.x.reading, line, under if under and under.targets else None)

    def _target_variable(self, found: TargetVariable) -> None:
        given = is_target_variable(found.assignment)
        assert given is not None
        scope = self.x.scope
        for target in found.targets:
            scope.target = self.reader.target_variables.setdefault(target, {})
            try:
                self.reader.assigner.assign(scope.target, given, self.x.reading)
            finally:
                scope.target = {}
