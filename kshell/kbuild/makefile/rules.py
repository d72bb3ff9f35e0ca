"""Rules: the targets of a Makefile, what they need, and the commands under them.

C counterpart: the second half of eval() and record_files() in read.c of GNU make.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kbuild.makefile.expand import Expander, Host
from kshell.kbuild.makefile.make_errors import MakefileError, Where, fatal, stop
from kshell.kbuild.makefile.spelling import (
    SPACES,
    Definition,
    collapse,
    definition,
    find_unquoted,
    plain,
    split_percent,
    stem,
    words,
)


class RecipeLine(NamedTuple):
    """A command under a rule, as written but for its TAB (not expanded; continuations are in it), and its line."""

    text: str
    line: int
    file: str


class Rule:
    """A target: what it needs (`prerequisites`, and `order_only` after a |), its `recipe`, and where it stands.

    `line` is that of the first rule for the target; the recipe's lines know their own.  `double_colon`: `target::`.
    """

    __slots__ = ("double_colon", "file", "line", "order_only", "prerequisites", "recipe", "target")

    def __init__(self, target: str, where: Where, double_colon: bool = False) -> None:
        self.target, self.double_colon = target, double_colon
        self.file, self.line = where
        self.prerequisites: list[str] = []
        self.order_only: list[str] = []
        self.recipe: list[RecipeLine] = []


class Pending:
    """The rule whose recipe is being read.  Without targets its commands are passed over, as GNU make does."""

    __slots__ = ("double_colon", "has_recipe", "pattern", "prerequisites", "recipe", "targets", "where")

    def __init__(self, where: Where, targets: list[str]) -> None:
        self.where, self.targets = where, targets
        self.double_colon = self.has_recipe = False
        self.pattern: str | None = None
        self.prerequisites = ""
        self.recipe: list[RecipeLine] = []


class TargetVariable(NamedTuple):
    """``target: NAME = value``."""

    targets: list[str]
    assignment: str


def file_names(text: str, host: Host) -> list[str]:
    """The names in a list of targets or prerequisites: ./ in front is dropped, wildcards become what they match."""
    found = []
    for name in words(text):
        while name.startswith("./") and name != "./":
            name = name[2:].lstrip("/") or "./"
        matches = host.wildcard(name) if any(c in name for c in "*?[") else []
        found += matches or [name]
    return found


def _find_colon(x: Expander, body: str) -> tuple[str, str | None]:
    """What stands before the rule's colon, expanded, and after it, not expanded: None where there is no colon."""
    before, at = find_unquoted(body, ":")
    if at < 0:
        expanded = x.expand(plain(body))
        left, at = find_unquoted(expanded, ":", references=False)
        return (left[:at], left[at + 1 :].replace("$", "$$")) if at >= 0 else (expanded, None)
    expanded = x.expand(plain(before[:at]))
    rest = plain(before[at + 1 :])
    if "$" not in before[:at]:
        return expanded, rest
    # A variable may bring a colon of its own; the first one counts.
    left, at = find_unquoted(expanded, ":", references=False)
    return (left[:at], left[at + 1 :].replace("$", "$$") + ":" + rest) if at >= 0 else (left, rest)


def read_rule(x: Expander, line: str) -> Pending | TargetVariable | str:
    """Reads the first line of a rule, continuations still in it.

    Answers what the line expands to where it is no rule: nothing but blanks, or something that make cannot read.
    Raises MakefileError.
    """
    cut, at = find_unquoted(line, ";#")
    body, recipe = (cut, None) if at < 0 else (cut[:at], cut[at + 1 :] if cut[at] == ";" else None)
    body = collapse(body)
    start = plain(body).strip(SPACES)
    if not start:
        if recipe is not None:
            raise stop(x.reading, "missing rule before recipe", line)
        return ""
    if start.startswith(":"):
        return Pending(x.reading, [])
    left, rest = _find_colon(x, body)
    if rest is None:
        return left
    double = rest.startswith(":")
    if left.endswith("&") and (left == "&" or left[-2] in SPACES):
        left = left[:-1]
    targets = file_names(left, x.host)
    pending = Pending(x.reading, targets)
    if not targets:
        return pending
    rest = rest[1:] if double else rest
    if is_target_variable(rest):
        return TargetVariable(targets, rest if recipe is None else f"{rest};{plain(collapse(recipe))}")
    pending.double_colon = double
    needs = x.expand(rest)
    if recipe is None:
        needs, at = find_unquoted(needs, ";", references=False)
        needs, recipe = (needs, None) if at < 0 else (needs[:at], needs[at + 1 :])
    _static_pattern(x, pending, needs)
    if recipe is not None:
        pending.has_recipe = True
        if recipe.strip(SPACES):
            pending.recipe.append(RecipeLine(recipe.lstrip(" \t"), x.reading.line, x.reading.file))
    return pending


def is_target_variable(text: str) -> Definition | None:
    """The assignment after a target's colon, if it is one; `export`, `override` and `private` may come before it."""
    while (found := definition(text)) is None:
        word = next(iter(words(text)), "")
        if word not in ("export", "override", "private"):
            return None
        text = text.lstrip(SPACES)[len(word) :]
    return found


def _static_pattern(x: Expander, pending: Pending, needs: str) -> None:
    """Takes apart ``pattern: prerequisites``, if that is what follows the targets' colon."""
    needs, at = find_unquoted(needs, ":", references=False)
    if at >= 0:
        patterns = words(needs[:at])
        if not patterns:
            raise stop(x.reading, "missing target pattern", needs)
        if len(patterns) > 1:
            raise stop(x.reading, "multiple target patterns", needs)
        if split_percent(patterns[0])[1] is None:
            raise stop(x.reading, "target pattern contains no '%'", needs)
        pending.pattern, needs = patterns[0], needs[at + 1 :]
    pending.prerequisites = needs.strip(SPACES)


class Rules:
    """All rules of a Makefile: `targets` by name, `patterns` in order, and what is phony."""

    def __init__(self, x: Expander) -> None:
        self.x = x
        self.targets: dict[str, Rule] = {}
        self.patterns: list[Rule] = []
        self.first = ""

    def record(self, pending: Pending) -> None:
        """Takes in a rule that has been read to its end.  Raises MakefileError."""
        where, names = pending.where, pending.targets
        implicit = ["%" in name and split_percent(name)[1] is not None for name in names]
        if pending.pattern is None and any(implicit):
            if not all(implicit):
                raise stop(where, "mixed implicit and normal rules", " ".join(names))
            for name in names:
                self.patterns.append(self._fill(Rule(name, where, pending.double_colon), pending, None))
            return
        for name in names:
            found = None
            if pending.pattern is not None:
                found = stem(split_percent(pending.pattern), name)
                if found is None:
                    self.x.said.append(("stderr", f"{where}: target '{name}' doesn't match the target pattern"))
            self._record_target(name, pending, found)

    def _record_target(self, name: str, pending: Pending, found: str | None) -> None:
        where = pending.where
        rule = self.targets.get(name)
        if rule is None:
            rule = self.targets[name] = Rule(name, where, pending.double_colon)
            if not self.first and (not name.startswith(".") or "/" in name):
                self.first = name
        elif rule.double_colon != pending.double_colon:
            raise stop(where, f"target file '{name}' has both : and :: entries", name)
        self._fill(rule, pending, found)

    def _fill(self, rule: Rule, pending: Pending, found: str | None) -> Rule:
        """Adds the prerequisites and the recipe of `pending` to a rule."""
        normal, _, order_only = pending.prerequisites.partition("|")
        for listed, text in ((rule.prerequisites, normal), (rule.order_only, order_only)):
            for name in file_names(text, self.x.host):
                split = split_percent(name) if found is not None else (name, None)
                full = name if found is None or split[1] is None else split[0] + found + split[1]
                self.x.charge(len(full) + 8)
                listed.append(full)
        if not pending.has_recipe:
            return rule
        if rule.double_colon:
            rule.recipe += pending.recipe
            return rule
        if rule.recipe and pending.recipe:
            new, old = pending.recipe[0], rule.recipe[0]
            said = self.x.said
            said.append(("stderr", f"{new.file}:{new.line}: warning: overriding recipe for target '{rule.target}'"))
            said.append(("stderr", f"{old.file}:{old.line}: warning: ignoring old recipe for target '{rule.target}'"))
        rule.recipe = list(pending.recipe)
        return rule


def missing_separator(where: Where, line: str, under: Pending | None) -> MakefileError:
    """make's most frequent complaint, with the reason that fits the line; `under` is the rule last seen, if any."""
    text = line.strip(SPACES)
    shown = text if len(text) <= 40 else text[:37] + "..."
    blanks = len(line) - len(line.lstrip(" "))
    if line.startswith(" " * 8):
        message = "missing separator (did you mean TAB instead of 8 spaces?)"
    else:
        message = "missing separator"
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        because, try_ = "this is the mark of a merge conflict", "keep one side, and take the marks away"
    elif text.startswith(("ifeq(", "ifneq(", "ifeq'", "ifneq'", 'ifeq"', 'ifneq"')):
        because, try_ = (
            "ifeq and ifneq are words of their own",
            f"write a blank after it: {shown.replace('(', ' (', 1)}",
        )
    elif under is not None:
        name = (under.targets or [""])[0]
        begins = f"this one begins with {blanks} blank{'s'[: blanks > 1]}" if blanks else "this one has none"
        because = f"a command under a rule begins with one TAB, and {begins}, so it is no command of `{name}:`"
        try_ = f"put one TAB before `{shown}`" + (f", in place of the blank{'s'[: blanks > 1]}" if blanks else "")
    else:
        because = "the line is no assignment (no =), no rule (no :) and no directive that make knows"
        try_ = "obj-y := test_call.o   for a list,   target: file   for a rule"
    return fatal(where, message, because, try_, line)
