"""C in a file that must be in kshell's spelling: recognised as what it is, and each line of it with what to write."""

from __future__ import annotations

import re

from kshell.cc.c_declarations import TYPE, declaration, kshell_type

HELP = "help c-to-kshell"
# What lines of C look like and lines of Python hardly ever do; a file with several kinds of them is C.
MARKS = tuple(
    re.compile(mark)
    for mark in (
        r"\s*#\s*include\s*[<\"]",
        rf"\s*{TYPE}\b[\w\s*()]*[\w)*]\s*(?:=.*|\([^)]*\)\s*\{{?)?;?\s*(?:/\*.*)?$",
        r".*;\s*(?:/[/*].*)?$",
        r"\s*/\*",
        r"\s*//",
        r".*\)\s*\{\s*$",
        r"\s*\}\s*$",
        r"\s*SYSCALL_DEFINE\d\s*\(",
    )
)
LINES, KINDS = 3, 2  # so many lines with marks, of so many kinds
MOST_LINES = 2000
_SPECIFIERS = re.compile(r"%(?:(%)|([-+ #0]*)(\d*)(?:\.\d+)?(?:hh|h|ll|l|z)?([diuxXcsp]))")
_PRINTK = re.compile(
    r"\s*(\w+\.)?printk\s*\(\s*(KERN_\w+)?\s*(,?)\s*([\"'])((?:(?!\4)[^\\]|\\.)*)\4\s*,?\s*(.*?)\)\s*;?\s*$"
)
_FOR = re.compile(r"\s*for\s*\(\s*(?:int\s+)?(\w+)\s*=\s*(\w+)\s*;\s*\1\s*<\s*([^;]+);\s*(?:\1\+\+|\+\+\1)\s*\)")
_CONDITIONAL = re.compile(r"(\s*(?:return\b|[^=]+[^=!<>]=(?!=))\s*)([^?]+?)\s*\?\s*([^:]+?)\s*:\s*([^;]+?)\s*;?\s*$")
_ADDRESS = re.compile(r"(^\s*|[=(,]\s*|\breturn\s+)&(\w+(?:(?:->|\.)\w+|\[\w+\])*)")
_FOLLOWED = re.compile(r"(^\s*|[=(,]\s*|\breturn\s+)\*(\w+)")
_CAST = re.compile(rf"\(\s*((?:{TYPE}|struct \w+)(?:\s+\w+)*\s*\**)\s*\)\s*(\w+(?:(?:->|\.)\w+|\[\w+\])*)")
_OCTAL = re.compile(r"(?<![\w.])0([0-7]+)(?![\w.])")
# Single marks of C: what they look like in a line of code, why Python does not take them, and the line to write.
_SIGNS = (
    (re.compile(r"^\s*/\*|\*/\s*$"), "a comment begins with # in Python", None),
    (re.compile(r"//"), "a comment begins with # in Python", (r"//", "#")),
    (re.compile(r"&&"), "&& is `and` in Python", (r"\s*&&\s*", " and ")),
    (re.compile(r"\|\|"), "|| is `or` in Python", (r"\s*\|\|\s*", " or ")),
    (re.compile(r"![\w(]"), "! is `not` in Python", (r"!(?=[\w(])", "not ")),
    (re.compile(r"\belse\s+if\b"), "else if is `elif` in Python", (r"\belse\s+if\b", "elif")),
    (re.compile(r"(?:\+\+|--)\s*(?:;|$)"), "Python has neither ++ nor --", (r"(\w+)\s*(\+|-)\2\s*;?", r"\1 \2= 1")),
    (re.compile(r"\bsizeof\s+\w"), "sizeof is called", (r"\bsizeof\s+(?:struct\s+)?(\w+)", r"sizeof(\1)")),
    (re.compile(r"^\s*goto\b"), "there is no goto: undo what was done, and return", (r"goto\s+\w+", "return -EINVAL")),
    (
        re.compile(r"^\s*switch\b"),
        "there is no switch",
        (r"switch\s*\(?\s*([^(){:]+?)\s*\)?\s*[{:]?\s*$", r"if \1 == 1:"),
    ),
    (
        re.compile(r"^\s*(?:if|elif|while)\b[^=]*[^=!<>:]=[^=]"),
        "= assigns, == compares",
        (r"([^=!<>:])=(?!=)", r"\1=="),
    ),
    (re.compile(r"^\s*(?!else\b|try\b|finally\b)[a-z]\w*:\s*$"), "a label is for goto, and there is none", None),
    (re.compile(r"^(?!\s*def\b).*->"), "a pointer is followed with a dot", (r"->", ".")),
)


def is_c(text: str) -> int:
    """The number of the first line that is C, where the whole file is; 0 where it is not."""
    found: list[int] = []
    kinds: set[int] = set()
    for number, line in enumerate(text.splitlines()[:MOST_LINES], 1):
        here = {kind for kind, mark in enumerate(MARKS) if mark.match(line[:200])}
        if here:
            found.append(number)
            kinds |= here
    return found[0] if len(found) >= LINES and len(kinds) >= KINDS else 0


def in_python(line: str) -> tuple[str, str] | None:
    """Why one line of C is no Python, and how it is said; None for a line that shows no sign of C."""
    line = line[:500]
    for rule in (_printk, _octal, declaration, _address, _for, _conditional, _cast):
        found = rule(line)
        if found is not None:
            return found
    code = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", '""', line)
    for sign, because, change in _SIGNS:
        if sign.search(code):
            right = re.sub(change[0], change[1], line) if change is not None else "# " + line.strip(" \t/*")
            return because, right.strip().rstrip(";")
    if re.search(r"[{}]\s*;?\s*$", code) or code.strip() in ("{", "}"):
        return "Python has no braces: a block begins with : and is indented", _without_brace(line)
    return None


def _without_brace(line: str) -> str:
    right = line.strip().strip("{} \t;")
    if not right:
        return "take the line out"
    match = re.match(r"(if|while|for)\s*\((.*)\)$", right)
    return f"{match[1]} {match[2]}:" if match else right + ":"


def filled(text: str, arguments: list[str]) -> str:
    """The literal for a text of printk: `arguments`, in C's order, stand where its %d and %s are.

    `text` is what stands between its quotes; what is left of the arguments comes at the end.
    """
    rest = list(arguments)
    any_left = bool(arguments) or any(match[4] for match in _SPECIFIERS.finditer(text))

    def argument(found: re.Match[str]) -> str:
        if found[1]:
            return "%"
        name = rest.pop(0) if rest else "value"
        form = found[2] + found[3] + (found[4] if found[4] in "xXc" or (found[3] and found[4] != "s") else "")
        form = form.replace("-", "<") if "-" in form else ">" + form if found[4] == "s" and form else form
        return f"{{{name}:{form}}}" if form else f"{{{name}}}"

    if any_left:
        text = text.replace("{", "{{").replace("}", "}}")
        text = _SPECIFIERS.sub(argument, text)
        text += "".join(f" {{{name}}}" for name in rest)
    return f'f"{text}"' if "{" in text and any_left else f'"{text}"'


def in_format(text: str, arguments: list[str]) -> str:
    """The same for a text itself, with a newline at its end or not."""
    text = text.removesuffix("\n").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return filled(text, arguments)


def _printk(line: str) -> tuple[str, str] | None:
    match = _PRINTK.match(line)
    if match is None or (match[1] and (match[3] or not match[2])):
        return None  # k.printk(KERN_INFO, "...") is as it should be
    level, text, rest = match[2] or "KERN_INFO", match[5].removesuffix("\\n"), match[6]
    arguments = [part.strip() for part in rest.split(",")] if rest else []
    because = "printk is a method of the kernel, and its text an f-string"
    if match[1]:
        because = "a comma stands between the level and the text, and the text is an f-string"
    return because, f"{match[1] or 'k.'}printk({level}, {filled(text, arguments)})"


def _octal(line: str) -> tuple[str, str] | None:
    if not _OCTAL.search(line) or '"' in line.partition("0")[0].replace('"', "", 2):
        return None
    because = "an octal number begins with 0o in Python: in C 0644 is one already"
    return because, _OCTAL.sub(r"0o\1", line).partition("  #")[0].strip().rstrip(";")


def _address(line: str) -> tuple[str, str] | None:
    if _ADDRESS.search(line) and "&&" not in line:
        return "C's & is addr(...) here", _said(_ADDRESS.sub(r"\1addr(\2)", line))
    if _FOLLOWED.search(line):
        return "C's *p is p[0] here", _said(_FOLLOWED.sub(r"\1\2[0]", line))
    return None


def _for(line: str) -> tuple[str, str] | None:
    match = _FOR.match(line)
    if match is None:
        return None
    first = "" if match[2] == "0" else f"{match[2]}, "
    return "a loop that counts is a range", f"for {match[1]} in range({first}{match[3].strip()}):"


def _conditional(line: str) -> tuple[str, str] | None:
    match = _CONDITIONAL.match(line)
    if match is None:
        return None
    return "`test ? a : b` is `a if test else b`", _said(f"{match[1]}{match[3]} if {match[2]} else {match[4]}")


def _cast(line: str) -> tuple[str, str] | None:
    match = _CAST.search(line)
    kind = kshell_type(match[1]) if match is not None else ""
    if match is None or not kind:
        return None
    right = line[: match.start()] + f"{kind}({match[2]})" + line[match.end() :]
    return "a cast is a call of the type", _said(right)


def _said(line: str) -> str:
    return line.replace("->", ".").strip().rstrip(";{").strip()
