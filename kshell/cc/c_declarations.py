"""C's types and declarations in kshell's spelling: ``unsigned long *p`` is ``p: Ptr[ULong]``."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Words beside a type that kshell's spelling leaves out.
UNSAID = frozenset(("static", "extern", "inline", "volatile", "register", "asmlinkage", "struct", "union", "typedef"))
MARKS = frozenset(("const", "__user", "__init", "__exit", *UNSAID))
NAMES = {
    "void": "Void",
    "bool": "Bool",
    "_Bool": "Bool",
    "integer": "Int",
    "float": "Long",
    "double": "Long",
    "string": "Ptr[Const[Char]]",
    "size_t": "SizeT",
    "ssize_t": "SSizeT",
    "off_t": "OffT",
    "loff_t": "LoffT",
    "pid_t": "PidT",
    "umode_t": "ModeT",
    "gfp_t": "GfpT",
    **{f"{mark}{bits}": f"{mark.upper()}{bits}" for mark in "us" for bits in (8, 16, 32, 64)},
    **{f"{word}{bits}_t": f"{mark}{bits}" for word, mark in (("uint", "U"), ("int", "S")) for bits in (8, 16, 32, 64)},
}
SIZES = (("char", "Char"), ("short", "Short"), ("long", "Long"), ("int", "Int"), ("unsigned", "Int"), ("signed", "Int"))
TYPE = rf"(?:{'|'.join(sorted(MARKS | {'unsigned', 'void', 'int', 'long', 'short', 'char', 'bool'}))}|\w+_t|[us]\d\d?)"
_POINTER = re.compile(rf"\s*((?:{TYPE}\s+)*)[\w ]+\(\s*\*\s*(\w+)\s*\)\s*\(([^()]*)\)\s*(?:=\s*NULL)?\s*;?\s*$")
_FUNCTION = re.compile(rf"\s*((?:{TYPE}\b\s*\**\s*)+)\b(\w+)\s*\(([^()]*)\)\s*[{{:;]*\s*$")
_VARIABLE = re.compile(
    rf"\s*((?:{TYPE}\b\s*)(?:\w+\s+)*\**\s*)\b(\w+)\s*(?:\[\s*(\w+)\s*\])?\s*(?:=\s*([^;]+?))?\s*;?\s*$"
)
_DEFINITION = re.compile(r"\s*@?\s*SYSCALL_DEFINE(\d)\s*\((.*?)\)\s*[{:]?\s*$")


def kshell_type(text: str) -> str:
    """A type as C writes it, in kshell's spelling; "" for what is no type of C's.

    >>> kshell_type("const char __user *")
    'User[Const[Char]]'
    """
    words = text.replace("*", " * ").split()
    base = [word for word in words if word != "*" and word not in MARKS]
    found = " ".join(base)
    name = NAMES.get(found) or (found if {"struct", "union"} & set(words) else "")
    if base and all(word in dict(SIZES) for word in base):
        name = next(each for word, each in SIZES if word in base)
        name = "Long" * (base.count("long") - 1) + name
        name = "U" * ("unsigned" in base) + name
    if not name:
        return ""
    for star in range(words.count("*")):
        inner = f"Const[{name}]" if star == 0 and words[0] == "const" else name
        name = f"{'User' if star == 0 and '__user' in words else 'Ptr'}[{inner}]"
    return name


def definition(digit: int, name: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The two lines of a system call; `pairs` are the type, C's or kshell's, and the name of each argument."""
    arguments = "".join(f", {argument}: {kshell_type(kind) or kind}" for kind, argument in pairs)
    return f"@SYSCALL_DEFINE{digit}  and in the next line  def {name}(k: Kernel{arguments}) -> Long:"


def from_c(line: str) -> str:
    """The two lines for ``SYSCALL_DEFINE1(test_call, int, test_int) {``; "" for any other line."""
    match = _DEFINITION.match(line)
    words = [part.strip() for part in match[2].split(",")] if match else []
    if match is None or not words or not words[0].isidentifier():
        return ""
    return definition(int(match[1]), words[0], list(zip(words[1::2], words[2::2], strict=False)))


def declaration(line: str) -> tuple[str, str] | None:
    """Why a line of C that declares something is spelled otherwise here, and how; None for any other line."""
    right = from_c(line)
    if right:
        return "in C the macro makes the first line of the function; here a decorator and a def do", right
    return _pointer(line) or _function(line) or _variable(line)


def _plain(kind: str) -> str:
    """A type of C's as an argument or a result has it; Python's own int is C's."""
    name = kshell_type(kind)
    return {"Int": "int", "": "int", "Void": "None"}.get(name, name)


def _split(argument: str) -> tuple[str, str]:
    """The type and the name of one argument; without a name the type alone."""
    match = re.fullmatch(r"(.*[\s*])(\w+)", argument.strip())
    if match is None or kshell_type(argument):
        return argument.strip(), ""
    return match[1].strip(), match[2]


def _arguments(text: str) -> list[tuple[str, str]]:
    return [_split(each) for each in text.split(",") if each.strip() not in ("", "void")]


def _pointer(line: str) -> tuple[str, str] | None:
    match = _POINTER.match(line)
    if match is None:
        return None
    macro = "extern" if "extern" in match[1].split() else "Stub"
    hint = f"Stub[[{', '.join(_plain(kind) for kind, _ in _arguments(match[3]))}]]"
    return "a pointer to a function is declared with Stub or extern", f'{match[2]}: {hint} = {macro}("{match[2]}")'


def _function(line: str) -> tuple[str, str] | None:
    match = _FUNCTION.match(line)
    if match is None:
        return None
    arguments = "".join(f", {name or 'x'}: {_plain(kind)}" for kind, name in _arguments(match[3]))
    return "a function begins with def here", f"def {match[2]}(k: Kernel{arguments}) -> {_plain(match[1])}:"


def _variable(line: str) -> tuple[str, str] | None:
    match = _VARIABLE.match(line)
    kind = kshell_type(match[1]) if match is not None else ""
    if match is None or not kind or kshell_type(match[2]):
        return None
    name, inside = match[2], line[:1].isspace()
    if match[3]:
        return "an array is declared with its type and its size", f"{name}: Array[{kind}] = Array({kind}, {match[3]})"
    if "extern" in match[1].split():
        return "a variable of another file is declared with extern", f'{name} = extern("{name}", {kind})'
    value = match[4] or ("None" if kind.startswith(("Ptr", "User")) else "0")
    return "the type stands behind the name", f"{name}: {_plain(match[1]) if inside else kind} = {value}"
