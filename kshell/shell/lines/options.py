"""What a command takes: its options and arguments, declared once, and the words of a line read by that declaration."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from kshell.shell.lines.words import Word, plain

# The kinds of argument, for completion.
KINDS = frozenset(
    {
        "syscall",  # name of a system call
        "row",  # number, range of numbers, or part of a name, in the table of calls
        "value",  # argument of a system call
        "module",  # loaded module
        "sample",  # module that comes with kshell
        "file",  # path on the host
        "folder",  # folder on the host
        "path",  # path in the simulated machine
        "symbol",  # kernel symbol or address
        "command",  # name of a command
        "line",  # a whole command
        "parameter",  # name=value of a module
        "kernel",  # 4.19, course, 6.19, a tree
        "lesson",  # a lesson's name
        "show",  # a lesson's name, or a script on the host
        "tree",  # folder on the host that is a kernel tree
        "goal",  # goal of make, or a variable for it
        "expression",  # expression of C over kernel memory, or a type's name
        "member",  # TYPE.MEMBER: a list_head of a struct
        "word",  # anything
    }
)
# What is missing behind an option, by its placeholder.
_NEEDED = {"BYTES": "bytes", "COMMAND": "a command", "DIR": "a folder", "FILE": "a file", "KERNEL": "a kernel"}


class Option(NamedTuple):
    """One option: how it is spelled, what it does, and the placeholder of the value behind it ("" for none).

    `shown` is how help lists it: ``-f``, ``-l, --level``, ``-C DIR``, or a word without a dash.  `unshown` is the
    placeholder where help does not show it, `also` has spellings that help does not list.
    """

    shown: str
    meaning: str
    unshown: str = ""
    also: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """How it is spelled, as help lists it."""
        return tuple(part.split(" ")[0] for part in self.shown.split(", "))

    @property
    def key(self) -> str:
        """What stands for it in a Given: its first spelling."""
        return self.spellings[0]

    @property
    def value(self) -> str:
        """The placeholder of the value behind it, "" for none."""
        return self.unshown or self.shown.split(", ")[-1].partition(" ")[2]

    @property
    def known(self) -> tuple[str, ...]:
        """Every spelling that is understood."""
        return self.spellings + self.also

    def __str__(self) -> str:
        return f"[{self.key} {self.value}]" if self.value else f"[{self.key}]"


class Argument(NamedTuple):
    """One argument: its kind (see KINDS), and its placeholder in the usage, in brackets where it may be left out and
    with ``...`` where more of the same may follow."""

    kind: str
    shown: str

    @property
    def many(self) -> bool:
        """Whether more of the same may follow."""
        return "..." in self.shown

    def __str__(self) -> str:
        return self.shown


class Misread(Exception):
    """A line does not fit its command's options: `what` is wrong, and the option that may have been meant."""

    def __init__(self, what: str, unknown: str = "") -> None:
        super().__init__(what)
        self.what, self.unknown = what, unknown


class Given:
    """The words of a command, read: `values` has by its key the value of each option that was given (an empty word for
    one that takes none), `words` is what is left."""

    __slots__ = ("values", "words")

    def __init__(self) -> None:
        self.values: dict[str, Word] = {}
        self.words: list[Word] = []

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str) -> str | None:
        """The value of an option, None where it was not given."""
        return self.values[key].text if key in self.values else None


def read_options(options: Sequence[Option], words: Sequence[Word], leading: bool = False) -> Given:
    """Part a command's words into its options and the rest.  Misread where they do not fit.

    Understood are ``-n 5``, ``-n5``, ``--last 5``, ``--last=5`` and ``-Tc``; ``--`` ends the options.  With `leading`
    the first word that is none of the options ends them, for what follows may begin with a dash as well.
    """
    return _Reader(options, words).read(leading)


def _getopt(name: str, short: str, long: str) -> str:
    """The C library's words about an option: of a letter, or of a name."""
    return f"{long} '{name}'" if name.startswith("--") else f"{short} -- '{name[1:]}'"


@cache
def _dashed(options: tuple[Option, ...]) -> dict[str, Option]:
    """Each option by its spellings, but for words without a dash."""
    return {name: option for option in options for name in option.known if name.startswith("-")}


class _Reader:
    def __init__(self, options: Sequence[Option], words: Sequence[Word]) -> None:
        self._known = _dashed(tuple(options))
        self._rest = list(words)
        self._given = Given()

    def read(self, leading: bool) -> Given:
        while self._rest:
            text = self._rest[0].text
            if leading and not self._fits():
                break
            word = self._rest.pop(0)
            if word.quote or not text.startswith("-") or text == "-":
                self._given.words.append(word)
            elif text == "--":
                break
            elif text.startswith("--") or text in self._known:
                name, equals, value = text.partition("=")
                self._take(name, plain(value) if equals else None)
            else:
                self._take_letters(text)
        self._given.words += self._rest
        return self._given

    def _fits(self) -> bool:
        """Whether the next word is an option, or several of one letter."""
        quote, text = self._rest[0].quote, self._rest[0].text
        letters = text[:1] == "-" and len(text) > 1 and all(f"-{letter}" in self._known for letter in text[1:])
        return not quote and (letters or text.partition("=")[0] in self._known)

    def _take(self, name: str, value: Word | None) -> None:
        option = self._known.get(name)
        if option is None:
            raise Misread(_getopt(name, "invalid option", "unrecognized option"), name)
        if not option.value:
            if value is not None:
                raise Misread(f"option {name} takes no value")
        elif value is None:
            if not self._rest:
                needed = _NEEDED.get(option.value.partition(".")[0])
                raise Misread(
                    f"option {name} needs {needed}"
                    if needed
                    else _getopt(name, "option requires an argument", "an argument is required by option")
                )
            value = self._rest.pop(0)
        self._given.values[option.key] = value or plain("")

    def _take_letters(self, text: str) -> None:
        """``-Tc`` is ``-T -c``, and ``-n5`` is ``-n 5``."""
        for at, letter in enumerate(text[1:], 2):
            option = self._known.get(f"-{letter}")
            if option is not None and option.value and at < len(text):
                self._given.values[option.key] = plain(text[at:])
                return
            self._take(f"-{letter}", None)
