"""Recipes: what a command under a rule asks for, as a list of actions that somebody else carries out.

No program is run, and none can be: a command that is not one of the few known ones is an error.  Known are
``make`` (and ``$(MAKE)``), ``rm``, ``echo``, ``cd``, ``true`` and ``:``, joined by ``;``, ``&&`` and ``||``, with the
shell's quotes and variables, and with `pwd` and `uname -r` in backticks or $( ) for what the caller answers.

C counterpart: job.c of GNU make, and /bin/sh.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from kshell.kbuild.makefile.make_errors import MakefileError, Where, no_programs
from kshell.kbuild.makefile.makefile import Makefile, Rule
from kshell.kbuild.recipes.make_line import BadOption, read_make_line
from kshell.kbuild.recipes.recipe_words import ShellCommand, ShellWord, read_commands

__all__ = ["Action", "Change", "Echo", "Make", "NoAction", "RecipeLine", "Remove", "commands", "read_recipe"]


class Make(NamedTuple):
    """``make -C directory VARIABLE=value goals``.

    `directory` is relative to where the line has come ("" for the same).  `variables` are those on the command line;
    `environment` those set only for this command.  `after` says when it runs: ";" always, "&&" if what came before
    succeeded, "||" if it failed.
    """

    directory: str
    goals: tuple[str, ...]
    variables: dict[str, str]
    environment: dict[str, str]
    after: str


class Remove(NamedTuple):
    """``rm patterns``: as the glob module understands them (what was quoted is literal)."""

    patterns: tuple[str, ...]
    force: bool
    recursive: bool
    after: str


class Echo(NamedTuple):
    """``echo``: the text to print, with its newline."""

    text: str
    after: str


class Change(NamedTuple):
    """``cd directory``: where the rest of the line runs."""

    directory: str
    after: str


class NoAction(NamedTuple):
    """``true`` and ``:``."""

    after: str


Action = Make | Remove | Echo | Change | NoAction


class RecipeLine(NamedTuple):
    """A recipe line: `text` is what make prints before it runs it, unless `silent` (@).

    `ignore_errors` (-): a failure does not stop make.  `where` is the line in the Makefile.
    """

    text: str
    silent: bool
    ignore_errors: bool
    actions: tuple[Action, ...]
    where: Where


def read_recipe(
    text: str,
    where: Where,
    shell: Callable[[str], str | None] = lambda command: None,
    environment: Mapping[str, str] | None = None,
) -> RecipeLine:
    """What one recipe line, expanded by make already, asks for.

    `shell` answers the output of a command in backticks or $( ), or None for one that is not run; `environment` has
    the shell's variables.  Raises MakefileError for every command that would need a program.
    """
    rest = text.lstrip(" \t\n@-+")
    prefix = text[: len(text) - len(rest)]
    known = dict(environment or {})
    actions = tuple(_action(command, where) for command in read_commands(rest, where, shell, known))
    return RecipeLine(rest, "@" in prefix, "-" in prefix, actions, where)


def commands(makefile: Makefile, rule: Rule) -> Iterator[RecipeLine]:
    """The commands of a rule, one after the other, expanded for that rule; the shell's variables are those exported.

    As make does, it expands every line before the first command is answered; a line that would need a program is
    refused when its turn comes.  Raises MakefileError.
    """
    environment = {**makefile.exports(), "PWD": makefile.host.directory}
    for line in makefile.recipe(rule):
        yield read_recipe(line.text, Where(line.file, line.line), makefile.host.shell, environment)


def _action(command: ShellCommand, where: Where) -> Action:
    """One command of a line."""
    texts = [word.text for word in command.words]
    name = texts[0] if texts else ""
    if not texts or name in ("true", ":"):
        return NoAction(command.after)
    if name == "echo":
        newline = texts[1:2] != ["-n"]
        return Echo(" ".join(texts[1 if newline else 2 :]) + ("\n" if newline else ""), command.after)
    if name == "cd" and len(texts) == 2 and texts[1] != "-":
        return Change(texts[1], command.after)
    if name == "rm":
        return _remove(command, where)
    if posixpath.basename(name) in ("make", "gmake"):
        return _make(command, where)
    raise no_programs(where, command.text)


def _remove(command: ShellCommand, where: Where) -> Remove:
    """``rm``: -f, -r (or -R) and -v; the rest are patterns."""
    flags: set[str] = set()
    patterns: list[ShellWord] = []
    ended = False
    for word in command.words[1:]:
        if word.text == "--" and not ended:
            ended = True
        elif word.text.startswith("-") and word.text != "-" and not ended:
            flags |= set({"--force": "f", "--recursive": "r"}.get(word.text, word.text[1:]))
        else:
            patterns.append(word)
    bad = flags - set("frRv")
    if bad:
        what = f"rm: invalid option -- '{min(bad)}'"
        raise MakefileError(what, "this rm knows -f, -r and -v", "rm -f *.o *.ko", where, command.text)
    if not patterns and "f" not in flags:
        because = "without -f, rm wants to be told what to remove"
        raise MakefileError("rm: missing operand", because, "rm -f *.o *.ko", where, command.text)
    names = tuple(word.pattern for word in patterns)
    return Remove(names, "f" in flags, bool(flags & set("rR")), command.after)


def _make(command: ShellCommand, where: Where) -> Make:
    """``make``: options, variables and goals, in any order."""
    try:
        line = read_make_line([word.text for word in command.words[1:]])
    except BadOption as bad:
        raise MakefileError(bad.what, bad.because, bad.try_, where, command.text) from None
    return Make(line.directory, line.goals, line.variables, command.assignments, command.after)
