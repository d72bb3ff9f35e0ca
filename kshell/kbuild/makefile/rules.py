"""Rules: the targets of a Makefile, what they need, and the commands under them.

C counterpart: the second half of eval() and record_files() in read.c of GNU make.
"""

from __future__ import annotations

from typing import NamedTuple

from kshell.kbuild.makefile.expand import Expander, Host
from kshell.kbuild.makefile.make_errors import MakefileError, Where, fatal, refused, stop
from kshell.kbuild.makefile.spelling import SPACES, assignment, collapse, find_unquoted, plain, split_percent, words


class RecipeLine(NamedTuple):
    """A command under a rule, as written but for its TAB (not expanded; continuations are in it), and its line."""

    text: str
    line: int
    file: str


class Rule:
    """A target: what it needs (`prerequisites`, `order_only` after a |), its `recipe`, `where` it first stands."""

    def __init__(self, target: str, where: Where) -> None:
        self.target, self.where = target, where
        self.prerequisites: list[str] = []
        self.order_only: list[str] = []
        self.recipe: list[RecipeLine] = []


class Pending:
    """The rule whose recipe is being read (None: no line of it yet).  Without targets its commands are passed over."""

    def __init__(self, where: Where, targets: list[str], prerequisites: str = "") -> None:
        self.where, self.targets, self.prerequisites = where, targets, prerequisites
        self.recipe: list[RecipeLine] | None = None

    def add(self, text: str, where: Where) -> None:
        """One more line of the recipe; an empty one says only that there is a recipe."""
        self.recipe = self.recipe or []
        if text.strip(SPACES):
            self.recipe.append(RecipeLine(text, where.line, where.file))


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
    expanded = x.expand(plain(before[:at] if at >= 0 else body))
    rest = plain(before[at + 1 :]) if at >= 0 else None
    if rest is not None and "$" not in before[:at]:
        return expanded, rest
    # A variable may bring a colon of its own; the first one counts.
    left, colon = find_unquoted(expanded, ":", references=False)
    if colon < 0:
        return left if rest is not None else expanded, rest
    return left[:colon], left[colon + 1 :].replace("$", "$$") + ("" if rest is None else ":" + rest)


def read_rule(x: Expander, line: str) -> Pending | str:
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
    targets = file_names(left, x.host)
    if not targets:
        return Pending(x.reading, [])
    _refuse(x.reading, targets[0], left, rest)
    needs = x.expand(rest)
    if recipe is None:
        needs, at = find_unquoted(needs, ";", references=False)
        needs, recipe = (needs, None) if at < 0 else (needs[:at], needs[at + 1 :])
    needs, at = find_unquoted(needs, ":", references=False)
    if at >= 0:
        raise refused(x.reading, "static pattern rule (targets: pattern: files)", f"{targets[0]}: the files it needs")
    pending = Pending(x.reading, targets, needs.strip(SPACES))
    if recipe is not None:
        pending.add(recipe.lstrip(" \t"), x.reading)
    return pending


def _refuse(where: Where, target: str, left: str, rest: str) -> None:
    """The kinds of rule that kernel trees do without."""
    if rest.startswith(":"):
        raise refused(where, "rule with two colons", f"{target}: with one colon")
    if left.endswith("&"):
        raise refused(where, "group of targets (&:)", "a rule for each target")
    while (given := assignment(rest)) is None:
        word = next(iter(words(rest)), "")
        if word not in ("export", "override", "private"):
            return
        rest = rest.lstrip(SPACES)[len(word) :]
    if not given.name:  # as in `a b := 1`, which make takes for a target and what holds for it alone
        raise stop(where, "empty variable name", f"{left}:{rest}")
    raise refused(where, "variable of one target", "the assignment on a line of its own, for all targets")


class Rules:
    """All rules of a Makefile: `targets` by name, `patterns` in order, and the `first` target that can be a goal."""

    def __init__(self, x: Expander) -> None:
        self.x = x
        self.targets: dict[str, Rule] = {}
        self.patterns: list[Rule] = []
        self.first = ""

    def record(self, pending: Pending) -> None:
        """Takes in a rule that has been read to its end.  Raises MakefileError."""
        where, names = pending.where, pending.targets
        implicit = ["%" in name and split_percent(name)[1] is not None for name in names]
        if any(implicit) and not all(implicit):
            raise stop(where, "mixed implicit and normal rules", " ".join(names))
        for name in names:
            if any(implicit):
                rule = Rule(name, where)
                self.patterns.append(rule)
            else:
                rule = self.targets.setdefault(name, Rule(name, where))
                self.first = self.first or name * (not name.startswith(".") or "/" in name)
            self._fill(rule, pending)

    def _fill(self, rule: Rule, pending: Pending) -> None:
        """Adds the prerequisites and the recipe of `pending` to a rule."""
        normal, _, order_only = pending.prerequisites.partition("|")
        for listed, text in ((rule.prerequisites, normal), (rule.order_only, order_only)):
            names = file_names(text, self.x.host)
            self.x.charge(sum(map(len, names)) + 8 * len(names))
            listed += names
        if rule.recipe and pending.recipe:
            new, old = pending.recipe[0], rule.recipe[0]
            said = self.x.said
            said.append(("stderr", f"{new.file}:{new.line}: warning: overriding recipe for target '{rule.target}'"))
            said.append(("stderr", f"{old.file}:{old.line}: warning: ignoring old recipe for target '{rule.target}'"))
        if pending.recipe is not None:
            rule.recipe = pending.recipe


def missing_separator(where: Where, line: str, under: Pending | None) -> MakefileError:
    """make's most frequent complaint, with the reason that fits the line; `under` is the rule last seen, if any."""
    text = line.strip(SPACES)
    shown = text if len(text) <= 40 else text[:37] + "..."
    blanks = len(line) - len(line.lstrip(" "))
    message = "missing separator" + " (did you mean TAB instead of 8 spaces?)" * line.startswith(" " * 8)
    because = "the line is no assignment (no =), no rule (no :) and no directive that make knows"
    try_ = "obj-y := test_call.o   for a list,   target: file   for a rule"
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        because, try_ = "this is the mark of a merge conflict", "keep one side, and take the marks away"
    elif text.startswith(("ifeq(", "ifneq(", "ifeq'", "ifneq'", 'ifeq"', 'ifneq"')):
        because = "ifeq and ifneq are words of their own"
        try_ = f"write a blank after it: {shown.replace('(', ' (', 1)}"
    elif under is not None:
        plural = "s"[: blanks > 1]
        begins = f"this one begins with {blanks} blank{plural}" if blanks else "this one has none"
        because = (
            f"a command under a rule begins with one TAB, and {begins}, so it is no command of `{under.targets[0]}:`"
        )
        try_ = f"put one TAB before `{shown}`" + (f", in place of the blank{plural}" if blanks else "")
    return fatal(where, message, because, try_, line)
