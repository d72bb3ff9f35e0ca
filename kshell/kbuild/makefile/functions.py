"""The functions of a Makefile that make a text of texts: $(patsubst %.c,%.o,$(sources)) and the others.

Those that expand their arguments themselves, or ask the world around, are `kshell.kbuild.makefile.expand`'s.

C counterpart: function.c of GNU make.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from kshell.kbuild.makefile.spelling import SPACES, split_percent, stem, words

# What GNU make has beside these; without the list they would be taken for variables that are not set.
REFUSED = {
    "call": "write out what it would give",
    "eval": "write out what it would give",
    "file": "write out what it would give",
    "flavor": "write out what it would give",
    "guile": "write out what it would give",
    "join": "write out what it would give",
    "origin": "ifdef NAME, ifndef NAME or NAME ?= value",
    "realpath": "$(abspath ...)",
    "suffix": "$(filter %.c,...)",
    "value": "$(NAME)",
    "wordlist": "$(word 1,...), $(word 2,...)",
}


class BadArgument(Exception):
    """What make says to an argument that a function cannot take."""


def arguments(text: str, opener: str, most: int) -> list[str]:
    """The arguments, parted by commas outside of brackets; the last of `most` (0: any number) has the rest."""
    closer, depth, start = ")" if opener == "(" else "}", 0, 0
    found: list[str] = []
    for at, char in enumerate(text):
        if char == opener:
            depth += 1
        elif char == closer:
            depth -= 1
        elif char == "," and depth == 0 and len(found) + 1 != most:
            found.append(text[start:at])
            start = at + 1
    return [*found, text[start:]]


def patsubst(pattern: str, replacement: str, text: str) -> str:
    """The words of `text`, those that match `pattern` replaced."""
    split = split_percent(pattern)
    if split[1] is None:
        return _replace_words(split[0], replacement, text)
    head, tail = split_percent(replacement)
    out = []
    for word in words(text):
        found = stem(split, word)
        out.append(word if found is None else head if tail is None else head + found + tail)
    return " ".join(out)


def _replace_words(old: str, new: str, text: str) -> str:
    """Every word `old` replaced; the blanks stay.  An empty `old` is found where a text is empty or ends in a blank."""
    if not old:
        return text + new if not text or text[-1] in SPACES else text
    pieces = re.split(r"([ \t\n\v\f\r]+)", text)
    return "".join(new if piece == old else piece for piece in pieces)


def _filter(listed: str, text: str, keep: bool) -> str:
    patterns = [split_percent(pattern) for pattern in words(listed)]
    exact = {head for head, tail in patterns if tail is None}
    wild = [pattern for pattern in patterns if pattern[1] is not None]
    return " ".join(w for w in words(text) if (w in exact or any(stem(p, w) is not None for p in wild)) == keep)


def _word(which: str, text: str) -> str:
    digits = which.strip(SPACES)
    if not digits or not all(c in "0123456789" for c in digits):
        raise BadArgument(f"non-numeric first argument to 'word' function: '{which}'")
    if not int(digits[:18]):
        raise BadArgument("first argument to 'word' function must be greater than 0")
    return "".join(words(text)[int(digits[:18]) - 1 : int(digits[:18])])


def _each(change: Callable[[str], str]) -> Callable[[str], str]:
    """A function that treats each word by itself."""
    return lambda text: " ".join(map(change, words(text)))


def _basename(name: str) -> str:
    dot = name.rfind(".")
    return name[:dot] if dot > name.rfind("/") else name


class Function(NamedTuple):
    """How a function is called: the fewest and the most arguments, and what they come to."""

    least: int
    most: int
    run: Callable[..., str]


FUNCTIONS = {
    "addprefix": Function(2, 2, lambda prefix, text: " ".join(prefix + word for word in words(text))),
    "addsuffix": Function(2, 2, lambda suffix, text: " ".join(word + suffix for word in words(text))),
    "basename": Function(0, 1, _each(_basename)),
    "dir": Function(0, 1, _each(lambda word: word[: word.rfind("/") + 1] or "./")),
    "filter": Function(2, 2, lambda listed, text: _filter(listed, text, True)),
    "filter-out": Function(2, 2, lambda listed, text: _filter(listed, text, False)),
    "findstring": Function(2, 2, lambda part, text: part if part in text else ""),
    "firstword": Function(0, 1, lambda text: "".join(words(text)[:1])),
    "lastword": Function(0, 1, lambda text: "".join(words(text)[-1:])),
    "notdir": Function(0, 1, _each(lambda word: word[word.rfind("/") + 1 :])),
    "patsubst": Function(3, 3, patsubst),
    "sort": Function(0, 1, lambda text: " ".join(sorted(set(words(text))))),
    "strip": Function(0, 1, lambda text: " ".join(words(text))),
    "subst": Function(3, 3, lambda old, new, text: text.replace(old, new) if old else text + new),
    "word": Function(2, 2, _word),
    "words": Function(0, 1, lambda text: str(len(words(text)))),
}


def cost(name: str, given: list[str]) -> int:
    """At most how many characters the result has, or takes to find, beyond those of the arguments."""
    if name == "subst":
        return given[2].count(given[0]) * len(given[1]) if given[0] else 0
    return len(words(given[-1])) * sum(map(len, given[:-1])) if len(given) > 1 else 0
