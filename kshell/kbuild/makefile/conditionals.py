"""ifeq, ifneq, ifdef, ifndef, else and endif.

C counterpart: conditional_line() in read.c of GNU make.
"""

from __future__ import annotations

from kshell.kbuild.makefile.expand import Expander
from kshell.kbuild.makefile.make_errors import MakefileError, stop
from kshell.kbuild.makefile.spelling import SPACES, plain, words

_TESTS = ("ifeq", "ifneq", "ifdef", "ifndef")


class _Open:
    """A conditional that is open: whether its lines count now, whether some branch has, whether its else was seen."""

    __slots__ = ("active", "taken", "was_else")

    def __init__(self, active: bool, taken: bool) -> None:
        self.active, self.taken, self.was_else = active, taken, False


class Conditionals:
    """The conditionals that are open at the line being read."""

    def __init__(self, expander: Expander) -> None:
        self.x = expander
        self.open: list[_Open] = []

    @property
    def ignoring(self) -> bool:
        """Whether lines are to be skipped."""
        return bool(self.open) and not self.open[-1].active  # in what is skipped, all that opens is skipped too

    def line(self, text: str) -> bool:
        """Whether a collapsed line without comment is a conditional's; if so, acts on it.  Raises MakefileError."""
        word = next(iter(words(text[:100])), "")
        rest = plain(text.lstrip(SPACES)[len(word) :]).lstrip(SPACES)
        if word in _TESTS:
            self._begin(word, rest)
        elif word == "else":
            self._else(rest)
        elif word == "endif":
            if rest:
                self._extra_text(word)
            if not self.open:
                raise stop(self.x.reading, "extraneous 'endif'", text)
            self.open.pop()
        else:
            return False
        return True

    def _extra_text(self, word: str) -> None:
        self.x.said.append(("stderr", f"{self.x.reading}: extraneous text after '{word}' directive"))

    def _begin(self, word: str, rest: str) -> None:
        if self.ignoring:
            # Nothing is expanded, and no branch of it will count.
            self.open.append(_Open(False, True))
            return
        met = self._met(word, rest)
        self.open.append(_Open(met, met))

    def _else(self, rest: str) -> None:
        where = self.x.reading
        if not self.open:
            raise stop(where, "extraneous 'else'", "else " + rest)
        level = self.open[-1]
        if level.was_else:
            raise stop(where, "only one 'else' per conditional", "else " + rest)
        level.active = not level.taken
        if not rest:
            level.was_else = level.taken = True
            return
        word = words(rest)[0]
        if word not in _TESTS:
            self._extra_text("else")
            level.taken = True
        elif level.active and not self.ignoring:
            level.active = level.taken = self._met(word, rest[len(word) :].lstrip(SPACES))

    def _met(self, word: str, rest: str) -> bool:
        """Whether a condition holds.  Raises MakefileError where it is misspelt."""
        if word in ("ifdef", "ifndef"):
            names = words(self.x.expand(rest))
            if len(names) > 1:
                raise self._invalid(word, rest)
            variable = self.x.scope.find(names[0]) if names else None
            return (variable is not None and variable.text != "") == (word == "ifdef")
        first = _until_comma(rest) if rest.startswith("(") else _quoted(rest)
        if first is None:
            raise self._invalid(word, rest)
        left = self.x.expand(first[0])
        second = _until_parenthesis(first[1]) if rest.startswith("(") else _quoted(first[1])
        if second is None:
            raise self._invalid(word, rest)
        if second[1].strip(SPACES):
            self._extra_text(word)
        return (left == self.x.expand(second[0])) == (word == "ifeq")

    def _invalid(self, word: str, rest: str) -> MakefileError:
        return stop(self.x.reading, "invalid syntax in conditional", f"{word} {rest}")


def _find(text: str, at: int, stop_char: str) -> int:
    """The first `stop_char` outside of parentheses, or -1."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] == stop_char and depth <= 0:
            return i
        depth += (text[i] == "(") - (text[i] == ")")
    return -1


def _until_comma(text: str) -> tuple[str, str] | None:
    """The first side of ``(a,b)``, and what follows the comma."""
    comma = _find(text, 1, ",")
    return (text[1:comma].rstrip(" \t"), text[comma + 1 :]) if comma > 0 else None


def _until_parenthesis(text: str) -> tuple[str, str] | None:
    """The second side of ``(a,b)``, from after the comma, and what follows."""
    end = _find(text, 0, ")")
    return (text[:end].lstrip(SPACES), text[end + 1 :]) if end >= 0 else None


def _quoted(text: str) -> tuple[str, str] | None:
    """One side of ``'a' "b"``, and what follows."""
    quote = text[:1]
    end = text.find(quote, 1) if quote and quote in "'\"" else -1
    return (text[1:end], text[end + 1 :].lstrip(SPACES)) if end >= 0 else None
