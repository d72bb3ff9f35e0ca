"""What stands behind the words of a C compiler of the host: why it says that, and what to write."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import cache

from kshell.abi.did_you_mean import did_you_mean
from kshell.cc.linux_names import because, linux_name

INCLUDE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "include")
Reason = tuple[str, str]
# Names of the C library, and what the kernel has instead.
LIBRARY = {
    "printf": 'printk(KERN_INFO "...\\n");',
    "puts": 'printk(KERN_INFO "...\\n");',
    "malloc": "kmalloc(size, GFP_KERNEL)  (of linux/slab.h)",
    "calloc": "kzalloc(size, GFP_KERNEL)  (of linux/slab.h)",
    "free": "kfree(p)  (of linux/slab.h)",
    "sleep": "msleep(1000 * seconds)  (of linux/delay.h)",
    "exit": "return -EINVAL;  (an init function refuses the load like that)",
    "perror": "return -EINVAL;  (the number of the error is the answer)",
    "sprintf": "snprintf(buf, sizeof(buf), ...)",
}
FORMATS = {
    "int": "%d",
    "unsigned int": "%u",
    "long int": "%ld",
    "long unsigned int": "%lu",
    "long long int": "%lld",
    "long long unsigned int": "%llu",
    "char *": "%s",
    "const char *": "%s",
}
_QUOTES = str.maketrans("\u2018\u2019", "''")


def reason(text: str, lines: Sequence[str], number: int) -> Reason | None:
    """Because and try for a message of gcc or clang about line `number` (from 1) of a source; None where the words say
    it all."""
    plain = text.translate(_QUOTES)
    for pattern, explain in _KNOWN:
        match = pattern.search(plain)
        if match is not None:
            return explain(match, lines, number)
    return None


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _semicolon(match: re.Match[str], lines: Sequence[str], number: int) -> Reason:
    """It is missed at the next word: that may stand in a later line."""
    at = number
    if "or" in match[0] or not _line(lines, at) or _line(lines, at).endswith(";"):
        at = next((n for n in range(number - 1, 0, -1) if _line(lines, n)), number)
    return f"line {at} has no ; at its end, and gcc goes on reading", f"{_line(lines, at)};"


def _unknown(match: re.Match[str], lines: Sequence[str], number: int) -> Reason:
    name = match[1]
    header = headers().get(name)
    if header is not None and not any(f"<{header}>" in line for line in lines):
        return f"{name} is declared in {header}, and this file does not include it", f"#include <{header}>"
    if name in LIBRARY:
        return f"there is no C library in the kernel, and so no {name}", LIBRARY[name]
    known = linux_name(name)
    if known is not None:
        return because(name, known), "take it out  (help NAME says what there is in its place)".replace("NAME", name)
    close = did_you_mean(name, {*re.findall(r"\w+", "\n".join(lines))} - {name} | {*headers()}, slip=True)
    try_ = f"{close[0]}  (did you mean that?)" if close else "declare it above, or correct its name"
    return f"neither this file nor a header that it includes has anything called {name}", try_


def _count(match: re.Match[str], lines: Sequence[str], number: int) -> Reason:
    name = match[1]
    at = next((n for n, line in enumerate(lines, 1) if re.match(rf"[\w\s*]+\b{name}\s*\(", line)), 0)
    if not at or at == number:
        return f"{name} is declared with another number of arguments", f"as many as the declaration of {name} has"
    return f"line {at} declares it: {_line(lines, at)}", f"as many arguments as {name} has in line {at}"


def _header(match: re.Match[str], lines: Sequence[str], number: int) -> Reason:
    close = did_you_mean(match[1], sorted(set(headers().values())), slip=True)
    because = "kshell's headers are few: what this kernel has, under Linux's names"
    return because, f"#include <{close[0]}>" if close else "take it out; linux/module.h has the most"


def _level(match: re.Match[str], lines: Sequence[str], number: int) -> Reason | None:
    line = _line(lines, number)
    if re.search(r"KERN_\w+\s*,", line) is None:
        return "a value behind the format has no % in it", "a % for each value, or fewer values"
    return "the level is a part of the text: C joins two strings side by side", re.sub(r"(KERN_\w+)\s*,", r"\1", line)


def _format(match: re.Match[str], lines: Sequence[str], number: int) -> Reason:
    right = FORMATS.get(match[2], "")
    line = _line(lines, number)
    try_ = line.replace(match[1], right, 1) if right and line.count(match[1]) == 1 else right or f"a cast to {match[2]}"
    return f"the value is a {match[2]}, and {match[1]} reads another number of bytes, or others", try_


def _said(because: str, try_: str) -> Callable[[re.Match[str], Sequence[str], int], Reason]:
    return lambda match, lines, number: (because, try_)


_KNOWN: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Sequence[str], int], Reason | None]], ...] = (
    (re.compile(r"expected (?:',' or )?';' (?:before|after|at end)"), _semicolon),
    (re.compile(r"expected ';'"), _semicolon),
    (re.compile(r"implicit declaration of function '(\w+)'"), _unknown),
    (re.compile(r"'(\w+)' undeclared"), _unknown),
    (re.compile(r"use of undeclared identifier '(\w+)'"), _unknown),
    (re.compile(r"call to undeclared function '(\w+)'"), _unknown),
    (re.compile(r"unknown type name '(\w+)'"), _unknown),
    (re.compile(r"too (?:many|few) arguments to function '(\w+)'"), _count),
    (re.compile(r"([\w./-]+\.h): No such file or directory"), _header),
    (re.compile(r"'([\w./-]+\.h)' file not found"), _header),
    (re.compile(r"too many arguments for format|data argument not used by format string"), _level),
    (re.compile(r"format '(%\w+)' expects argument of type '[^']+', but argument \d+ has type '([^']+)'"), _format),
    (
        re.compile("makes integer from pointer without a cast|incompatible pointer to integer"),
        _said("an address has 64 bits, and an int 32", "* before the pointer for its value, or unsigned long"),
    ),
    (
        re.compile("makes pointer from integer without a cast|incompatible integer to pointer"),
        _said("a number is no address", "& before a variable for its address, or a cast if it is one"),
    ),
    (
        re.compile("control reaches end of non-void function|non-void function does not return a value"),
        _said("the function answers a value, and one way through it returns none", "return 0;"),
    ),
    (
        re.compile("expected declaration or statement at end of input|expected '}'"),
        _said("a { above has no } of its own", "}"),
    ),
    (
        re.compile("ignoring return value of"),
        _said("it says whether that was done: a user's pointer may lead anywhere", "if (...) return -EFAULT;"),
    ),
    (re.compile("unused variable"), _said("nothing reads it", "take it out")),
)


@cache
def headers() -> dict[str, str]:
    """Which header declares or defines each name: ``linux/slab.h`` for kmalloc."""
    found: dict[str, str] = {}
    folder = os.path.join(INCLUDE, "linux")
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".h")):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        names = re.findall(r"#define (\w+)|\b(\w+)\(|\b(\w+);", text)
        for each in filter(None, (a or b or c for a, b, c in names)):
            found.setdefault(each, f"linux/{name}")
    return found
