"""C in a file that must be Python: recognised as what it is, and each line of it with the line to write instead."""

from __future__ import annotations

import re

from kshell.cc.definitions import from_c

HELP = "help c-to-kshell"
# What lines of C look like and lines of Python hardly ever do; a file with several kinds of them is C.
_TYPE = r"(?:static|extern|unsigned|struct|typedef|asmlinkage|void|int|long|char|const|u?int\d+_t|size_t)"
MARKS = tuple(
    re.compile(mark)
    for mark in (
        r"\s*#\s*include\s*[<\"]",
        rf"\s*{_TYPE}\b[\w\s*()]*[\w)*]\s*(?:=.*|\([^)]*\)\s*\{{?)?;?\s*(?:/\*.*)?$",
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
_PRINTK = re.compile(r"\s*(\w+\.)?printk\s*\(\s*(KERN_\w+)?\s*(,?)\s*\"((?:[^\"\\]|\\.)*)\"\s*,?\s*(.*?)\)\s*;?\s*$")
_POINTER = re.compile(r"\s*(extern\s+)?(?:static\s+)?[\w ]+\(\s*\*\s*(\w+)\s*\)\s*\(([^()]*)\)\s*(?:=\s*NULL)?\s*;?")
_FUNCTION = re.compile(rf"\s*(?:{_TYPE}\s+)+\*?(\w+)\s*\(([^()]*)\)\s*[{{:;]?\s*$")
_VARIABLE = re.compile(rf"\s*((?:{_TYPE}\s+)+)(\w+)\s*(?:=\s*([^;]+?))?\s*;?\s*$")
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
    (re.compile(r"->"), "Python follows a pointer with a dot", (r"->", ".")),
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
    for rule in (_definition, _printk, _octal, _pointer, _address, _function, _variable):
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


def _definition(line: str) -> tuple[str, str] | None:
    right = from_c(line)
    return (
        ("in C the macro makes the first line of the function; here a decorator and a def do", right) if right else None
    )


def filled(text: str, arguments: list[str], function: str = "my_function") -> str:
    """The Python literal for a text of printk: `arguments`, in C's order, stand where its %d and %s are.

    `text` is what stands between its quotes; what is left of the arguments comes at the end.
    """
    rest = list(arguments)
    any_left = bool(arguments) or any(match[4] for match in _SPECIFIERS.finditer(text))

    def argument(found: re.Match[str]) -> str:
        if found[1]:
            return "%"
        name = rest.pop(0) if rest else "value"
        if name in ("__FUNCTION__", "__func__"):
            return function
        form = (found[2] + found[3] + found[4] if found[4] in "xX" else "#x" if found[4] == "p" else "").lstrip("-")
        return f"{{{name}:{form}}}" if form else f"{{{name}}}"

    if any_left:
        text = text.replace("{", "{{").replace("}", "}}")
        text = _SPECIFIERS.sub(argument, text)
        text += "".join(f" {{{name}}}" for name in rest)
    return f'f"{text}"' if "{" in text and any_left else f'"{text}"'


def _printk(line: str) -> tuple[str, str] | None:
    match = _PRINTK.match(line)
    if match is None or (match[1] and (match[3] or not match[2])):
        return None  # k.printk(KERN_INFO, "...") is as it should be
    level, text, rest = match[2] or "KERN_INFO", match[4].removesuffix("\\n"), match[5]
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


def _pointer(line: str) -> tuple[str, str] | None:
    match = _POINTER.match(line)
    if match is None:
        return None
    name = match[2]
    kinds = [kind.strip() for kind in match[3].split(",") if kind.strip() not in ("", "void")]
    hint = f"Stub[[{', '.join('int' for _ in kinds)}]]"
    macro = "extern" if match[1] else "Stub"
    return "a pointer to a function is declared with Stub or extern", f'{name}: {hint} = {macro}("{name}")'


def _address(line: str) -> tuple[str, str] | None:
    match = re.search(r"(?<![\w)\]&])\s*&(\w+)", line)
    if match is None or "&&" in line:
        return None
    because = "Python has no address-of operator: k.stub_address gives the address of a Stub, and k[...] what it holds"
    return because, f"k[{match[1]}]  (or k.stub_address({match[1]}))"


def _function(line: str) -> tuple[str, str] | None:
    match = _FUNCTION.match(line)
    if match is None:
        return None
    names = [each.split()[-1].lstrip("*") for each in match[2].split(",") if each.strip() not in ("", "void")]
    arguments = "".join(f", {name}: int" for name in names)
    result = "None" if re.match(r"\s*(?:static\s+)?void\s", line) else "int"
    return "a function begins with def in Python", f"def {match[1]}(k: Kernel{arguments}) -> {result}:"


def _variable(line: str) -> tuple[str, str] | None:
    match = _VARIABLE.match(line)
    if match is None or match[2] in ("int", "long", "char"):
        return None
    value, name = match[3] or "0", match[2]
    if not line[:1].isspace():
        if "extern" in match[1]:
            return "a variable of another file is declared with extern", f'{name} = extern("{name}", int)'
        return "a variable of a file is declared with Param", f'{name} = Param("{name}", {value})'
    return "Python declares no local variables", f"{name} = {value}"
