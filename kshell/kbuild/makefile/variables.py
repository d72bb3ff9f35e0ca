"""The variables of a Makefile: how they were set, where, and which setting wins.

C counterpart: variable.c of GNU make.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kshell.kbuild.makefile.make_errors import Where

# Who may replace whose value: a setting loses against one of a stronger origin.
STRENGTH = {"default": 0, "environment": 1, "file": 2, "command line": 3, "override": 4, "automatic": 5}

DEFAULTS = {
    "AR": "ar",
    "AS": "as",
    "CC": "cc",
    "LD": "ld",
    "MAKE": "$(MAKE_COMMAND)",
    "MAKE_COMMAND": "make",
    "MAKE_VERSION": "4.3",
    "RM": "rm -f",
    "SHELL": "/bin/sh",
}


class Entry(NamedTuple):
    """A word of a list, and where it was written."""

    text: str
    line: int
    file: str


class Assignment(NamedTuple):
    """One assignment in a file: the name, the operator, the text as written (not expanded), and where."""

    name: str
    operator: str
    text: str
    line: int
    file: str


class Piece(NamedTuple):
    """Text that one assignment gave to a variable, continuations still newlines, and where it begins."""

    text: str
    where: Where | None


class Variable:
    """A variable: `text` is its value as stored, `recursive` whether that is expanded at each use.

    `pieces` are the texts it was made of (recursive), `found` its words with their places (simple).
    """

    __slots__ = ("expanding", "found", "name", "origin", "pieces", "recursive", "text", "where")

    def __init__(self, name: str, text: str, origin: str, recursive: bool = False, where: Where | None = None) -> None:
        self.name, self.text, self.origin, self.recursive, self.where = name, text, origin, recursive, where
        self.expanding = False
        self.pieces: list[Piece] = [Piece(text, where)]
        self.found: list[Entry] = []


class Scope:
    """The variables in force, from the innermost: arguments of call and foreach, those of a target, those of all."""

    __slots__ = ("globals", "layers", "target")

    def __init__(self, given: Mapping[str, str], environment: Mapping[str, str], directory: str) -> None:
        self.globals: dict[str, Variable] = {}
        self.layers: list[dict[str, Variable]] = []
        self.target: dict[str, Variable] = {}
        for name, text in DEFAULTS.items():
            self.globals[name] = Variable(name, text, "default", recursive=True)
        for name, text in environment.items():
            # As GNU make, which lets nobody choose the shell of the recipes by the environment.
            if name not in ("SHELL", "MAKE", "MAKELEVEL"):
                self.globals[name] = Variable(name, text, "environment", recursive=True)
        level = environment.get("MAKELEVEL", "0")
        for name, text in (("CURDIR", directory), ("MAKEFILE_LIST", ""), ("MAKELEVEL", level), ("MAKEFLAGS", "")):
            self.globals[name] = Variable(name, text, "file")
        for name, text in given.items():
            self.globals[name] = Variable(name, text, "command line", recursive=True)

    def find(self, name: str) -> Variable | None:
        """The variable that a reference to `name` means, or None."""
        for layer in reversed(self.layers):
            if name in layer:
                return layer[name]
        return self.target.get(name) or self.globals.get(name)
