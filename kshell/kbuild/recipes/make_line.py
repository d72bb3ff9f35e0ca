"""The command line of make: options, variables and goals, in any order.

C counterpart: decode_switches() in main.c of GNU make.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import NamedTuple

from kshell.abi.problem import ProblemError
from kshell.kbuild.tree.tree_paths import MAKEFILE

_VARIABLE = re.compile(r"([^\s:#=?+]+)(?::{0,3}|\+|\?)=(.*)\Z", re.DOTALL)
_NEEDS_VALUE, _MAY_HAVE_VALUE = "CfIoWE", "jlO"
# What changes nothing here but what make says, and what it goes on with after an error.
_IGNORED = frozenset("kSswrRbmLIoWjlO")
_OTHER = {
    "n": "only shows what would be done",
    "q": "only asks whether something is to be done",
    "t": "only touches the files",
    "B": "makes everything anew (make clean does that here)",
    "i": "goes on after every error",
    "e": "lets the environment win over the Makefile",
    "f": "reads another file than Makefile",
    "E": "reads its words as lines of the Makefile",
    "d": "says what it thinks about each file",
    "p": "prints all that it knows",
    "h": "says what its options are",
    "v": "says its version",
}
_LONG = {
    **dict.fromkeys(("--no-print-directory", "--print-directory"), "w"),
    **dict.fromkeys(("--silent", "--quiet", "--no-silent"), "s"),
    **dict.fromkeys(("--keep-going", "--stop", "--no-keep-going"), "k"),
    **dict.fromkeys(("--no-builtin-rules", "--no-builtin-variables", "--warn-undefined-variables"), "r"),
    **dict.fromkeys(("--dry-run", "--just-print", "--recon"), "n"),
    **dict.fromkeys(("--what-if", "--new-file", "--assume-new"), "W"),
    **dict.fromkeys(("--old-file", "--assume-old"), "o"),
    **dict.fromkeys(("--debug", "--trace"), "d"),
    "--question": "q",
    "--touch": "t",
    "--always-make": "B",
    "--ignore-errors": "i",
    "--environment-overrides": "e",
    "--include-dir": "I",
    "--check-symlink-times": "L",
    "--print-data-base": "p",
    "--help": "h",
    "--version": "v",
    "--eval": "E",
    "--directory": "C",
    "--file": "f",
    "--makefile": "f",
    "--jobs": "j",
    "--load-average": "l",
    "--max-load": "l",
    "--output-sync": "O",
}


class BadOption(ProblemError):
    """An option that make does not know, or that this one cannot follow."""


class MakeLine(NamedTuple):
    """``make -C directory VARIABLE=value goals``; `directory` is "" for the present one."""

    directory: str
    goals: tuple[str, ...]
    variables: dict[str, str]


def read_make_line(words: Sequence[str]) -> MakeLine:
    """What the words behind ``make`` ask for.  Raises BadOption."""
    directory, goals, variables = "", list[str](), dict[str, str]()
    waiting = list(words)
    while waiting:
        text = waiting.pop(0)
        if text.startswith("-") and len(text) > 1:
            for letter, value in _options(text, waiting) if text != "--" else ():
                if letter == "C":
                    directory = posixpath.join(directory, value)
                elif letter != "f" or value not in (MAKEFILE, f"./{MAKEFILE}"):
                    _check(text, letter)
            continue
        assigned = _VARIABLE.match(text)
        if assigned:
            variables[assigned[1]] = assigned[2]
        else:
            goals.append(text)
    return MakeLine(directory, tuple(goals), variables)


def _options(text: str, waiting: list[str]) -> list[tuple[str, str]]:
    """The options in one word, each with its value; a value that is a word of its own is taken from `waiting`."""
    name, equals, value = text.partition("=")
    if text.startswith("--"):
        letters = {letter for long, letter in _LONG.items() if long.startswith(name)}
        letter = _LONG.get(name) or (letters.pop() if len(letters) == 1 else "")
        if not letter:
            raise BadOption(
                f"make: unrecognized option '{text}'", "make knows no such option", "make -C DIRECTORY GOAL"
            )
        if letter in _NEEDS_VALUE and not equals:
            value = _next(letter, name, waiting)
        return [(letter, value)]
    found: list[tuple[str, str]] = []
    for at, letter in enumerate(text[1:], 2):
        rest = text[at:]
        if letter in _NEEDS_VALUE:
            return [*found, (letter, rest or _next(letter, f"-{letter}", waiting))]
        if letter in _MAY_HAVE_VALUE:
            if not rest and letter != "O" and waiting and waiting[0].isdecimal():
                rest = waiting.pop(0)
            return [*found, (letter, rest)]
        found.append((letter, ""))
    return found


def _next(letter: str, name: str, waiting: list[str]) -> str:
    if not waiting:
        because = f"{name} needs the name of a {'directory' if letter in 'CI' else 'file'}, and the command ends"
        raise BadOption(f"make: option requires an argument -- '{letter}'", because, "make -C DIRECTORY GOAL")
    return waiting.pop(0)


def _check(text: str, letter: str) -> None:
    """Whether an option asks for something that make does not do here."""
    if letter in _OTHER:
        because = f"with it make {_OTHER[letter]}, and this make cannot"
        raise BadOption(f"make: option '{text}' is not followed here", because, "the same command without it")
    if letter not in _IGNORED:
        raise BadOption(f"make: invalid option -- '{letter}'", "make knows no such option", "make -C DIRECTORY GOAL")
