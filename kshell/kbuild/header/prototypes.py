"""The prototypes in include/linux/syscalls.h, and what they are good for.

Since Linux 4.17 nothing on x86-64 looks at them: they stand under an #ifndef of a symbol that x86-64 defines, and
SYSCALL_DEFINE makes a function of another name.  So a prototype that is missing or wrong builds; `compare` says what
the compiler would not.  A header that is not C stops the build all the same.

C counterpart: include/linux/syscalls.h.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.problem import excerpt
from kshell.kbuild.header.c_declarations import BASE_TYPES, QUALIFIERS, SPARSE, TAGS, check
from kshell.kbuild.header.c_tokens import Header, Token
from kshell.kbuild.messages import ERROR, NOTE, BuildMessage
from kshell.kbuild.tree.tree_paths import HEADER

# The types of x86-64 that have two names.
_SAME = {
    **dict.fromkeys(("size_t",), "unsigned long"),
    **dict.fromkeys(("ssize_t", "off_t", "time_t"), "long"),
    **dict.fromkeys(("loff_t",), "long long"),
    **dict.fromkeys(("pid_t", "clockid_t", "timer_t", "__s32"), "int"),
    **dict.fromkeys(("uid_t", "gid_t", "u32", "__u32"), "unsigned"),
    **dict.fromkeys(("umode_t",), "unsigned short"),
    **dict.fromkeys(("u64", "__u64"), "unsigned long long"),
}
CALL = re.compile("(?:__x64_)?sys_")
_LONGEST = 200  # words of a prototype
_TYPES = "int, unsigned int, long, size_t, const char __user *, ..."
# kshell's own words under the most frequent errors, by the beginning of gcc's: because, try.
_WHY = {
    "old-style parameter": (
        "there is no ; behind it, so gcc takes what follows for the types of its parameters",
        "a ; at the end of the prototype",
    ),
    "unterminated #": (
        "its #endif is missing; the prototype of the slides goes above the last #endif",
        "#endif at the end of the file",
    ),
    "unknown type name": ("that is no type of C, and no typedef that the header knows", _TYPES),
    "expected declaration specifiers or '...'": (
        "the list of parameters that begins before it has not ended there: its ) is missing",
        "asmlinkage long sys_test_call(int);  (a ) before the ;)",
    ),
    "parameter names (without types)": (
        "a name that is no type stands for a parameter without a type, as in the C of 1978",
        _TYPES,
    ),
}


class Prototype(NamedTuple):
    """``asmlinkage long sys_x(...);``: its `name`, the C types of its `parameters`, and the type of its `result`.

    `line` and `column` are where the name stands in the file `file`, `source` is that file's text; `text` is the
    prototype on one line; `seen` is whether the compiler sees it.
    """

    name: str
    parameters: tuple[str, ...]
    result: str
    text: str
    file: str
    line: int
    column: int
    source: str
    seen: bool


def parse_prototypes(text: str, filename: str = HEADER) -> tuple[dict[str, Prototype], list[BuildMessage]]:
    """Read a header: its prototypes by name (the last one counts), and what gcc says about it.

    `text` may be anything; every mistake that gcc sees is a message, none an exception.
    """
    header = read_header(text, filename)
    return {each.name: each for each in all_prototypes(header)}, header.messages


def read_header(text: str, filename: str = HEADER) -> Header:
    """A header with what gcc says about its spelling, and kshell's reasons."""
    header = Header(text.removeprefix("\ufeff"), filename)
    if not any(message.kind == ERROR for message in header.messages):
        check(header)
    for message in header.messages:
        for beginning, (because, try_) in _WHY.items():
            if message.text.startswith(beginning):
                message.because, message.try_ = because, try_
    return header


def all_prototypes(header: Header) -> list[Prototype]:
    """Every prototype of a function that is asmlinkage, or called as a system call is, in order."""
    tokens, found = header.tokens, []
    for at, token in enumerate(tokens[:-1]):
        if token.kind == "identifier" and tokens[at + 1].text == "(":
            prototype = _prototype(tokens, at, header)
            if prototype is not None and ("asmlinkage" in prototype.text or CALL.match(prototype.name)):
                found.append(prototype)
    return found


def _prototype(tokens: list[Token], at: int, header: Header) -> Prototype | None:
    """The prototype whose name stands at `at`; None if it is a call, or its parenthesis is not closed."""
    start = at
    while start > max(0, at - _LONGEST) and (tokens[start - 1].kind == "identifier" or tokens[start - 1].text == "*"):
        start -= 1
    if start == at:
        return None
    groups: list[list[str]] = [[]]
    depth, end = 0, at + 1
    for end in range(at + 1, min(at + _LONGEST, len(tokens))):
        word = tokens[end].text
        depth += (word in "([") - (word in ")]")
        if depth == 0:
            break
        if word in (";", "{", "}"):
            return None
        if word == "," and depth == 1:
            groups.append([])
        elif end > at + 1:
            groups[-1].append(word)
    if depth:
        return None
    types = [_type(group) for group in groups]
    result = " ".join(token.text for token in tokens[start:at] if token.text not in QUALIFIERS)
    last = tokens[end].line
    text = " ".join(" ".join(header.lines[tokens[start].line - 1 : last]).split())
    parameters = () if types in ([""], ["void"]) else tuple(types)
    name, line, column, seen = tokens[at].text, tokens[at].line, tokens[at].column, tokens[at].active
    return Prototype(name, parameters, result, text, header.filename, line, column, header.text, seen)


def _type(words: list[str]) -> str:
    """The type of a parameter, without its name."""
    before = [word for word in words[:-1] if word not in QUALIFIERS]
    if (
        words
        and words[-1].isidentifier()
        and words[-1] not in BASE_TYPES | QUALIFIERS
        and before[-1:] not in ([tag] for tag in TAGS)
    ):
        words = words[:-1] if before else words
    return " ".join(words).replace("* *", "**")


def same_type(one: str, two: str) -> bool:
    """Whether two spellings name one type on x86-64: ``size_t`` and ``unsigned long``, ``int`` and ``signed int``."""
    return _canonical(one) == _canonical(two)


def plain_type(text: str) -> str:
    """A type without the names that are typedefs of a number."""
    return " ".join(_SAME.get(word, word) for word in text.replace("*", " * ").split())


def _canonical(text: str) -> tuple[str, ...]:
    pointed, *stars = text.replace("*", " * ").partition(" * ")
    words = [word for word in pointed.split() if word not in SPARSE]
    pointers = [word for part in stars for word in part.split() if word == "*"]
    plain = [word for word in words if word not in ("const", "volatile")]
    plain = " ".join(_SAME.get(word, word) for word in plain).split()
    if all(word in BASE_TYPES for word in plain):
        if {"long", "short", "unsigned", "signed"} & set(plain):
            plain = [word for word in plain if word not in ("int", "signed")] or ["int"]
        plain.sort()
    marks = [word for word in words if word in ("const", "volatile")] if pointers else []
    return (*marks, *plain, *pointers)


def compare(
    prototype: Prototype | None,
    name: str,
    signature: str,
    filename: str = HEADER,
    others: Mapping[str, Prototype] | None = None,
) -> list[BuildMessage]:
    """kshell's note on the prototype of the system call `name`; none where it says what the definition says.

    `signature` is the definition's, ``test_call(int test_int)``; `filename` is the header in which to write one, and
    `others` are those that it has.
    """
    definition = parse_prototypes(f"long sys_{signature};")[0].get("sys_" + name)
    if definition is None:
        raise ValueError(f"no signature of {name}: {signature!r}")
    takes = ", ".join(definition.parameters) or "void"
    wanted = f"asmlinkage long sys_{name}({takes});"
    nothing = (
        "nothing on x86-64 checks it since 4.17, where SYSCALL_DEFINE makes __x64_sys_x; other architectures need it"
    )
    if prototype is None:
        because = f"the slides ask for one, but {nothing}"
        try_ = f"{wanted}  (above the last #endif)"
        added = {each.name: each for each in (others or {}).values() if each.seen}
        close = [each for each in (name, f"__x64_sys_{name}") if each in added]
        close += did_you_mean(f"sys_{name}", sorted(added), slip=True)
        if close:
            because = f"line {added[close[0]].line} has one of {close[0]}; {because}"
        return [BuildMessage(NOTE, f"no prototype of sys_{name}", filename, 0, 0, (), because, try_)]
    if len(prototype.parameters) == len(definition.parameters) and all(
        same_type(one, two)
        for one, two in zip((prototype.result, *prototype.parameters), ("long", *definition.parameters), strict=True)
    ):
        return []
    shown = excerpt(prototype.source, prototype.line, prototype.column, len(prototype.name))
    what = f"the prototype of sys_{name} differs from its definition"
    because = f"the definition takes ({takes}); {nothing}"
    return [BuildMessage(NOTE, what, prototype.file, prototype.line, prototype.column, shown, because, wanted)]
