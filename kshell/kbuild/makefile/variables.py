"""The variables of a Makefile: how they were set, where, and which setting wins.

C counterpart: variable.c of GNU make.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kshell.kbuild.makefile.make_errors import Where

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


class Piece(NamedTuple):
    """Text that one assignment gave to a variable, continuations still newlines, and where it begins."""

    text: str
    where: Where | None


class Variable:
    """A variable: `text` is its value as stored, `recursive` whether that is expanded at each use.

    `origin` is as $(origin) has it.  `pieces` are the texts it was made of (recursive), `found` its words with their
    places (simple).
    """

    def __init__(self, name: str, text: str, origin: str, recursive: bool = False, where: Where | None = None) -> None:
        self.name, self.text, self.origin, self.recursive, self.where = name, text, origin, recursive, where
        self.expanding = False
        self.pieces: list[Piece] = [Piece(text, where)]
        self.found: list[Entry] = []


class Scope:
    """The variables in force: those of the file, and over them `layers` for a foreach, or for a recipe ($@, $<)."""

    def __init__(self, given: Mapping[str, str], environment: Mapping[str, str], directory: str) -> None:
        self.globals: dict[str, Variable] = {}
        self.layers: list[dict[str, Variable]] = []
        # As GNU make, which lets nobody choose the shell of the recipes by the environment.
        ours = {name: text for name, text in environment.items() if name not in ("SHELL", "MAKE", "MAKELEVEL")}
        self.inherited = frozenset(ours)  # what came in the environment goes on in that of the commands
        level = environment.get("MAKELEVEL", "0")
        own = {"CURDIR": directory, "MAKEFILE_LIST": "", "MAKELEVEL": level, "MAKEFLAGS": ""}
        for origin, texts in (("default", DEFAULTS), ("environment", ours), ("file", own), ("command line", given)):
            for name, text in texts.items():
                self.globals[name] = Variable(name, text, origin, recursive=origin != "file")

    def find(self, name: str) -> Variable | None:
        """The variable that a reference to `name` means, or None."""
        for layer in reversed(self.layers):
            if name in layer:
                return layer[name]
        return self.globals.get(name)
