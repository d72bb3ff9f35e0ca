"""What the compiler advises, done as a person would do it: a line or a word replaced, or a line put where it says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from kshell.cc.finding import ERROR, Finding
from kshell.cc.front.unit import compile_source
from kshell.cc.source_error import SourceError

_UNKNOWN = re.compile(r"(?:unknown type name|implicit declaration of function|redeclaration of)? ?'(\w+)'")
_PIECE = re.compile(r"(.*?)(?:  \((.*)\))?", re.DOTALL)


def findings(text: str, release: str = "4.19") -> list[Finding]:
    """What is said of a source; a syntax error is the only thing that is."""
    try:
        return compile_source(text, "t.py", release)[1]
    except SourceError as error:
        alone = Finding(ERROR, error.text, error.line, error.column, 1, error.because, error.try_)
        return error.findings or [alone]


def is_code(try_: str) -> bool:
    """Whether advice begins with something to type into the source, and not with words about it."""
    head = _pieces(try_)[0][0]
    for text in (head, f"{head}\n    pass"):
        try:
            parsed = ast.parse(text)
        except SyntaxError:
            continue
        words = [each for each in ast.walk(parsed) if isinstance(each, ast.Name)]
        return not (len(parsed.body) == 1 and isinstance(parsed.body[0], ast.FunctionDef)) and bool(
            words or "=" in head
        )
    return False


def is_cured(text: str, found: Finding, release: str = "4.19") -> bool:
    """Whether doing what `found` advises takes it away, and makes no other error than names of the line itself that
    nothing declares: what is parsed only now is looked at only now."""
    before = {_words(each) for each in findings(text, release)}
    line = text.split("\n")[found.line - 1]
    for new in _edits(text, found):
        after = findings(new, release)
        new_ones = [each for each in after if each.kind == ERROR and _words(each) not in before]
        missing = [_UNKNOWN.match(e.text) for e in new_ones]
        own = all(each is not None and re.search(rf"\b{each[1]}\b", line) for each in missing)
        if _words(found) not in {_words(each) for each in after} and own:
            return True
    return False


def _words(found: Finding) -> str:
    return found.text.partition(" [-W")[0]


def _pieces(try_: str) -> list[tuple[str, str]]:
    """What is to be typed, and the remark that says where; several where `and` stands between."""
    found = []
    for each in try_.split("  and  "):
        match = _PIECE.fullmatch(each)
        assert match is not None
        found.append((match[1], match[2] or ""))
    return found


def _edits(text: str, found: Finding) -> Iterator[str]:
    """The sources that a person may make of it."""
    *others, (code, remark) = sorted(_pieces(found.try_), key=lambda piece: not piece[1])
    while others and not others[-1][1]:
        here = text.split("\n")[found.line - 1]
        code = f"{others.pop()[0]}\n{here[: len(here) - len(here.lstrip())]}{code}"  # two lines, one behind the other
    for other, where in others:
        text, found = _put(text, found, other, where)
    extra = re.search(r"and (global \w+) before it", remark)
    if extra is not None:
        text, found = _put(text, found, extra[1], "first line of the function")
    for each in dict.fromkeys([code, code.split(", or ")[0].split(", and ")[0]]):
        yield _put(text, found, each, remark)[0]
        lines, at, column = text.split("\n"), found.line - 1, found.column - 1
        here = lines[at]
        indent = here[: len(here) - len(here.lstrip())]
        body = ["    " + indent + "pass"] * (each.endswith(":"))
        for replaced in _replacements(text, found, each):
            yield "\n".join([*lines[:at], replaced, *body, *lines[at + 1 :]])
        yield "\n".join([*lines[:at], indent + each, *body, *lines[at + 1 :]])
        yield "\n".join([*lines[:at], indent + each, *lines[at:]])
        yield "\n".join([*lines[: at + 1], indent + each, *lines[at + 1 :]])
        yield "\n".join([*lines[:at], here[:column] + each, *body, *lines[at + 1 :]])


def _replacements(text: str, found: Finding, code: str) -> Iterator[str]:
    """The line with `code` in the place of what is marked, or of what begins there."""
    here, column = text.split("\n")[found.line - 1], found.column - 1
    yield here[:column] + code + here[column + found.width :]
    try:
        nodes = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.expr)]
    except SyntaxError:
        return
    for node in nodes:
        if (node.lineno, node.end_lineno, node.col_offset) == (found.line, found.line, column):
            yield here[:column] + code + here[node.end_col_offset :]


def _put(text: str, found: Finding, code: str, where: str) -> tuple[str, Finding]:
    """The source with a line where the remark says, and the finding at its new line."""
    lines = text.split("\n")
    name = code.partition(":")[0].partition(" =")[0]
    same = next((at for at, line in enumerate(lines) if re.match(rf"{re.escape(name)}\b *[:=]", line)), None)
    if "end of the file" in where:
        return "\n".join([*lines[: found.line - 1], *lines[found.line :], code]), found
    if where.startswith("in a function"):
        return "\n".join(
            [*lines[: found.line - 1], *lines[found.line :], "def g(k: Kernel) -> None:", "    " + code]
        ), found
    if "top" in where and same is not None:
        return "\n".join([*lines[:same], code, *lines[same + 1 :]]), found
    if "first line of the function" in where:
        at = max(at for at, line in enumerate(lines[: found.line]) if line.startswith("def ")) + 1
        code = "    " + code
    else:
        at = 1
    return "\n".join([*lines[:at], code, *lines[at:]]), found._replace(line=found.line + 1)
