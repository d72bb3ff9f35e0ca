"""The functions of a Makefile: $(patsubst %.c,%.o,$(sources)) and the others that build files use.

C counterpart: function.c of GNU make.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from kshell.kbuild.makefile.make_errors import fatal, no_programs
from kshell.kbuild.makefile.spelling import SPACES, split_percent, stem, words
from kshell.kbuild.makefile.variables import Variable

if TYPE_CHECKING:
    from kshell.kbuild.makefile.expand import Expander


def call_builtin(x: Expander, name: str, text: str, opener: str) -> str:
    """The result of $(name text), the brackets of which are of the kind `opener`.  Raises MakefileError."""
    function = FUNCTIONS[name]
    arguments = _arguments(text, opener, function.most)
    if function.expanded:
        arguments = [x.expand(argument) for argument in arguments]
    if len(arguments) < function.least:
        raise x.error(f"insufficient number of arguments ({len(arguments)}) to function '{name}'")
    return function.run(x, arguments)


def _arguments(text: str, opener: str, most: int) -> list[str]:
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


def patsubst(x: Expander, pattern: str, replacement: str, text: str) -> str:
    """The words of `text`, those that match `pattern` replaced."""
    split = split_percent(pattern)
    if split[1] is None:
        return _replace_words(x, split[0], replacement, text)
    head, tail = split_percent(replacement)
    out = []
    for word in words(text):
        found = stem(split, word)
        x.charge(len(word) if found is None else len(found) + len(replacement))
        out.append(word if found is None else head if tail is None else head + found + tail)
    return " ".join(out)


def _replace_words(x: Expander, old: str, new: str, text: str) -> str:
    """Every word `old` replaced; the blanks stay.  An empty `old` is found where a text is empty or ends in a blank."""
    if not old:
        return text + new if not text or text[-1] in SPACES else text
    x.charge(text.count(old) * len(new))
    pieces = re.split(r"([ \t\n\v\f\r]+)", text)
    return "".join(new if piece == old else piece for piece in pieces)


def _subst(x: Expander, a: list[str]) -> str:
    old, new, text = a
    if not old:
        return text + new
    x.charge(text.count(old) * len(new))
    return text.replace(old, new)


def _filter(x: Expander, a: list[str], keep: bool) -> str:
    patterns = [split_percent(pattern) for pattern in words(a[0])]
    exact = {head for head, tail in patterns if tail is None}
    wild = [pattern for pattern in patterns if pattern[1] is not None]
    listed = words(a[1])
    x.charge(len(wild) * len(listed))
    return " ".join(w for w in listed if (w in exact or any(stem(p, w) is not None for p in wild)) == keep)


def _number(x: Expander, text: str, function: str, which: str) -> int:
    digits = text.strip(SPACES)
    if not digits or not all(c in "0123456789" for c in digits):
        raise x.error(f"non-numeric {which} argument to '{function}' function: '{text}'")
    return int(digits[:18])


def _word(x: Expander, a: list[str]) -> str:
    number = _number(x, a[0], "word", "first")
    if number == 0:
        raise x.error("first argument to 'word' function must be greater than 0")
    return "".join(words(a[1])[number - 1 : number])


def _wordlist(x: Expander, a: list[str]) -> str:
    first, last = _number(x, a[0], "wordlist", "first"), _number(x, a[1], "wordlist", "second")
    if first == 0:
        raise x.error(f"invalid first argument to 'wordlist' function: '{a[0]}'")
    return " ".join(words(a[2])[first - 1 : last])


def _each(change: Callable[[str], str]) -> Callable[[Expander, list[str]], str]:
    """A function that treats each word by itself."""
    return lambda x, a: " ".join(map(change, words(a[0])))


def _dir(name: str) -> str:
    return name[: name.rfind("/") + 1] or "./"


def _suffix(name: str) -> str:
    base = name[name.rfind("/") + 1 :]
    return base[base.rfind(".") :] if "." in base else ""


def _affix(x: Expander, a: list[str], before: bool) -> str:
    listed = words(a[1])
    x.charge(len(listed) * len(a[0]))
    return " ".join(a[0] + word if before else word + a[0] for word in listed)


def _join(x: Expander, a: list[str]) -> str:
    left, right = words(a[0]), words(a[1])
    both = [one + two for one, two in zip(left, right, strict=False)]
    return " ".join(both + left[len(both) :] + right[len(both) :])


def _if(x: Expander, a: list[str]) -> str:
    if x.expand(a[0].strip(SPACES)):
        return x.expand(a[1])
    return x.expand(a[2]) if len(a) > 2 else ""


def _or(x: Expander, a: list[str]) -> str:
    return next((value for value in (x.expand(text.strip(SPACES)) for text in a) if value), "")


def _and(x: Expander, a: list[str]) -> str:
    value = ""
    for text in a:
        value = x.expand(text.strip(SPACES))
        if not value:
            break
    return value


def _foreach(x: Expander, a: list[str]) -> str:
    name = x.expand(a[0]).strip(SPACES)
    out = []
    for word in words(x.expand(a[1])):
        x.charge(16)
        x.scope.layers.append({name: Variable(name, word, "automatic")})
        try:
            out.append(x.expand(a[2]))
        finally:
            x.scope.layers.pop()
    return " ".join(out)


def _call(x: Expander, a: list[str]) -> str:
    name = a[0].strip(SPACES)
    if name in FUNCTIONS:
        function = FUNCTIONS[name]
        arguments = a[1:]
        if function.most and len(arguments) > function.most:
            arguments[function.most - 1 :] = [",".join(arguments[function.most - 1 :])]
        if len(arguments) < function.least:
            raise x.error(f"insufficient number of arguments ({len(arguments)}) to function '{name}'")
        return function.run(x, arguments)
    variable = x.scope.find(name)
    if variable is None:
        return ""
    if not variable.recursive:
        return x.value(name)
    texts = [name, *a[1:]]
    count = max(10, len(texts))
    layer = {str(n): Variable(str(n), texts[n] if n < len(texts) else "", "automatic") for n in range(count)}
    x.scope.layers.append(layer)
    try:
        return x.expand_variable(variable, again=True)
    finally:
        x.scope.layers.pop()


def _origin(x: Expander, a: list[str]) -> str:
    variable = x.scope.find(a[0])
    return variable.origin if variable else "undefined"


def _flavor(x: Expander, a: list[str]) -> str:
    variable = x.scope.find(a[0])
    return "undefined" if variable is None else "recursive" if variable.recursive else "simple"


def _value(x: Expander, a: list[str]) -> str:
    variable = x.scope.find(a[0])
    return variable.text if variable else ""


def _error(x: Expander, a: list[str]) -> str:
    raise fatal(x.reading, a[0], "the Makefile stops here by itself, with $(error ...)", "do what its words ask for")


def _warning(x: Expander, a: list[str]) -> str:
    x.said.append(("stderr", f"{x.reading}: {a[0]}"))
    return ""


def _info(x: Expander, a: list[str]) -> str:
    x.said.append(("stdout", a[0]))
    return ""


def _shell(x: Expander, a: list[str]) -> str:
    command = a[0].strip(SPACES)
    output = x.host.shell(command) if command else ""
    if output is None:
        raise no_programs(x.where(), command)
    return output.rstrip("\n").replace("\n", " ")


def _wildcard(x: Expander, a: list[str]) -> str:
    return " ".join(name for pattern in words(a[0]) for name in x.host.wildcard(pattern))


def _abspath(x: Expander, a: list[str]) -> str:
    paths = (posixpath.normpath(posixpath.join(x.host.directory, word)) for word in words(a[0]))
    return " ".join("/" + path.lstrip("/") for path in paths)


def _realpath(x: Expander, a: list[str]) -> str:
    return " ".join(path for path in words(_abspath(x, a)) if x.host.wildcard(path))


def _unsupported(name: str) -> Callable[[Expander, list[str]], str]:
    def run(x: Expander, a: list[str]) -> str:
        because = f"kshell's make reads the Makefiles of a kernel tree, and has no $({name} ...)"
        raise fatal(x.where(), f"function '{name}' is not supported", because, "write out what it would give")

    return run


class Function(NamedTuple):
    """How a function is called: the fewest and the most arguments (0: any number), whether they come expanded."""

    least: int
    most: int
    expanded: bool
    run: Callable[[Expander, list[str]], str]


FUNCTIONS: dict[str, Function] = {
    "abspath": Function(0, 1, True, _abspath),
    "addprefix": Function(2, 2, True, lambda x, a: _affix(x, a, True)),
    "addsuffix": Function(2, 2, True, lambda x, a: _affix(x, a, False)),
    "and": Function(1, 0, False, _and),
    "basename": Function(0, 1, True, _each(lambda w: w[: len(w) - len(_suffix(w))])),
    "call": Function(1, 0, True, _call),
    "dir": Function(0, 1, True, _each(_dir)),
    "error": Function(0, 1, True, _error),
    "eval": Function(0, 1, False, _unsupported("eval")),
    "file": Function(1, 2, False, _unsupported("file")),
    "filter": Function(2, 2, True, lambda x, a: _filter(x, a, True)),
    "filter-out": Function(2, 2, True, lambda x, a: _filter(x, a, False)),
    "findstring": Function(2, 2, True, lambda x, a: a[0] if a[0] in a[1] else ""),
    "firstword": Function(0, 1, True, lambda x, a: "".join(words(a[0])[:1])),
    "flavor": Function(0, 1, True, _flavor),
    "foreach": Function(3, 3, False, _foreach),
    "if": Function(2, 3, False, _if),
    "info": Function(0, 1, True, _info),
    "join": Function(2, 2, True, _join),
    "lastword": Function(0, 1, True, lambda x, a: "".join(words(a[0])[-1:])),
    "notdir": Function(0, 1, True, _each(lambda w: w[w.rfind("/") + 1 :])),
    "or": Function(1, 0, False, _or),
    "origin": Function(0, 1, True, _origin),
    "patsubst": Function(3, 3, True, lambda x, a: patsubst(x, a[0], a[1], a[2])),
    "realpath": Function(0, 1, True, _realpath),
    "shell": Function(0, 1, True, _shell),
    "sort": Function(0, 1, True, lambda x, a: " ".join(sorted(set(words(a[0]))))),
    "strip": Function(0, 1, True, lambda x, a: " ".join(words(a[0]))),
    "subst": Function(3, 3, True, _subst),
    "suffix": Function(0, 1, True, lambda x, a: " ".join(filter(None, map(_suffix, words(a[0]))))),
    "value": Function(0, 1, True, _value),
    "warning": Function(0, 1, True, _warning),
    "wildcard": Function(0, 1, True, _wildcard),
    "word": Function(2, 2, True, _word),
    "wordlist": Function(3, 3, True, _wordlist),
    "words": Function(0, 1, True, lambda x, a: str(len(words(a[0])))),
}
